import assert from "node:assert/strict";
import { test } from "node:test";
import { retryAfterMs } from "./client.ts";

const cases: readonly [why: string, headers: Record<string, string>, expected: number | null][] = [
  ["seconds", { "retry-after": "120" }, 120_000],
  ["a date, by the sender's own clock", { "retry-after": "Thu, 01 Jan 2026 00:01:30 GMT", date: "Thu, 01 Jan 2026 00:00:00 GMT" }, 90_000],
  ["a date that is past", { "retry-after": "Thu, 01 Jan 2026 00:00:00 GMT", date: "Thu, 01 Jan 2026 00:00:10 GMT" }, 0],
  ["a date without a clock to read it by", { "retry-after": "Thu, 01 Jan 2026 00:01:30 GMT" }, null],
  ["nothing", {}, null],
  ["neither", { "retry-after": "soon" }, null],
  ["a negative number", { "retry-after": "-1" }, null],
];
for (const [why, headers, expected] of cases) {
  test(`reads what Retry-After asks for: ${why}`, () => {
    assert.equal(retryAfterMs({ status: 429, headers, body: new Uint8Array() }), expected);
  });
}
