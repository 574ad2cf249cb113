import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { allowance, paceOf, spent, waitMs } from "./quota.ts";

const quota = fc.record({
  unit: fc.constantFrom("calls" as const, "numbers" as const),
  count: fc.integer({ min: 1, max: 400 }),
  windowMs: fc.constantFrom(1_000, 60_000, 3_600_000, 86_400_000),
});

test("no window of its length ever holds more than the quota, whenever somebody asks and however often the process starts again", () => {
  fc.assert(
    fc.property(quota, fc.array(fc.tuple(fc.nat(99), fc.integer({ min: 1, max: 30 })), { minLength: 50, maxLength: 300 }), (each, asks) => {
      const pace = paceOf(each);
      let now = 1_700_000_000_000;
      // The one thing that outlives a process.
      let stored: number | null = null;
      const sent: { at: number; cost: number }[] = [];
      for (const [eagerness, wanted] of asks) {
        // Mostly as eager as can be, now and then a long pause.
        now += eagerness > 95 ? Math.floor(each.windowMs * 1.5) : Math.floor((eagerness * each.windowMs) / each.count / 100);
        const cost = Math.min(wanted, pace.burst);
        const wait = waitMs(pace, stored, cost, now);
        if (wait > 0 && eagerness % 2 === 0) continue;
        now += wait;
        stored = spent(pace, stored, cost, now);
        sent.push({ at: now, cost });
      }
      for (const [first, { at }] of sent.entries()) {
        let held = 0;
        for (let next = first; next < sent.length && sent[next]!.at < at + each.windowMs; next++) held += sent[next]!.cost;
        assert.ok(held <= each.count, `${held} in a window of ${each.count}`);
      }
    }),
  );
});

test("whoever waits as long as is said may go, and not a millisecond earlier", () => {
  fc.assert(
    fc.property(quota, fc.integer({ min: 0, max: 1_000_000 }), (each, ahead) => {
      const pace = paceOf(each);
      const now = 1_700_000_000_000;
      const wait = waitMs(pace, now + ahead, 1, now);
      assert.equal(waitMs(pace, now + ahead, 1, now + wait), 0);
      if (wait > 0) assert.ok(waitMs(pace, now + ahead, 1, now + wait - 1) > 0);
    }),
  );
});

test("a day's quota is used to at least three quarters by who asks all day", () => {
  const pace = paceOf({ unit: "calls", count: 250, windowMs: 86_400_000 });
  let stored: number | null = null;
  let calls = 0;
  for (let now = 0; now < 86_400_000; now += 10_000) {
    if (waitMs(pace, stored, 1, now) > 0) continue;
    stored = spent(pace, stored, 1, now);
    calls++;
  }
  assert.ok(calls <= 250 && calls >= 188, String(calls));
});

test("what never fits into a burst is never said to wait for a time", () => {
  assert.equal(waitMs(paceOf({ unit: "numbers", count: 10, windowMs: 1_000 }), null, 3, 0), Infinity);
});

test("an allowance is what the pace lets through by then", () => {
  fc.assert(
    fc.property(quota, fc.integer({ min: 0, max: 3_600_000 }), fc.integer({ min: 0, max: 3_600_000 }), (each, ahead, within) => {
      const pace = paceOf(each);
      let stored: number | null = ahead;
      let count = 0;
      for (let now = 0; count < 1000;) {
        now += waitMs(pace, stored, 1, now);
        if (now > within) break;
        stored = spent(pace, stored, 1, now);
        count++;
      }
      assert.equal(count, Math.min(1000, allowance(pace, ahead, 0, within)));
    }),
  );
});
