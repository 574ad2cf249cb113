import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { QuotaMeter } from "./quota-meter.ts";

const calls = fc.array(fc.record({ numbers: fc.integer({ min: 1, max: 10 }), afterMs: fc.nat(400) }), { maxLength: 60 });

test("lets no more through in a window than a quota allows, and says when the next one begins", () => {
  fc.assert(
    fc.property(calls, fc.constantFrom("calls", "numbers"), (all, unit) => {
      const meter = new QuotaMeter([{ unit, count: 12, windowMs: 1000 }]);
      const taken = new Map<number, number>();
      let now = 5_000;
      for (const { numbers, afterMs } of all) {
        now += afterMs;
        const waitSeconds = meter.take(numbers, now);
        const window = Math.floor(now / 1000);
        const amount = unit === "calls" ? 1 : numbers;
        const used = taken.get(window) ?? 0;
        if (waitSeconds === null) taken.set(window, used + amount);
        else assert.ok(used + amount > 12 && waitSeconds === 1);
      }
      for (const used of taken.values()) assert.ok(used <= 12);
    }),
  );
});

test("keeps to the narrowest of several quotas", () => {
  const meter = new QuotaMeter([
    { unit: "calls", count: 5, windowMs: 86_400_000 },
    { unit: "calls", count: 1, windowMs: 1000 },
  ]);
  const waits = [0, 10, 1000, 2000, 3000, 4000, 5000].map((now) => meter.take(1, now));
  assert.deepEqual(waits, [null, 1, null, null, null, null, 86_395]);
});

test("lets everything through without a quota", () => {
  const meter = new QuotaMeter([]);
  assert.equal(meter.take(1000, 0), null);
});
