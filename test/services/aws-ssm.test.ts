import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const endpoint = process.env["PARCELKEEP_TEST_AWS_ENDPOINT"];
const cli = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

test(
  "the list of a region's services is read over the wire, page by page, kept under its day and used from then on",
  { skip: endpoint === undefined ? "PARCELKEEP_TEST_AWS_ENDPOINT names no emulator" : false },
  (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), "pk-"));
    t.after(() => rmSync(dataDir, { recursive: true }));
    const env = {
      ...process.env,
      PARCELKEEP_DATA: dataDir,
      PARCELKEEP_AWS_TEST_ENDPOINT: endpoint,
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "none",
    };
    const check = (...options: string[]) =>
      JSON.parse(execFileSync(process.execPath, [cli, "check", "region", "--json", ...options], { env, encoding: "utf8" }));
    assert.equal(check().readOn, "2026-10-27", "the one that the program brings along");
    const { readOn, source, services, suffices } = check("--refresh");
    assert.equal(source, "/aws/service/global-infrastructure/regions/eusc-de-east-1/services");
    assert.equal(suffices, true);
    assert.equal(services.find(({ service }: { service: string }) => service === "kms").state, "there");
    const kept = JSON.parse(readFileSync(join(dataDir, "regions", `eusc-de-east-1.${readOn}.json`), "utf8"));
    // More than the ten of a page.
    assert.ok(kept.services.length > 100);
    assert.equal(check().readOn, readOn);
    const elsewhere = { ...env, PARCELKEEP_AWS_REGION: "eu-central-1", PARCELKEEP_AWS_REGIONS: "eu-central-1" };
    const unknown = spawnSync(process.execPath, [cli, "check", "region"], { env: elsewhere, encoding: "utf8" });
    assert.deepEqual(
      [unknown.status, unknown.stderr],
      [1, "error: no list of this region's services is at hand\nhint: parcelkeep check region --refresh\n"],
    );
  },
);
