import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeRecord, frameHeaderBytes, packRecords, sealedBytesMax } from "./record-frame.ts";

const record = (fill: number, sealedBytes: number) => ({
  recordId: Buffer.alloc(16, fill),
  sessionId: 0xfffffff0 + fill,
  sealed: Buffer.alloc(sealedBytes, fill + 100),
});

test("frames a record as documented: length, id, session, sealed bytes", () => {
  assert.equal(encodeRecord(record(1, 28)).toString("hex"), "0000001c" + "01".repeat(16) + "fffffff1" + "65".repeat(28));
});

test("packs records one after the other and says where each begins", () => {
  const records = [record(1, 28), record(2, 100), record(3, 30)];
  const { body, offsets } = packRecords(records);
  assert.deepEqual(body, Buffer.concat(records.map(encodeRecord)));
  assert.deepEqual(offsets, [0, frameHeaderBytes + 28, 2 * frameHeaderBytes + 128]);
});

test("refuses what a reader would refuse", () => {
  assert.throws(() => encodeRecord({ ...record(1, 28), recordId: Buffer.alloc(15) }), RangeError);
  assert.throws(() => encodeRecord(record(1, 27)), RangeError);
  assert.throws(() => encodeRecord(record(1, sealedBytesMax + 1)), RangeError);
  assert.throws(() => encodeRecord({ ...record(1, 28), sessionId: 2 ** 32 }), RangeError);
});
