import assert from "node:assert/strict";
import { test } from "node:test";
import { phraseStatus } from "./phrase-status.ts";

const table = new Map([
  ["delivered", { status: "delivered", reason: null }],
  ["delivered to agent", { status: "in_transit", reason: null }],
] as const);

test("the longest beginning counts, in any case and however it is spaced", () => {
  assert.deepEqual(phraseStatus(table, "  DELIVERED  to  Agent, Main Street "), {
    status: "in_transit",
    reason: null,
    code: "delivered to agent",
  });
  assert.deepEqual(phraseStatus(table, "Delivered"), { status: "delivered", reason: null, code: "delivered" });
});

test("the code holds nothing of what follows the beginning", () => {
  assert.equal(phraseStatus(table, "Delivered to M. Aubertin")?.code, "delivered");
});

test("a sentence with another beginning has no status", () => {
  for (const sentence of ["Not delivered", "", null, 7, {}]) assert.equal(phraseStatus(table, sentence), null);
});
