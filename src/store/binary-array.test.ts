import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import {
  booleanArray,
  byteaArray,
  charArray,
  int2Array,
  int4Array,
  textArray,
  tidArray,
  timestamptzArray,
  uuidArray,
  uuidBytes,
  uuidText,
} from "./binary-array.ts";
import { ownerRole } from "./roles.ts";

test("PostgreSQL reads the arrays as they were meant", async (t) => {
  const pool = (await testDatabase(t)).pool(ownerRole);
  const ids = [randomUUID(), randomUUID()];
  const moments = [
    "1999-12-31T23:59:59.999Z",
    "2000-01-01",
    "2000-01-01T01:11:34.967Z",
    "2026-11-27T09:30:00.001Z",
    "1890-05-01",
    "2199-01-01",
  ].map(Date.parse);
  const arrays = {
    text: [textArray(["a", null, "", "ä\n"]), ["a", null, "", "ä\n"]],
    uuid: [uuidArray([uuidBytes(ids[0]!), null, uuidBytes(ids[1]!)]), [ids[0], null, ids[1]]],
    int2: [int2Array([-1, 300]), [-1, 300]],
    int4: [int4Array([-1, 70_000]), [-1, 70_000]],
    bool: [booleanArray([true, false]), [true, false]],
    bytea: [byteaArray([Buffer.from([0, 255]), Buffer.alloc(0)]), [Buffer.from([0, 255]), Buffer.alloc(0)]],
    '"char"': [charArray(["a", "q"]), ["a", "q"]],
    tid: [tidArray(["(0,1)", "(70000,200)"]), ["(0,1)", "(70000,200)"]],
    timestamptz: [timestamptzArray(moments), moments.map((moment) => new Date(moment))],
  } as const;
  for (const [type, [value, expected]] of Object.entries(arrays)) {
    const { rows } = await pool.query<{ element: unknown }>(`select element from unnest($1::${type}[]) element`, [value]);
    assert.deepEqual(
      rows.map(({ element }) => element),
      expected,
      type,
    );
  }
  for (const none of [textArray([]), uuidArray([]), tidArray([])]) assert.equal(none.length, 12);
});

test("the bytes of a UUID are its digits, in either case", () => {
  for (let round = 0; round < 100; round++) {
    const id = randomUUID();
    assert.equal(uuidBytes(id).toString("hex"), id.replaceAll("-", ""));
    assert.equal(uuidText(uuidBytes(id.toUpperCase())), id);
  }
});
