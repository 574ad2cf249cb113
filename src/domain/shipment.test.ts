import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Message, MessageEvent } from "./message.ts";
import { packShipment, unpackShipment } from "./packed-shipment.ts";
import { someMessage } from "./shipment.arbitrary.ts";
import { deriveStatus } from "./shipment-status.ts";
import { addSayings, foldMessages, shipmentEventsMax, shipmentPersonalMax, shipmentPersonalOfKindMax } from "./shipment.ts";
import type { ShipmentState } from "./shipment.ts";
import { storedEvents, storedSummaries } from "./statement.ts";
import { statuses, terminalStatuses } from "./status.ts";
import { carrierTime, epochTime } from "./time.ts";

const empty: Message = {
  version: 1,
  kind: "tracking",
  source: "ups",
  carrier: null,
  number: null,
  discriminator: null,
  alternatives: [],
  parent: null,
  references: [],
  events: [],
  summary: null,
  estimatedDelivery: null,
  personal: [],
  textToken: null,
};
const stored = (state: ShipmentState): ShipmentState => unpackShipment(packShipment(state));

/** Adds the messages in a random order, in groups of random size, some of them twice, to several shipments that are stored and merged in between. */
function arriveSomehow(messages: readonly Message[], choices: Iterator<number>): ShipmentState {
  const choose = (below: number): number => (choices.next().value as number) % below;
  const repeats = messages.filter(() => choose(3) === 0);
  const arrivals: Message[] = [];
  for (const message of [...messages, ...repeats]) arrivals.splice(choose(arrivals.length + 1), 0, message);
  const parts: ShipmentState[] = [foldMessages(null, [])];
  while (arrivals.length > 0) {
    const part = choose(parts.length + 1);
    const before = parts[part];
    parts[part] = foldMessages(before === undefined ? null : stored(before), arrivals.splice(0, 1 + choose(4)));
    if (choose(4) === 0) parts.push(addSayings(parts.shift()!, parts.splice(0, choose(parts.length + 1)).map(stored)));
  }
  return addSayings(parts[0]!, parts.slice(1));
}

