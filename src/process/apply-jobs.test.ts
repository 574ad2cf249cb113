import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ShipmentIndex, shipmentsOf } from "../../test/support/shipment-index.ts";
import type { Message } from "../domain/message.ts";
import { packMessage } from "../domain/packed-message.ts";
import { packShipment } from "../domain/packed-shipment.ts";
import { someMessage } from "../domain/shipment.arbitrary.ts";
import type { ShipmentState } from "../domain/shipment.ts";
import { applyJobs, readJobs, shipmentsOfNumberMax } from "./apply-jobs.ts";

const plain: Message = {
  version: 1,
  kind: "tracking",
  source: "ups",
  carrier: "ups",
  number: "a",
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

/** Few numbers, carriers and discriminators, so that they meet often; many messages name two numbers. */
const someNumber = fc.constantFrom("a", "b", "c", "d", "e");
const someNumberedMessage = fc
  .tuple(
    someMessage,
    fc.option(someNumber, { freq: 12 }),
    fc.array(someNumber, { maxLength: 2 }),
    fc.constantFrom(null, null, "d1", "d2"),
    fc.constantFrom(null, "ups" as const, "postnl" as const),
  )
  .map(([message, number, alternatives, discriminator, carrier]): Message => ({
    ...message,
    number,
    alternatives,
    discriminator,
    carrier,
  }));

const inOrder = (states: Iterable<ShipmentState>): readonly string[] => Array.from(states, packShipment).sort();

function turnsOf(messages: readonly Message[], choices: Iterator<number>): readonly (readonly Message[])[] {
  const choose = (below: number): number => (choices.next().value as number) % below;
  const arrivals: Message[] = [];
  for (const message of [...messages, ...messages.filter(() => choose(4) === 0)]) arrivals.splice(choose(arrivals.length + 1), 0, message);
  const turns: Message[][] = [];
  while (arrivals.length > 0) turns.push(arrivals.splice(0, 1 + choose(5)));
  return turns;
}

test("any order and any grouping of messages ends in the same shipments, which are those of the set", () => {
  fc.assert(
    fc.property(fc.array(someNumberedMessage, { maxLength: 14 }), fc.infiniteStream(fc.nat()), (messages, choices) => {
      const index = new ShipmentIndex();
      for (const turn of turnsOf(messages, choices)) index.turn(turn);
      assert.deepEqual(inOrder(index.shown().values()), inOrder(shipmentsOf(messages)));
    }),
    { numRuns: 2000 },
  );
});

test("an id that was once shown goes on being answered, by a shipment that has its numbers", () => {
  fc.assert(
    fc.property(fc.array(someNumberedMessage, { maxLength: 14 }), fc.infiniteStream(fc.nat()), (messages, choices) => {
      const index = new ShipmentIndex();
      const numbersOf = new Map<string, readonly string[]>();
      for (const turn of turnsOf(messages, choices)) {
        const touched = index.turn(turn);
        for (const [at, message] of turn.entries())
          if (message.number !== null) assert.ok(touched[at]!.some((id) => index.answer(id).numbers.includes(message.number!)));
        for (const [id, { numbers }] of index.shown()) numbersOf.set(id, numbers);
      }
      for (const [id, numbers] of numbersOf) for (const number of numbers) assert.ok(index.answer(id).numbers.includes(number));
    }),
    { numRuns: 500 },
  );
});

test("a message that names the numbers of two shipments makes them one, and the older one goes on", () => {
  const index = new ShipmentIndex();
  const [[first], [second]] = index.turn([plain, { ...plain, number: "b", references: ["r"] }]) as [[string], [string]];
  const [touched] = index.turn([{ ...plain, number: "b", alternatives: ["a"] }]);
  assert.deepEqual(touched, [first]);
  assert.deepEqual([...index.shown().keys()], [first]);
  assert.deepEqual([index.answer(second).numbers, index.answer(second).references], [["a", "b"], ["r"]]);
});

test("two parcels under one number stay two where carrier or discriminator tell them apart", () => {
  const index = new ShipmentIndex();
  index.turn([plain, { ...plain, carrier: "postnl" }]);
  index.turn([
    { ...plain, carrier: "fedex", discriminator: "d1" },
    { ...plain, carrier: "fedex", discriminator: "d2" },
  ]);
  assert.equal(index.shown().size, 4);
});

test("a parcel keeps its id when its carrier becomes known", () => {
  const index = new ShipmentIndex();
  const [announced] = index.turn([{ ...plain, kind: "fulfilment", source: "shopify", carrier: null, references: ["r"] }]);
  assert.deepEqual(index.turn([plain]), [announced]);
  assert.deepEqual(index.turn([{ ...plain, discriminator: "d1" }]), [announced]);
  const [[id, state]] = [...index.shown()] as [[string, ShipmentState]];
  assert.deepEqual([[id], state.carrier, state.references], [announced, "ups", ["r"]]);
});

test("what was said of a number in general is shown with every parcel of that number, also one that comes later", () => {
  const index = new ShipmentIndex();
  index.turn([{ ...plain, kind: "fulfilment", source: "shopify", carrier: null, references: ["r"] }]);
  index.turn([plain]);
  index.turn([{ ...plain, carrier: "postnl" }]);
  const shown = new Map(Array.from(index.shown().values(), ({ carrier, references }) => [carrier, references]));
  assert.deepEqual([shown.get("postnl"), shown.get("ups"), shown.size], [["r"], ["r"], 2]);
});

test("tenants do not meet, whatever their numbers", () => {
  const index = new ShipmentIndex();
  index.turn([plain], "one");
  index.turn([plain], "two");
  assert.equal(index.shown().size, 2);
});

test("a message that cannot be read goes to the dead letters and the others go on", () => {
  const jobs = ["{", "null", '{"v":2}', '{"v":1,"events":3}', packMessage(plain)].map((message) => ({
    tenant: "t",
    message,
  }));
  const applied = applyJobs(readJobs(jobs), [], () => "id");
  assert.deepEqual(
    applied.failed.map(({ job }) => job),
    [0, 1, 2, 3],
  );
  assert.deepEqual(applied.touched, [[], [], [], [], ["id"]]);
});

test("a number under which there are too many shipments gets no more of them; those that there are go on", () => {
  const index = new ShipmentIndex();
  const one = (serial: number): Message => ({ ...plain, discriminator: `d${serial}` });
  index.turn(Array.from({ length: shipmentsOfNumberMax + 10 }, (_, serial) => one(serial)));
  assert.equal(index.shown().size, shipmentsOfNumberMax);
  assert.equal(index.turn([{ ...one(0), references: ["r"] }])[0]!.length, 1);
  assert.deepEqual(index.turn([one(shipmentsOfNumberMax + 1)]), [[]]);
});

test("a message without a number touches no shipment", () => {
  const applied = applyJobs(readJobs([{ tenant: "t", message: packMessage({ ...plain, number: null }) }]), [], () => "id");
  assert.deepEqual([applied.writes, applied.touched, applied.failed], [[], [[]], []]);
});
