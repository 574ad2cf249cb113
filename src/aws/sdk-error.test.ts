import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { callTold, meaningOf, type SdkError } from "./sdk-error.ts";

function thrown(of: Partial<SdkError> & { readonly name: string }): SdkError {
  return Object.assign(new Error("Ida Musterweg is not allowed"), { $response: { body: "Ida Musterweg" } }, of);
}

test("of a failed call its name, status, request and attempts are told, and nothing else that the SDK says", () => {
  const told = callTold(thrown({ name: "SlowDown", $metadata: { requestId: "REQ1", httpStatusCode: 503, attempts: 3 } }));
  assert.equal(told.message, "SlowDown, status 503, request REQ1, attempts 3");
  assert.ok(!inspect(told, { depth: 9, showHidden: true }).includes("Musterweg"));
});

test("of a call without an answer the operating system's code is told, if it is one", () => {
  assert.match(
    callTold(thrown({ name: "Error", code: "ECONNREFUSED" })).message,
    /^ECONNREFUSED, status none, request none, attempts none$/,
  );
  assert.match(callTold(thrown({ name: "Error", code: "Ida Musterweg" })).message, /^Error, /);
});

test("a name means what the first table says that has it", () => {
  const meanings = [
    ["a", "first", new Set(["One"])],
    ["b", "second", new Set(["One", "Two"])],
  ] as const;
  const otherwise = ["c", "else"] as const;
  assert.deepEqual(
    ["One", "Two", "Three"].map((name) => meaningOf<string>(name, meanings, otherwise)),
    [
      ["a", "first"],
      ["b", "second"],
      ["c", "else"],
    ],
  );
});
