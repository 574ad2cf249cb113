import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { packRecords } from "../domain/record-frame.ts";
import type { FramedRecord } from "../domain/record-frame.ts";
import { main, verifySegment } from "./read-segment.ts";
import { buildSegment, readSegment, SegmentError } from "./segment.ts";

const id = "0199aaaa-0000-7000-8000-000000000001";
const created = new Date("2026-11-24T05:00:00Z");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const record = fc.record({
  recordId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  sessionId: fc.nat({ max: 2 ** 32 - 1 }),
  sealed: fc.uint8Array({ minLength: 28, maxLength: 80 }),
});
/** Batches of records in which no id repeats; batches may be empty. */
const batches: fc.Arbitrary<readonly FramedRecord[][]> = fc
  .uniqueArray(record, { selector: ({ recordId }) => hex(recordId), maxLength: 12 })
  .chain((records) =>
    fc.array(fc.nat({ max: records.length }), { maxLength: 4 }).map((cuts) => {
      const edges = [0, ...cuts.sort((left, right) => left - right), records.length];
      return edges.slice(1).map((edge, at) => records.slice(edges[at], edge));
    }),
  );
const build = (packed: readonly FramedRecord[][]) =>
  buildSegment(
    id,
    created,
    packed.map((records) => packRecords(records).body),
  );

/** The code by which `readSegment` refuses, after checking that the auditor's reader refuses too. */
function refusal(bytes: Uint8Array): SegmentError["code"] | null {
  const reading = verifySegment(Buffer.from(bytes));
  try {
    readSegment(bytes);
    assert.equal(reading.ok, true, "only one of the two readers accepts");
    return null;
  } catch (error) {
    assert.ok(error instanceof SegmentError, String(error));
    assert.equal(reading.ok, false, "only one of the two readers accepts");
    return error.code;
  }
}

test("what is packed and concatenated is read back, by both readers", () => {
  fc.assert(
    fc.property(batches, (packed) => {
      const { bytes, records, batchOffsets } = build(packed);
      const read = [...readSegment(bytes)];
      const plain = ({ recordId, sessionId, sealed }: FramedRecord) => [hex(recordId), sessionId, hex(sealed)];
      assert.deepEqual(read.map(plain), packed.flat().map(plain));
      assert.equal(records, read.length);
      for (const { offset, length, sealed } of read) assert.equal(hex(bytes.subarray(offset + 24, offset + 24 + length)), hex(sealed));
      for (const [at, batch] of packed.entries()) {
        const { body } = packRecords(batch);
        assert.equal(
          hex(bytes.subarray(batchOffsets[at], batchOffsets[at]! + body.length)),
          hex(body),
          "batches stand as they were packed",
        );
      }
      const reading = verifySegment(bytes);
      assert.ok(reading.ok);
      assert.deepEqual(
        reading.records,
        read.map(({ recordId, sessionId, offset, length }) => ({ id: hex(recordId), session: sessionId, offset, sealedBytes: length })),
      );
    }),
  );
});

test("finds every changed byte, wherever it is", () => {
  const { bytes } = build([
    [{ recordId: Buffer.alloc(16, 1), sessionId: 7, sealed: Buffer.alloc(28, 2) }],
    [{ recordId: Buffer.alloc(16, 3), sessionId: 8, sealed: Buffer.alloc(30, 4) }],
  ]);
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [1, 0x20, 0x80, 0xff]) {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ flip;
      assert.notEqual(refusal(changed), null, `byte ${at} ^ ${flip}`);
    }
  }
});

test("finds a changed byte in any segment", () => {
  fc.assert(
    fc.property(batches, fc.nat(), fc.integer({ min: 1, max: 255 }), (packed, place, flip) => {
      const { bytes } = build(packed);
      const at = place % bytes.length;
      bytes[at] = bytes[at]! ^ flip;
      assert.notEqual(refusal(bytes), null);
    }),
  );
});

test("finds every cut, at either end, and what is added", () => {
  fc.assert(
    fc.property(batches, fc.uint8Array({ minLength: 1, maxLength: 8 }), (packed, added) => {
      const { bytes } = build(packed);
      for (let cut = 1; cut <= bytes.length; cut++) {
        const code = refusal(bytes.subarray(0, bytes.length - cut));
        assert.ok(code === "truncated" || (code === "bad-magic" && bytes.length - cut < 6), `${cut} bytes cut: ${code}`);
        assert.notEqual(refusal(bytes.subarray(cut)), null);
      }
      assert.notEqual(refusal(Buffer.concat([bytes, added])), null);
    }),
    { numRuns: 20 },
  );
});

test("both readers refuse arbitrary bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => assert.notEqual(refusal(bytes), null)));
});

