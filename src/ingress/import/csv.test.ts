import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { csvShipments } from "./csv.ts";
import { csvColumns, type CsvColumn } from "./csv-columns.ts";
import { recordBytesMax } from "./csv-records.ts";
import { collect, cut, cuts } from "../../../test/support/byte-chunks.ts";
import type { ImportRow } from "./row.ts";

function read(csv: string | Uint8Array, at: readonly number[] = []): Promise<ImportRow[]> {
  return collect(csvShipments(cut(csv, at)));
}

/** What came of each row, in one word. */
function verdicts(rows: readonly ImportRow[]): string[] {
  return rows.map(
    ({ row, result }) => `${row} ${result.ok ? result.shipment.trackingNumber : [result.code, result.field].join(" ").trim()}`,
  );
}

const shipment = {
  carrier: "postnl",
  trackingNumber: "3SPKEP400000017",
  orderReference: "PK-1007",
  recipient: {
    name: "Femke Aalbers",
    street: 'Lange "Nieuwe" straat 5, 2 hoog',
    postalCode: "3512 PA",
    city: "Utrecht",
    country: "NL",
    email: "femke@post.example",
  },
};

for (const [name, delimiter] of [
  ["comma", ","],
  ["semicolon", ";"],
  ["tab", "\t"],
] as const) {
  for (const lineBreak of ["\n", "\r\n"]) {
    test(`reads a file with ${name}s and ${JSON.stringify(lineBreak)}`, async () => {
      const lines = [
        [
          "tracking_number",
          "carrier",
          "order_reference",
          "recipient_name",
          "recipient_street",
          "recipient_postal_code",
          "recipient_city",
          "recipient_country",
          "recipient_email",
        ],
        [
          "3SPKEP400000017",
          "postnl",
          "PK-1007",
          "Femke Aalbers",
          '"Lange ""Nieuwe"" straat 5, 2 hoog"',
          "3512 PA",
          "Utrecht",
          "NL",
          "femke@post.example",
        ],
        ["JVGL999000000001", "", "", "", "", "", "", "", ""],
      ];
      const csv = lines.map((cells) => cells.join(delimiter)).join(lineBreak);
      assert.deepEqual(await read(csv), [
        { row: 1, result: { ok: true, shipment } },
        { row: 2, result: { ok: true, shipment: { trackingNumber: "JVGL999000000001" } } },
      ]);
    });
  }
}

test("passes over a byte order mark, blank lines, and case and blanks in the header", async () => {
  assert.deepEqual(verdicts(await read("\uFEFF\r\n Tracking_Number , CARRIER\r\n\r\nABC1,ups\r\n,\r\nABC2,gls")), ["1 ABC1", "2 ABC2"]);
});

test("reads a file of one column", async () => {
  assert.deepEqual(verdicts(await read("tracking_number\nABC1\nABC2\n")), ["1 ABC1", "2 ABC2"]);
});

test("keeps line breaks inside quotes", async () => {
  const [first] = await read('tracking_number,recipient_street\nABC1,"Hof 1\r\nhinten"\n');
  assert.deepEqual(first, { row: 1, result: { ok: true, shipment: { trackingNumber: "ABC1", recipient: { street: "Hof 1\r\nhinten" } } } });
});

test("refuses broken rows one by one and reads on", async () => {
  const rows = [
    "ABC1,ups,Ilse",
    "ABC2,ups",
    "ABC3,ups,Ilse,more",
    'ABC4,ups,5" pipe',
    'ABC5,ups,"Ilse"x',
    "ABC6,pigeon,Ilse",
    ",ups,Ilse",
    "A#,ups,Ilse",
    `ABC9,ups,${"x".repeat(recordBytesMax)}`,
    'ABC10,ups,"never closed',
    "ABC11,gls,Ilse",
  ];
  assert.deepEqual(verdicts(await read(["tracking_number,carrier,recipient_name", ...rows].join("\n"))), [
    "1 ABC1",
    "2 cells_missing",
    "3 cells_surplus",
    "4 quotes_unbalanced",
    "5 quotes_unbalanced",
    "6 field_invalid carrier",
    "7 field_missing tracking_number",
    "8 field_invalid tracking_number",
    "9 row_too_long",
    "10 quotes_unbalanced",
    "11 ABC11",
  ]);
});

test("an unclosed quote costs its own row only, also when the next quote comes far behind or never", async () => {
  const plain = Array.from({ length: 5000 }, (_, index) => `OK${index},Ilse`);
  for (const last of ['END,"Ilse"', 'END,"Il""se"', "END,Ilse"]) {
    const rows = await read(["tracking_number,recipient_name", 'BAD,"Ilse', ...plain, last].join("\n"));
    assert.deepEqual(verdicts(rows), [
      "1 quotes_unbalanced",
      ...plain.map((line, index) => `${index + 2} ${line.slice(0, -5)}`),
      "5002 END",
    ]);
  }
});

