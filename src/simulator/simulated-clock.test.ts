import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { simulatedClock } from "./simulated-clock.ts";

test("stands until it is started, runs faster than ours, and never ahead of it", () => {
  let real = 1_000_000;
  const clock = simulatedClock(10, 900_000, () => real);
  real += 5_000;
  assert.equal(clock.now(), 100_000);
  clock.start();
  real += 1_000;
  assert.equal(clock.now(), 110_000);
  real += 1_000_000;
  assert.equal(clock.now(), real);
});

test("says when a moment of the simulated time comes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(1e9), fc.nat(1e9), (speed, headStartMs, aheadMs) => {
      let real = 1e12;
      const clock = simulatedClock(speed, headStartMs, () => real);
      clock.start();
      const simulated = clock.now() + aheadMs;
      const comesAt = clock.realAt(simulated);
      real = Math.ceil(comesAt);
      assert.ok(clock.now() >= simulated);
      real = Math.floor(comesAt) - 1;
      assert.ok(clock.now() <= simulated);
    }),
  );
});