test("order of arrival, grouping and repeats do not change a shipment", () => {
  fc.assert(
    fc.property(fc.array(someMessage, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (messages, choices) => {
      assert.deepEqual(arriveSomehow(messages, choices), foldMessages(null, messages));
    }),
    { numRuns: 500 },
  );
});

const manyEvents = (seed: number): readonly MessageEvent[] =>
  Array.from({ length: 450 }, (_, at) => {
    const mixed = Math.imul(seed * 450 + at, 2_654_435_761) >>> 0;
    const time = mixed % 11 === 0 ? null : epochTime(1_770_000_000 + (mixed % 300) * 60);
    const status = mixed % 400 === 7 ? "delivered" : statuses[mixed % 8]!;
    return { status, reason: null, code: null, time, country: null, fingerprint: (mixed % 4000).toString(16).padStart(24, "0") };
  });

test("order of arrival, grouping and repeats do not change a shipment that is over its bounds", () => {
  const message = fc.nat({ max: 40 }).map((seed): Message => {
    const personal = Array.from({ length: 60 }, (_, at) => ({
      category: "name" as const,
      role: "recipient" as const,
      token: `t${seed}-${at}`,
      subject: "s",
    }));
    return { ...empty, events: manyEvents(seed), personal, kind: seed % 9 === 0 ? "order" : "tracking", textToken: `x${seed}` };
  });
  fc.assert(
    fc.property(fc.array(message, { minLength: 4, maxLength: 8 }), fc.infiniteStream(fc.nat()), (messages, choices) => {
      const atOnce = foldMessages(null, messages);
      assert.deepEqual(arriveSomehow(messages, choices), atOnce);
      assert.ok(atOnce.events.length <= shipmentEventsMax && atOnce.personal.length <= shipmentPersonalMax);
      const tracking = messages.filter(({ kind }) => kind === "tracking");
      const all = deriveStatus(tracking.flatMap(storedEvents), tracking.flatMap(storedSummaries), atOnce.announced);
      assert.equal(atOnce.status, all.status, "a bound changed the status");
      assert.deepEqual(atOnce.statusAt, all.time);
    }),
    { numRuns: 25 },
  );
});

test("keeps terminal events and the newest when there are too many", () => {
  const event = (at: number, status: MessageEvent["status"]): MessageEvent => ({
    status,
    reason: null,
    code: null,
    time: epochTime(1_700_000_000 + at * 60),
    country: null,
    fingerprint: `f${at}`,
  });
  const events = [event(0, "delivered"), ...Array.from({ length: shipmentEventsMax + 5 }, (_, at) => event(at + 1, "in_transit"))];
  const state = foldMessages(null, [
    { ...empty, events: events.slice(0, 600) },
    { ...empty, events: events.slice(600) },
  ]);
  const kept = new Set(state.events.map(({ fingerprint }) => fingerprint));
  assert.equal(kept.size, shipmentEventsMax);
  assert.equal(state.events.filter(({ status }) => terminalStatuses.has(status)).length, 1);
  assert.ok(kept.has(`f${shipmentEventsMax + 5}`) && !kept.has("f1"));
});

test("returns the state itself when messages add nothing", () => {
  fc.assert(
    fc.property(fc.array(someMessage, { minLength: 1, maxLength: 6 }), (messages) => {
      const held = stored(foldMessages(null, messages));
      assert.equal(foldMessages(held, messages), held);
      assert.equal(foldMessages(held, []), held);
      assert.equal(addSayings(held, [stored(held)]), held);
    }),
  );
});

test("an event that is sent again is the same event", () => {
  const event: MessageEvent = { status: "in_transit", reason: null, code: "X", time: null, country: "DE", fingerprint: "a" };
  const corrected: MessageEvent = { ...event, time: carrierTime("2026-03-01T10:00:00Z") };
  const state = foldMessages(null, [
    { ...empty, events: [event] },
    { ...empty, events: [corrected, event] },
  ]);
  assert.deepEqual(
    state.events.map(({ time }) => time?.text),
    ["2026-03-01T10:00:00Z"],
  );
});

test("keeps one summary per source and instant, the stronger one", () => {
  const summary = { reason: null, code: null, time: carrierTime("2026-03-01T10:00:00Z") };
  const state = foldMessages(null, [
    { ...empty, summary: { ...summary, status: "in_transit" } },
    { ...empty, summary: { ...summary, status: "out_for_delivery" } },
    { ...empty, source: "aftership", summary: { ...summary, status: "in_transit" } },
  ]);
  assert.deepEqual(
    state.summaries.map(({ source, status }) => [source, status]),
    [
      ["ups", "out_for_delivery"],
      ["aftership", "in_transit"],
    ],
  );
});

test("a shop's message adds references, numbers and persons, announces the shipment and says nothing about its progress", () => {
  const personal = [{ category: "name", role: "recipient", token: "t1", subject: "s1" }] as const;
  const summary = { status: "delivered", reason: null, code: null, time: null } as const;
  const state = foldMessages(null, [
    { ...empty, kind: "fulfilment", number: "n1", references: ["r1"], personal, summary, source: "shopify" },
  ]);
  assert.deepEqual([state.status, state.reason, state.statusAt], ["info_received", null, null]);
  assert.deepEqual([state.numbers, state.references, state.personal.map(({ token }) => token)], [["n1"], ["r1"], ["t1"]]);
  assert.deepEqual(state.summaries, []);
});

test("a carrier's word about itself beats what others say of it", () => {
  const claims = [
    { ...empty, source: "aftership", carrier: "bpost" as const },
    { ...empty, source: "ups", carrier: "ups" as const },
  ];
  assert.equal(foldMessages(null, claims).carrier, "ups");
  assert.equal(foldMessages(null, claims.slice(0, 1)).carrier, "bpost");
  assert.equal(foldMessages(null, [empty]).carrier, null);
});

test("the estimate of the message that knew the newest event holds", () => {
  const message = (event: string, estimate: string): Message => ({
    ...empty,
    events: [{ status: "in_transit", reason: null, code: null, time: carrierTime(event), country: null, fingerprint: event }],
    estimatedDelivery: carrierTime(estimate),
  });
  const state = foldMessages(null, [message("2026-03-02T10:00:00Z", "2026-03-04"), message("2026-03-01T10:00:00Z", "2026-03-09")]);
  assert.equal(state.estimatedDelivery?.local, "2026-03-04T00:00:00");
});

test("a shop's personal tokens outlive a flood of a carrier's", () => {
  const token = (text: string) => ({ category: "street", role: "recipient", token: text, subject: "s" }) as const;
  const flood = Array.from({ length: shipmentPersonalMax + 10 }, (_, at) => token(`a${at}`));
  const state = foldMessages(null, [
    { ...empty, personal: flood },
    { ...empty, kind: "order", personal: [token("z")] },
  ]);
  assert.equal(state.personal.length, shipmentPersonalOfKindMax);
  assert.equal(state.personal[0]?.token, "z");
});

test("goes by the number that its carrier calls it, then by that of whoever tracks it, then by the shop's", () => {
  const shop: Message = { ...empty, source: "shopify", kind: "fulfilment", number: "a" };
  const aggregator: Message = { ...empty, source: "aftership", carrier: "ups", number: "b", alternatives: ["a"] };
  const carrier: Message = { ...empty, carrier: "ups", number: "c", alternatives: ["b"] };
  assert.equal(foldMessages(null, [shop]).mainNumber?.token, "a");
  assert.equal(foldMessages(null, [shop, aggregator]).mainNumber?.token, "b");
  assert.equal(foldMessages(null, [shop, aggregator, carrier]).mainNumber?.token, "c");
  assert.deepEqual(foldMessages(null, [shop, aggregator, carrier]).numbers, ["a", "b", "c"]);
});

test("is stored in a form that gives back all of it", () => {
  fc.assert(
    fc.property(fc.array(someMessage, { maxLength: 12 }), (messages) => {
      const state = foldMessages(null, messages);
      assert.deepEqual(stored(state), state);
    }),
  );
});
