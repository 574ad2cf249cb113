import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { statuses, terminalStatuses } from "../../domain/status.ts";
import { decidePoll, recheckAfterMs, retryAt, staleAfterMs, type TrackedShipment } from "./poll-decision.ts";

const hour = 3_600_000;
const day = 24 * hour;
const now = 1_800_000_000_000;
const parcel = (facts: Partial<TrackedShipment>): TrackedShipment => ({
  status: "in_transit",
  createdAt: now - day,
  changedAt: now - hour,
  polledAt: now - hour,
  isPushed: false,
  ...facts,
});

test("a parcel that nobody has asked about is asked about at once", () => {
  assert.deepEqual(decidePoll(parcel({ polledAt: null }), 0, now, 0), { kind: "poll" });
});

test("a parcel on the delivery van is asked about more often than one in transit, and one at the shop less", () => {
  const due = (status: TrackedShipment["status"]): number => {
    const decision = decidePoll(parcel({ status, polledAt: now }), 0, now, 0);
    assert.ok(decision.kind === "wait");
    return decision.until - now;
  };
  assert.ok(due("out_for_delivery") < due("in_transit"));
  assert.ok(due("in_transit") < due("available_for_pickup"));
});

test("a carrier that sends by itself is asked rarely, and not while it goes on sending", () => {
  assert.equal(decidePoll(parcel({ isPushed: true, polledAt: null, changedAt: now - hour }), 0, now, 0).kind, "wait");
  assert.equal(decidePoll(parcel({ isPushed: true, polledAt: now - 13 * hour, changedAt: now - 13 * hour }), 0, now, 0).kind, "poll");
});

test("what a carrier asks to keep between two questions is kept", () => {
  const decision = decidePoll(parcel({ status: "out_for_delivery", polledAt: now - 3 * hour }), 4 * hour, now, 0);
  assert.deepEqual(decision, { kind: "wait", until: now + hour });
});

test("a delivered parcel is asked about once more a day later, and then no more", () => {
  const delivered = parcel({ status: "delivered", changedAt: now, polledAt: now });
  assert.deepEqual(decidePoll(delivered, 0, now, 0), { kind: "wait", until: now + recheckAfterMs });
  assert.deepEqual(decidePoll(delivered, 0, now + recheckAfterMs, 0), { kind: "poll" });
  const asked = { ...delivered, polledAt: now + recheckAfterMs };
  assert.deepEqual(decidePoll(asked, 0, now + recheckAfterMs + 1, 0), { kind: "stop", why: "finished" });
});

test("a parcel that was delivered long before it could be asked about is left alone", () => {
  assert.deepEqual(decidePoll(parcel({ status: "delivered", changedAt: now - 8 * day, polledAt: null }), 0, now, 0), {
    kind: "stop",
    why: "finished",
  });
});

test("every parcel comes to an end: asked whenever it is due, it stops within the time after its last change", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...statuses),
      fc.boolean(),
      fc.integer({ min: 0, max: 12 * hour }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (status, isPushed, cadenceMs, jitter) => {
        let at = now;
        let polledAt: number | null = null;
        for (let asked = 0; asked < 10_000; asked++) {
          const decision = decidePoll(parcel({ status, isPushed, changedAt: now, polledAt }), cadenceMs, at, jitter);
          if (decision.kind === "stop") {
            assert.ok(at <= now + staleAfterMs + 2 * day);
            if (terminalStatuses.has(status)) assert.ok(polledAt !== null);
            return;
          }
          if (decision.kind === "poll") {
            polledAt = at;
            at += 1;
          } else {
            assert.ok(decision.until > at, "a wait is a wait");
            at = decision.until;
          }
        }
        assert.fail("asked for ever");
      },
    ),
  );
});

test("failures in a row make the wait longer, up to little more than an hour", () => {
  for (let failures = 1; failures < 40; failures++) {
    const [least, most] = [retryAt(failures, 0, 0), retryAt(failures, 0, 1)];
    assert.ok(least >= 45_000 && most <= 75 * 60_000);
    assert.ok(retryAt(failures + 1, 0, 0) >= least);
  }
});
