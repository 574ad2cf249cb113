import assert from "node:assert/strict";
import { test } from "node:test";
import { readCache } from "./cache-settings.ts";
import { ConfigError } from "./setting.ts";

test("a cache is reached by TLS, and in the clear on this machine only", () => {
  assert.equal(readCache({}), null);
  const url = "rediss://front:secret@cache.test:6379";
  assert.deepEqual(readCache({ PARCELKEEP_CACHE_URL: url }), { url, authorities: null, iam: null });
  assert.equal(readCache({ PARCELKEEP_CACHE_URL: "redis://127.0.0.1:6379" })?.url, "redis://127.0.0.1:6379");
  for (const wrong of ["redis://hidden.example:6379", "http://hidden.example", "hidden"])
    assert.throws(
      () => readCache({ PARCELKEEP_CACHE_URL: wrong }),
      (error: Error) => error instanceof ConfigError && !error.message.includes("hidden"),
    );
});

test("IAM wants the cache's name, and a user to come in as", () => {
  const url = "rediss://front@cache.test:6379";
  assert.deepEqual(readCache({ PARCELKEEP_CACHE_URL: url, PARCELKEEP_CACHE_IAM: "pk-eu1" })?.iam, { name: "pk-eu1", isServerless: false });
  assert.equal(readCache({ PARCELKEEP_CACHE_URL: url, PARCELKEEP_CACHE_IAM: "pk-eu1/serverless" })?.iam?.isServerless, true);
  assert.throws(() => readCache({ PARCELKEEP_CACHE_URL: url, PARCELKEEP_CACHE_IAM: "PK" }), ConfigError);
  assert.throws(() => readCache({ PARCELKEEP_CACHE_URL: "rediss://cache.test:6379", PARCELKEEP_CACHE_IAM: "pk" }), ConfigError);
});
