import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import { changesAsPayloads, changesInPayload, type ChangedShipment } from "./changes.ts";

const someChanges = (count: number): readonly ChangedShipment[] =>
  Array.from({ length: count }, () => ({ id: randomUUID(), publicId: randomBytes(16).toString("base64url"), tenant: randomUUID() }));

test("every change arrives, in payloads that PostgreSQL takes", () => {
  for (const count of [0, 1, 2, 119, 120, 1000]) {
    const changes = someChanges(count);
    const payloads = changesAsPayloads(changes);
    for (const payload of payloads) assert.ok(Buffer.byteLength(payload) < 8000);
    assert.deepEqual(payloads.map(changesInPayload).flat(), changes);
  }
  assert.deepEqual(changesAsPayloads("all").map(changesInPayload), ["all"]);
});

test("a payload that is not understood is taken for everything", () => {
  for (const payload of ["", "all", "x", "é".repeat(66), "a".repeat(65)]) assert.equal(changesInPayload(payload), "all");
});
