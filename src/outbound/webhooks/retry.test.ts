import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { askedWaitMs, breakerFailures, givenUpAfterMs, nextAttempt, pauseAfter } from "./retry.ts";

const since = new Date("2026-11-26T12:00:00Z");
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("tries for days, ever more seldom, and gives up within five", () => {
  fc.assert(
    fc.property(fc.array(random, { minLength: 100, maxLength: 100 }), (randoms) => {
      let now = since;
      let attempts = 0;
      for (const each of randoms) {
        attempts++;
        const due = nextAttempt({ attempts, since, now, retryAfterMs: null, random: each });
        if (due === null) break;
        assert.ok(due > now && due.getTime() - since.getTime() <= givenUpAfterMs);
        now = due;
      }
      assert.ok(attempts >= 12 && attempts <= 16, `${attempts} attempts`);
      assert.ok(now.getTime() - since.getTime() > 3.5 * 24 * 3_600_000);
    }),
  );
});

test("waits as long as the receiver asks, up to a day, and never less than by itself", () => {
  const next = (retryAfterMs: number) =>
    nextAttempt({ attempts: 1, since, now: since, retryAfterMs, random: 0.5 })!.getTime() - since.getTime();
  assert.deepEqual([next(0), next(60_000), next(365 * 24 * 3_600_000)], [5_000, 60_000, 24 * 3_600_000]);
});

test("leaves an endpoint alone once it has failed often, longer each time, and at most an hour", () => {
  const pauses = [1, breakerFailures - 1, breakerFailures, breakerFailures + 1, breakerFailures + 50].map((failures) =>
    pauseAfter(failures, null),
  );
  assert.deepEqual(pauses, [null, null, 30_000, 60_000, 3_600_000]);
  assert.deepEqual([pauseAfter(1, 120_000), pauseAfter(breakerFailures, 120_000)], [120_000, 120_000]);
});

test("reads Retry-After as seconds and as a date", () => {
  const values = ["120", "Thu, 26 Nov 2026 12:01:30 GMT", "Thu, 26 Nov 2026 11:00:00 GMT", "soon", "-1", undefined];
  assert.deepEqual(
    values.map((value) => askedWaitMs(value, since)),
    [120_000, 90_000, 0, null, Date.parse("-1") - since.getTime() < 0 ? 0 : null, null],
  );
});