/** A segment around a forged footer, with a right digest: what only somebody who means it would write. */
function forge(
  footer: string,
  body = packRecords([{ recordId: Buffer.alloc(16, 1), sessionId: 7, sealed: Buffer.alloc(28, 2) }]).body,
  footerBytes = footer.length,
): Buffer {
  const sealed = Buffer.concat([Buffer.from("PKSEG\x01"), body, Buffer.from(footer)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(footerBytes);
  return Buffer.concat([sealed, length, hash("sha256", sealed, "buffer"), Buffer.from("PKEND\x01")]);
}
const footer = (records: string, count = 1): string =>
  `{"count":${count},"created":"2026-11-24T05:00:00.000Z","id":"${id}","records":[${records}],"version":1}`;
const row = `["${"01".repeat(16)}",6,28,7]`;

test("refuses an index that does not describe the records, also under a right digest", () => {
  assert.equal(refusal(forge(footer(row))), null, "the forger's tool works");
  const forged = {
    "another offset": footer(row.replace(",6,", ",7,")),
    "another length": footer(row.replace(",28,", ",29,")),
    "another session": footer(row.replace(",7]", ",8]")),
    "another record": footer(row.replace("01", "02")),
    "a record too many": footer(`${row},${row}`, 2),
    "a record too few": footer("", 0),
    "another count": footer(row, 2),
    "a blank": footer(row).replace(":", ": "),
    "an extra property": footer(row).replace("{", '{"a":1,'),
    "another version": footer(row).replace('"version":1', '"version":2'),
    "an id that is none": footer(row).replace(id, "me"),
    "a time that is none": footer(row).replace("2026-11-24T05:00:00.000Z", "today"),
    "no JSON": "no",
    null: "null",
  };
  for (const [what, text] of Object.entries(forged)) assert.equal(refusal(forge(text)), "index-mismatch", what);
});

test("refuses records that overlap the index or repeat", () => {
  assert.equal(refusal(forge(footer(row), undefined, 2 ** 32 - 1)), "index-mismatch");
  assert.equal(refusal(forge(footer(row), undefined, footer(row).length + 1)), "truncated");
  assert.equal(refusal(forge(footer(row), undefined, footer(row).length - 1)), "truncated");
  const frame = packRecords([{ recordId: Buffer.alloc(16, 1), sessionId: 7, sealed: Buffer.alloc(28, 2) }]).body;
  const twice = Buffer.concat([frame, frame]);
  assert.equal(refusal(forge(footer(`${row},${row.replace(",6,", ",58,")}`, 2), twice)), "index-mismatch");
  assert.throws(() => buildSegment(id, created, [frame, frame]), { name: "SegmentError", code: "index-mismatch" });
});

test("does not build from a batch that ends within a record", () => {
  const { body } = packRecords([{ recordId: Buffer.alloc(16, 1), sessionId: 7, sealed: Buffer.alloc(28, 2) }]);
  for (const cut of [1, 28, 40])
    assert.throws(() => buildSegment(id, created, [body.subarray(0, body.length - cut)]), { code: "truncated" });
  assert.throws(() => buildSegment("no id", created, [body]), TypeError);
});

test("the example in the documentation is what is built", () => {
  const page = readFileSync(new URL("../../docs/segment-format.md", import.meta.url), "utf8");
  const example = /```hex\n([^`]+)```/.exec(page)![1]!.replace(/\s/g, "");
  const counted = (from: number, bytes: number) => Buffer.from({ length: bytes }).map((_, at) => from + at);
  const one = packRecords([{ recordId: Buffer.from("01990000000000000000000000000001", "hex"), sessionId: 7, sealed: counted(0x40, 28) }]);
  const two = packRecords([{ recordId: Buffer.from("01990000000000000000000000000002", "hex"), sessionId: 7, sealed: counted(0x80, 30) }]);
  assert.equal(hex(buildSegment(id, created, [one.body, two.body]).bytes), example);
  assert.ok(verifySegment(Buffer.from(example, "hex")).ok);
});

test("the auditor's command lists the records and says by its exit code whether everything holds", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "segment-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const lines: string[] = [];
  const run = (...paths: string[]) =>
    main(
      paths,
      (line) => lines.push(line),
      (line) => lines.push(line),
    );
  const { bytes } = build([[{ recordId: Buffer.alloc(16, 1), sessionId: 7, sealed: Buffer.alloc(28, 2) }]]);
  const file = join(folder, "segment");
  writeFileSync(file, bytes);
  assert.equal(run(file), 0);
  assert.deepEqual(
    [lines[0], lines.at(-2), lines.at(-1)],
    [`segment ${id}`, "records 1", `${"01".repeat(16)} session 7 offset 6 sealed 28 bytes`],
  );
  assert.ok(lines[3]!.includes(hash("sha256", bytes)));
  writeFileSync(file, bytes.subarray(0, 60));
  assert.equal(run(file), 1);
  assert.equal(lines.at(-1), "error: truncated: it does not end with PKEND 1");
  assert.equal(run(), 2);
  assert.equal(run(`${file}.absent`), 2);
});

test("the auditor's reader imports nothing but Node's own modules", () => {
  const source = readFileSync(new URL("./read-segment.ts", import.meta.url), "utf8");
  const imported = [...source.matchAll(/(?:from|import\() ?"([^"]+)"/g)].map(([, name]) => name);
  assert.deepEqual(imported, ["node:crypto", "node:fs"]);
});
