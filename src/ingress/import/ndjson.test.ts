import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { collect, cut, cuts } from "../../../test/support/byte-chunks.ts";
import { lineBytesMax, ndjsonShipments } from "./ndjson.ts";
import type { ImportRow } from "./row.ts";

function read(file: string | Uint8Array, at: readonly number[] = []): Promise<ImportRow[]> {
  return collect(ndjsonShipments(cut(file, at)));
}

/** What came of each row, in one word. */
function verdicts(rows: readonly ImportRow[]): string[] {
  return rows.map(
    ({ row, result }) => `${row} ${result.ok ? result.shipment.trackingNumber : [result.code, result.field].join(" ").trim()}`,
  );
}

test("reads a shipment a line, LF or CRLF, with or without a last line break", async () => {
  const shipment = { carrier: "gls", trackingNumber: "ZN9PK000001", recipient: { name: "Tove Lindqvist", city: "Malmö", country: "SE" } };
  const line = JSON.stringify(shipment);
  for (const file of [`${line}\n${line}`, `${line}\r\n${line}\r\n`, `\uFEFF\n${line}\n  \r\n${line}\n\n`]) {
    assert.deepEqual(await read(file), [
      { row: 1, result: { ok: true, shipment } },
      { row: 2, result: { ok: true, shipment } },
    ]);
  }
});

test("gives nothing for an empty file", async () => {
  assert.deepEqual(await read(""), []);
});

test("refuses broken lines one by one and reads on", async () => {
  const lines = [
    '{"trackingNumber":"ABC1"}',
    '{"trackingNumber":"ABC2"',
    '["ABC3"]',
    "null",
    "{}",
    '{"trackingNumber":5}',
    '{"trackingNumber":"ABC7","carrier":"pigeon"}',
    '{"trackingNumber":"ABC8","recipient":{"email":"no address"}}',
    '{"trackingNumber":"ABC9","vip":true}',
    '{"trackingNumber":"ABC10","recipient":{"birthday":"2001-01-01"}}',
    '{"trackingNumber":"ABC11","__proto__":{"carrier":"ups"}}',
    `{"trackingNumber":"ABC12","orderReference":"${"x".repeat(lineBytesMax)}"}`,
    '{"trackingNumber":"ABC13"}',
  ];
  assert.deepEqual(verdicts(await read(lines.join("\n"))), [
    "1 ABC1",
    "2 not_json",
    "3 not_json",
    "4 not_json",
    "5 field_missing trackingNumber",
    "6 field_invalid trackingNumber",
    "7 field_invalid carrier",
    "8 field_invalid recipient.email",
    "9 field_unknown",
    "10 field_unknown recipient",
    "11 field_unknown",
    "12 row_too_long",
    "13 ABC13",
  ]);
});

test("refuses a line that is not UTF-8 and reads on", async () => {
  const file = Buffer.concat([
    Buffer.from('{"trackingNumber":"ABC1","orderReference":"'),
    Buffer.from([0xc3, 0x28]),
    Buffer.from('"}\n{"trackingNumber":"ABC2"}'),
  ]);
  assert.deepEqual(verdicts(await read(file)), ["1 not_utf8", "2 ABC2"]);
});

test("takes a line of exactly the bound and refuses one byte more", async () => {
  const line = (bytes: number): string => '{"trackingNumber":"ABC1"}'.padEnd(bytes);
  assert.deepEqual(verdicts(await read(`${line(lineBytesMax)}\n${line(lineBytesMax + 1)}`)), ["1 ABC1", "2 row_too_long"]);
});

test("never repeats a value or a name of the file in a refusal", async () => {
  const secret = "Geheimrat";
  const rows = await read(
    `{"${secret}":1}\n{"trackingNumber":"${secret}!"}\n${secret}\n{"trackingNumber":"ABC1","recipient":{"${secret}":"${secret}"}}`,
  );
  assert.ok(rows.length === 4 && rows.every(({ result }) => !result.ok));
  assert.ok(!JSON.stringify(rows).includes(secret));
});

test("reads no chunk before the rows of the last one are taken", async () => {
  let pulled = 0;
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (; ; pulled += 1) yield Buffer.from('{"trackingNumber":"ABC1"}\n'.repeat(2));
    } finally {
      closed = true;
    }
  }
  for await (const { row } of ndjsonShipments(source())) {
    assert.ok(pulled <= row / 2);
    if (row === 5) break;
  }
  assert.ok(closed);
});

test("gives back any values that were written as JSON", async () => {
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
  const shipment = fc.record({
    trackingNumber: fc.stringMatching(/^[A-Z0-9]{3,20}$/),
    orderReference: text,
    recipient: fc.record({ name: text, street: text }, { requiredKeys: [] }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(shipment, { maxLength: 8 }), fc.constantFrom("\n", "\r\n"), async (shipments, lineBreak) => {
      const rows = await read(shipments.map((one) => JSON.stringify(one) + lineBreak).join(""));
      assert.deepEqual(
        rows.map(({ result }) => result.ok && result.shipment),
        shipments.map((one) => JSON.parse(JSON.stringify(one))),
      );
    }),
  );
});

test("gives the same rows however the bytes are cut", async () => {
  const line = fc.oneof(
    fc.string({ unit: fc.constantFrom('"', "{", "\r", "\n", "a", "é", " "), maxLength: 30 }),
    fc.constantFrom(
      '{"trackingNumber":"ABC1"}',
      '{"trackingNumber":"ABC2","orderReference":"Ø"}',
      "x".repeat(lineBytesMax),
      "x".repeat(lineBytesMax + 1),
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), cuts, async (lines, at) => {
      const file = lines.join("\n");
      assert.deepEqual(await read(file, at), await read(file));
    }),
  );
});
