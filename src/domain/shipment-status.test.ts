import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { someEvent, someTime } from "./shipment.arbitrary.ts";
import { compareStrength, deriveStatus } from "./shipment-status.ts";
import type { StoredEvent, StoredSummary } from "./statement.ts";
import type { Status, StatusReason } from "./status.ts";
import { carrierTime, orderingInstant } from "./time.ts";

let serial = 0;
function event(status: Status, clock: string | null, reason: StatusReason | null = null): StoredEvent {
  const time = clock === null ? null : carrierTime(`2026-03-01T${clock}:00Z`);
  return { status, reason, code: null, time, country: null, source: "ups", fingerprint: `f${serial++}`, at: time && orderingInstant(time) };
}
function summary(status: Status, clock: string | null, reason: StatusReason | null = null): StoredSummary {
  const { fingerprint: _, country: __, ...rest } = event(status, clock, reason);
  return rest;
}
const statusOf = (...statements: (StoredEvent | StoredSummary)[]): Status =>
  deriveStatus(
    statements.filter((each) => "fingerprint" in each),
    statements.filter((each): each is StoredSummary => !("fingerprint" in each)),
  ).status;

test("rule 1: an event and a summary count alike, each at its own time", () => {
  assert.equal(statusOf(event("in_transit", "10:00"), summary("out_for_delivery", "11:00")), "out_for_delivery");
  assert.equal(statusOf(event("out_for_delivery", "12:00"), summary("in_transit", "11:00")), "out_for_delivery");
  const statement = { ...event("exception", "10:00", "carrier:delayed"), code: "X9" };
  const derived = deriveStatus([statement], []);
  assert.deepEqual(derived, { status: "exception", reason: "carrier:delayed", code: "X9", time: statement.time });
});

test("rule 2: nothing that is not terminal undoes a terminal status", () => {
  assert.equal(statusOf(event("delivered", "10:00"), event("in_transit", "18:00")), "delivered");
  assert.equal(statusOf(event("returned", "10:00"), summary("out_for_delivery", "18:00")), "returned");
  assert.equal(statusOf(summary("delivered", null), event("in_transit", "18:00")), "delivered", "even without a time");
});

test("rule 3: unknown and not_found never override a real status", () => {
  assert.equal(statusOf(event("info_received", null), event("unknown", "10:00"), summary("not_found", "12:00")), "info_received");
  assert.equal(statusOf(event("unknown", "10:00"), summary("not_found", "10:00")), "not_found");
});

test("rule 4: an untimed statement decides only where nothing of its class has a time", () => {
  assert.equal(statusOf(event("in_transit", "10:00"), summary("out_for_delivery", null)), "in_transit");
  assert.equal(statusOf(event("unknown", "10:00"), summary("out_for_delivery", null)), "out_for_delivery");
  assert.equal(statusOf(event("delivered", null), event("returned", "10:00")), "returned");
});

test("rule 5: the later statement wins, also among terminal ones", () => {
  assert.equal(statusOf(event("exception", "10:00"), event("in_transit", "11:00")), "in_transit");
  assert.equal(statusOf(event("delivered", "10:00"), event("returned", "11:00")), "returned");
  assert.equal(statusOf(event("returned", "10:00"), event("delivered", "11:00")), "delivered");
});

test("rule 6: at one instant, and without times, the higher rank wins", () => {
  assert.equal(statusOf(event("out_for_delivery", "10:00"), event("in_transit", "10:00")), "out_for_delivery");
  assert.equal(statusOf(event("in_transit", null), event("info_received", null), summary("out_for_delivery", null)), "out_for_delivery");
});

test("rule 7: then one with a reason wins, then the event, then the higher fingerprint", () => {
  const signed = summary("delivered", "10:00", "delivered:signed");
  assert.equal(deriveStatus([event("delivered", "10:00")], [signed]).reason, "delivered:signed");
  const coded = { ...event("delivered", "10:00"), code: "EVENT" };
  assert.equal(deriveStatus([coded], [{ ...summary("delivered", "10:00"), code: "SUMMARY" }]).code, "EVENT");
  const [low, high] = [
    { ...coded, fingerprint: "a", code: "LOW" },
    { ...coded, fingerprint: "b", code: "HIGH" },
  ];
  assert.equal(deriveStatus([low, high], []).code, "HIGH");
});

test("rule 8: a shipment that only a shop announced is info_received without a reason", () => {
  const announced = { status: "info_received", reason: null, code: null, time: null };
  assert.deepEqual(deriveStatus([], [], true), announced);
  assert.deepEqual(deriveStatus([event("unknown", "10:00")], [summary("not_found", "10:00")], true), announced);
  assert.equal(deriveStatus([event("in_transit", "10:00")], [], true).status, "in_transit");
});

test("rule 9: nothing said is unknown", () => {
  assert.deepEqual(deriveStatus([], []), { status: "unknown", reason: null, code: null, time: null });
});

test("strength is a total order on contents", () => {
  const stated = fc.tuple(someEvent, someTime, fc.boolean()).map(([each, time, isSummary]): StoredEvent | StoredSummary => {
    const { fingerprint, country, ...meaning } = { ...each, time };
    const common = { ...meaning, source: "ups", at: time && orderingInstant(time) };
    return isSummary ? common : { ...common, fingerprint, country };
  });
  fc.assert(
    fc.property(stated, stated, stated, (a, b, c) => {
      assert.equal(Math.sign(compareStrength(a, b)), 0 - Math.sign(compareStrength(b, a)));
      if (compareStrength(a, b) <= 0 && compareStrength(b, c) <= 0) assert.ok(compareStrength(a, c) <= 0);
      if (compareStrength(a, b) === 0) assert.deepEqual(a, b);
    }),
    { numRuns: 2000 },
  );
});
