import assert from "node:assert/strict";
import { test } from "node:test";
import { otherAdapters } from "./other-adapters.ts";

const everything = {
  PARCELKEEP_TEST_OBJECT_STORE: "s3",
  PARCELKEEP_TEST_QUEUE: "sqs",
  PARCELKEEP_TEST_KEYS: "kms",
  PARCELKEEP_TEST_CACHE: "redis://127.0.0.1",
};

test("a program that its test gives an emulator keeps it, whatever adapters the run has", async () => {
  assert.deepEqual(await otherAdapters({ PARCELKEEP_AWS_TEST_ENDPOINT: "http://127.0.0.1:1" }, everything), {});
});

test("a program that its test gives keys keeps them, and has the run's other adapters", async () => {
  const run = { PARCELKEEP_TEST_KEYS: "kms", PARCELKEEP_TEST_CACHE: "redis://127.0.0.1" };
  assert.deepEqual(await otherAdapters({ PARCELKEEP_KEYS: "local" }, run), { PARCELKEEP_CACHE_URL: "redis://127.0.0.1" });
});

test("a program of a run without other adapters has none", async () => {
  assert.deepEqual(await otherAdapters({}, {}), {});
});
