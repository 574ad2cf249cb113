import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "./backoff.ts";

test("rests double with each failure in a row, and none is longer than the longest, however many fail", () => {
  const backoff = { firstMs: 250, longestMs: 1_500 };
  assert.deepEqual(
    [1, 2, 3, 4, 5, 2_000].map((failures) => backoffMs(failures, backoff)),
    [250, 500, 1_000, 1_500, 1_500, 1_500],
  );
});
