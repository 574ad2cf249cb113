import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { IngestSessions, sessionAgeMaxMs, sessionRecordsMax } from "./ingest-session.ts";
import type { SealingKeys } from "./keys/provider.ts";

function make() {
  let now = 0;
  let calls = 0;
  const keys: Pick<SealingKeys, "generateDataKey"> = {
    generateDataKey: async (context) => {
      if (context.purpose === "raw-records") calls++;
      return { plaintext: randomBytes(32), wrapped: randomBytes(60) };
    },
  };
  const sessions = new IngestSessions(
    keys,
    async () => calls,
    1,
    () => now,
  );
  return { sessions, advance: (ms: number) => (now += ms), calls: () => calls };
}

test("one set of keys serves a tenant until its time or its records are over, and no other tenant", async () => {
  const { sessions, advance, calls } = make();
  const first = await sessions.take("a", 1);
  assert.equal(await sessions.take("a", 100), first);
  assert.notEqual(await sessions.take("b", 1), first);
  const second = await sessions.take("a", sessionRecordsMax);
  assert.notEqual(second, first);
  advance(sessionAgeMaxMs);
  assert.notEqual(await sessions.take("a", 1), second);
  assert.equal(calls(), 4);
});

test("takers that come together share one new session", async () => {
  const { sessions, calls } = make();
  const taken = await Promise.all([sessions.take("a", 1), sessions.take("a", 1), sessions.take("a", 1)]);
  assert.equal(new Set(taken).size, 1);
  assert.equal(calls(), 1);
});

test("a key that has ended still seals the batch that took it, and is zeroed after a grace: then it refuses instead of sealing under nothing", async () => {
  const { sessions, advance } = make();
  const replaced = await sessions.take("a", 1);
  await sessions.take("a", sessionRecordsMax);
  const quiet = await sessions.take("b", 1);
  advance(sessionAgeMaxMs);
  sessions.sweep();
  assert.throws(() => replaced.keys["raw-records"].ofText("x"), /zeroed/);
  assert.equal(quiet.keys["raw-records"].ofText("x").length, 32);
  advance(30_000);
  sessions.sweep();
  assert.throws(() => quiet.keys["raw-records"].ofText("x"), /zeroed/);
});
