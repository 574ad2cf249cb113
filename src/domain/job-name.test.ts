import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jobMessage, jobNameOf } from "./job-name.ts";

test("a name comes back from its message", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 63 }), fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), (lane, seq) => {
      assert.deepEqual(jobNameOf(jobMessage({ lane, seq: String(seq) })), { lane, seq: String(seq) });
    }),
  );
});

test("what names no job is nobody's", () => {
  for (const [id, group] of [
    ["job-1", "lane-64"],
    ["job-1", "lane--1"],
    ["job-1", "lane-"],
    ["job-0", "lane-1"],
    ["job-1e3", "lane-1"],
    ["1", "lane-1"],
    ["job-12345678901234567890", "lane-1"],
  ] as const)
    assert.equal(jobNameOf({ id, group }), null, `${id} ${group}`);
});