test("refuses a row that is not UTF-8 and reads on", async () => {
  const csv = Buffer.concat([Buffer.from("tracking_number,recipient_city\nABC1,K"), Buffer.from([0xf6]), Buffer.from("ln\nABC2,Köln\n")]);
  assert.deepEqual(verdicts(await read(csv)), ["1 not_utf8", "2 ABC2"]);
});

test("takes a record of exactly the bound and refuses one byte more", async () => {
  // No shipment fills a record of this size: the first is read and refused for its street.
  const row = (bytes: number): string => `ABC1,${"x".repeat(bytes - 5)}`;
  const csv = ["tracking_number,recipient_street", row(recordBytesMax), row(recordBytesMax + 1)].join("\n");
  assert.deepEqual(verdicts(await read(csv)), ["1 field_invalid recipient_street", "2 row_too_long"]);
});

for (const [header, verdict] of [
  ["", "0 header_missing"],
  ["carrier,recipient_name", "0 column_missing tracking_number"],
  ["tracking_number,recipient_nmae", "0 column_unknown column 2"],
  ["tracking_number,carrier,Carrier", "0 column_repeated carrier"],
  ["tracking_number,__proto__", "0 column_unknown column 2"],
  ['tracking_number,"carrier', "0 quotes_unbalanced"],
] as const) {
  test(`refuses the header ${JSON.stringify(header)} and reads no further`, async () => {
    assert.deepEqual(verdicts(await read(header === "" ? "\n\r\n" : `${header}\nABC1,ups\n`)), [verdict]);
  });
}

test("never repeats a value of the file in a refusal", async () => {
  const secret = "Geheimrat";
  const files = [
    `${secret},tracking_number\n`,
    `tracking_number,carrier\n${secret}!,${secret}\nABC1,${secret}\n"${secret}"x,ups\nABC1,ups,${secret}\n`,
  ];
  for (const file of files) {
    const rows = await read(file);
    assert.ok(rows.length > 0 && rows.every(({ result }) => !result.ok));
    assert.ok(!JSON.stringify(rows).includes(secret));
  }
});

test("reads no chunk before the rows of the last one are taken", async () => {
  let pulled = 0;
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (; ; pulled += 1) yield Buffer.from(pulled === 0 ? "tracking_number\n" : `AB${pulled}\nCD${pulled}\n`);
    } finally {
      closed = true;
    }
  }
  let taken = 0;
  for await (const { row } of csvShipments(source())) {
    taken = row;
    assert.ok(pulled <= Math.ceil(row / 2));
    if (row === 5) break;
  }
  assert.equal(taken, 5);
  assert.ok(closed);
});

const cell = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('"', ",", ";", "\t", "\r", "\n", " ", "a", "\uFEFF"), maxLength: 8 }),
);
const rowOfAll = fc.record({ trackingNumber: fc.stringMatching(/^[A-Z0-9]{3,20}$/), name: cell, street: cell, city: cell });

test("gives back any values that were written by RFC 4180", async () => {
  const columns: CsvColumn[] = ["recipient_name", "tracking_number", "recipient_street", "recipient_city"];
  await fc.assert(
    fc.asyncProperty(
      fc.array(rowOfAll, { maxLength: 6 }),
      fc.constantFrom(",", ";", "\t"),
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
      async (rows, delimiter, lineBreak, always) => {
        const written = rows.map(({ trackingNumber, name, street, city }) => [name, trackingNumber, street, city]);
        const csv = [columns, ...written].map((cells) => cells.map((text) => quoted(text, always)).join(delimiter) + lineBreak).join("");
        const expected = rows.map(({ trackingNumber, ...recipient }) => {
          const given = Object.fromEntries(Object.entries(recipient).filter(([, value]) => value !== ""));
          return { trackingNumber, ...(Object.keys(given).length > 0 && { recipient: given }) };
        });
        const back = await read(csv);
        assert.deepEqual(
          back.map(({ result }) => result.ok && result.shipment),
          expected,
        );
      },
    ),
  );
});

test("gives the same rows however the bytes are cut", async () => {
  const line = fc.oneof(
    fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "a", "é", "7"), maxLength: 30 }),
    fc.constantFrom(
      "ABC1,Ilse",
      'ABC2,"Il""se"',
      'ABC3,"Ilse\nund Jo"',
      'ABC4,"open',
      `ABC5,${"x".repeat(recordBytesMax)}`,
      `ABC6,"${`${"x".repeat(1000)}\n`.repeat(17)}"`,
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), cuts, async (lines, marked, at) => {
      const csv = `${marked ? "\uFEFF" : ""}tracking_number,recipient_name\n${lines.join("\n")}`;
      assert.deepEqual(await read(csv, at), await read(csv));
    }),
  );
});

test("has a column for every field of a shipment, each once", () => {
  const fields = Object.values(csvColumns);
  assert.equal(new Set(fields).size, fields.length);
});

function quoted(text: string, always: boolean): string {
  return always || /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
