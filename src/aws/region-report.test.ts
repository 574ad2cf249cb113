import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { regionNeeds } from "./region-needs.ts";
import { regionReport } from "./region-report.ts";
import { parseServiceList } from "./service-list.ts";

const shipped = parseServiceList(readFileSync(new URL("regions/eusc-de-east-1.json", import.meta.url), "utf8"));
const everything = { ...shipped, services: regionNeeds.map(({ service }) => service) };

test("the sovereign region suffices, without CloudHSM", () => {
  const { suffices, services, keyOrigins } = regionReport(shipped);
  assert.equal(suffices, true);
  const missing = services.filter(({ state }) => state === "missing").map(({ service }) => service);
  assert.deepEqual(missing, ["cloudhsmv2", "macie", "codepipeline", "codebuild", "cloudfront"]);
  assert.deepEqual(
    keyOrigins.map(({ origin, state }) => `${origin} ${state}`),
    ["AWS_KMS there", "EXTERNAL there", "AWS_CLOUDHSM missing", "EXTERNAL_KEY_STORE unknown"],
  );
});

test("a region without a needed service suffices only where something stands in for it", () => {
  const without = (service: string) => regionReport({ ...everything, services: everything.services.filter((each) => each !== service) });
  assert.equal(regionReport(everything).suffices, true);
  for (const { service, weight, standIn } of regionNeeds)
    assert.equal(without(service).suffices, weight === "wished" || standIn !== null, service);
  assert.equal(without("s3").suffices, false);
  const queue = without("sqs").services.find(({ service }) => service === "sqs");
  assert.match(queue!.standIn!, /inbox in PostgreSQL/);
});

test("where AWS's own list has holes, absence is not knowledge", () => {
  const { services } = regionReport({ ...everything, services: [] });
  assert.deepEqual(
    services.filter(({ state }) => state === "unknown").map(({ service }) => service),
    ["application-autoscaling"],
  );
});

test("refuses a file that is no list", () => {
  for (const text of ["{}", '{"region":"a","readOn":"today","source":"b","services":[]}', JSON.stringify({ ...shipped, services: [1.5] })])
    assert.throws(() => parseServiceList(text), TypeError, text);
});
