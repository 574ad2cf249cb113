import assert from "node:assert/strict";
import { test } from "node:test";
import { sovereignPlace } from "../../aws/place.ts";
import { readAws } from "./aws-settings.ts";
import { readConfig } from "../config.ts";
import { exitCodeOf } from "../exit-code.ts";

const sovereign = { place: sovereignPlace, emulator: null };

test("without a setting, the place is the sovereign cloud", () => {
  assert.deepEqual(readAws({}), sovereign);
  // A developer's habit; no client looks at it.
  assert.deepEqual(readAws({ AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1" }), sovereign);
});

test("another region takes two settings", () => {
  const elsewhere = { PARCELKEEP_AWS_REGION: "eu-central-1" };
  assert.throws(() => readAws(elsewhere), { name: "PlaceError", code: "region-not-allowed" });
  assert.throws(() => readAws({ PARCELKEEP_AWS_REGIONS: "eu-central-1" }), { code: "region-not-allowed" });
  const allowed = { ...elsewhere, PARCELKEEP_AWS_REGIONS: "eusc-de-east-1, eu-central-1" };
  assert.deepEqual(readAws(allowed).place, { partition: "aws", region: "eu-central-1" });
  assert.throws(() => readAws({ PARCELKEEP_AWS_REGIONS: "cn-north-1", PARCELKEEP_AWS_REGION: "cn-north-1" }), { code: "region-unknown" });
});

test("a process does not start where a platform runs it outside the allowed regions, and is not started again", () => {
  const platform = { AWS_EXECUTION_ENV: "AWS_ECS_FARGATE", AWS_REGION: "eusc-de-east-1" };
  assert.deepEqual(readConfig(platform).aws, sovereign);
  assert.throws(
    () => readConfig({ ...platform, AWS_REGION: "eu-central-1" }),
    (error: Error) => {
      assert.equal((error as { code?: string }).code, "region-not-allowed");
      assert.equal(exitCodeOf(error), 78);
      return true;
    },
  );
});

test("an endpoint is an emulator's on this machine, by the setting for tests and by no other", () => {
  assert.deepEqual(readAws({ PARCELKEEP_AWS_TEST_ENDPOINT: "http://127.0.0.1:5000" }).emulator, { endpoint: "http://127.0.0.1:5000" });
  for (const endpoint of [
    "https://kms.hidden.example",
    "http://127.0.0.1.hidden.example",
    "http://127.0.0.1:5000@hidden.example",
    "hidden",
  ]) {
    assert.throws(
      () => readAws({ PARCELKEEP_AWS_TEST_ENDPOINT: endpoint }),
      (error: Error) => error.message.startsWith("PARCELKEEP_AWS_TEST_ENDPOINT must be") && !error.message.includes("hidden"),
    );
  }
  for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_S3"])
    assert.throws(() => readAws({ [name]: "https://hidden.example" }), { code: "endpoint-not-allowed" });
});
