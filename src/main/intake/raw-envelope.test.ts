import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { rawEnvelope, readRawEnvelope } from "./raw-envelope.ts";

const head = { contentType: "application/json; charset=utf-8", contentEncoding: "gzip", receivedAt: 1_795_000_000_000 };

test("an envelope gives back the head and the bytes as received, compressed or not", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.boolean(), (body, compress) => {
      const read = readRawEnvelope(rawEnvelope(head, body, compress));
      assert.deepEqual(read.head, head);
      assert.deepEqual(Uint8Array.from(read.body), body);
    }),
  );
});

test("text shrinks, and what does not shrink stays as it is", () => {
  const text = Buffer.from(JSON.stringify(Array.from({ length: 50 }, (_, at) => ({ status: "in_transit", at }))));
  const noise = randomBytes(2000);
  assert.ok(rawEnvelope(head, text, true).length < text.length / 2);
  assert.equal(rawEnvelope(head, noise, true).length, rawEnvelope(head, noise, false).length);
});
