import assert from "node:assert/strict";
import { test } from "node:test";
import { Wake } from "./wake.ts";

const longMs = 60_000;

test("a ring ends the rest", async () => {
  const wake = new Wake();
  const rest = wake.rest(longMs);
  wake.ring();
  await rest;
});

test("a ring between looking and resting is not lost", async () => {
  const wake = new Wake();
  wake.attend();
  wake.ring();
  await wake.rest(longMs);
});

test("what was rung before looking does not ring again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const wake = new Wake();
  wake.ring();
  wake.attend();
  let isOver = false;
  const rest = wake.rest(longMs).then(() => (isOver = true));
  t.mock.timers.tick(longMs - 1);
  await Promise.resolve();
  assert.equal(isOver, false);
  t.mock.timers.tick(1);
  await rest;
});
