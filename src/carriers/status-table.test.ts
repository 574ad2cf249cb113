import assert from "node:assert/strict";
import { test } from "node:test";
import { statusTable } from "./status-table.ts";

test("a status table has each code of each row", () => {
  const table = statusTable([
    ["in_transit", null, "A B"],
    ["exception", "carrier:lost", "C"],
  ]);
  assert.deepEqual(
    [...table],
    [
      ["A", { status: "in_transit", reason: null }],
      ["B", { status: "in_transit", reason: null }],
      ["C", { status: "exception", reason: "carrier:lost" }],
    ],
  );
});

test("a status table refuses two meanings for a code", () => {
  assert.throws(
    () =>
      statusTable([
        ["in_transit", null, "A"],
        ["delivered", null, "A"],
      ]),
    /two meanings for A/,
  );
});
