import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { IngestSessions, sessionPurposes, sessionAgeMaxMs, sessionRecordsMax } from "./ingest-session.ts";
import type { DataKey } from "./keys/provider.ts";

function make() {
  let now = 1_000_000;
  const made: DataKey[] = [];
  const opened: Readonly<Record<string, Uint8Array>>[] = [];
  const keys = {
    currentEpoch: 1,
    generateDataKey: async (): Promise<DataKey> => {
      const key = { plaintext: randomBytes(32), wrapped: randomBytes(60) };
      made.push(key);
      return key;
    },
  };
  const sessions = new IngestSessions(
    keys,
    async (_tenant, _epoch, wrapped) => opened.push(wrapped),
    () => now,
  );
  return { sessions, made, opened, advance: (ms: number) => (now += ms) };
}

test("a session ends with its age alone", async () => {
  const { sessions, advance } = make();
  const first = await sessions.take("a", 1);
  advance(sessionAgeMaxMs - 1);
  assert.equal(await sessions.take("a", 1), first);
  advance(1);
  assert.notEqual(await sessions.take("a", 1), first);
});

test("a session ends with its records alone, and takes exactly as many as it may", async () => {
  const { sessions } = make();
  const first = await sessions.take("a", sessionRecordsMax - 1);
  assert.equal(await sessions.take("a", 1), first);
  assert.notEqual(await sessions.take("a", 1), first);
});

test("a sweep leaves a session that is not over alone", async () => {
  const { sessions, advance } = make();
  const held = await sessions.take("a", 1);
  advance(sessionAgeMaxMs - 1);
  sessions.sweep();
  assert.equal(await sessions.take("a", 1), held);
});

test("the wraps are stored by purpose before anything is sealed, and the plaintext of each key is zeroed", async () => {
  const { sessions, made, opened } = make();
  await sessions.take("a", 1);
  assert.deepEqual(
    sessionPurposes.map((purpose) => opened[0]![purpose]),
    made.map(({ wrapped }) => wrapped),
  );
  for (const { plaintext } of made) assert.ok(plaintext.every((byte) => byte === 0));
});
