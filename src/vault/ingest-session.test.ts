import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { IngestSessions, sessionAgeMaxMs, sessionRecordsMax } from "./ingest-session.ts";
import type { KeyContext } from "./keys/provider.ts";

function make() {
  let now = 0;
  let calls = 0;
  let known = 1;
  const keys = {
    currentEpoch: 1,
    refresh: async () => void (keys.currentEpoch = known),
    generateDataKey: async (context: KeyContext) => {
      if (context.purpose === "raw-records") calls++;
      return { plaintext: randomBytes(32), wrapped: randomBytes(60) };
    },
  };
  const epochs: number[] = [];
  const sessions = new IngestSessions(
    keys,
    async (_tenant, epoch) => (epochs.push(epoch), calls),
    () => now,
  );
  return { sessions, epochs, advance: (ms: number) => (now += ms), calls: () => calls, addEpoch: () => void known++ };
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

test("a session that begins after an epoch was added is of it, without a restart", async () => {
  const { sessions, epochs, addEpoch } = make();
  await sessions.take("a", 1);
  addEpoch();
  await sessions.take("a", 1);
  await sessions.take("b", 1);
  await sessions.take("a", sessionRecordsMax);
  assert.deepEqual(epochs, [1, 2, 2]);
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
