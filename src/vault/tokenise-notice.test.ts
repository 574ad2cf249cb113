import assert from "node:assert/strict";
import { test } from "node:test";
import type { Role } from "../domain/category.ts";
import { subkey } from "../domain/keyed-hash.ts";
import type { EventNotice, Notice } from "../domain/notice.ts";
import { indexKeys } from "./blind-index.ts";
import type { SealingKeys } from "./keys/provider.ts";
import { type KnownTokens, laneCount, tokenise } from "./tokenise.ts";

const keys = await indexKeys({ derive: async (label: string) => subkey(Buffer.alloc(32, 1), label) } as SealingKeys, "tenant-a");

const empty: Notice = {
  kind: "tracking",
  carrier: "gls",
  trackingNumber: null,
  discriminator: null,
  alternativeNumbers: [],
  parentNumber: null,
  orderReferences: [],
  events: [],
  summary: null,
  estimatedDelivery: null,
  fields: [],
};
const event = (text: string | null): EventNotice => ({
  status: "in_transit",
  reason: null,
  code: null,
  time: null,
  country: "NL",
  identity: `at ${text}`,
  text,
});
const run = (notice: Partial<Notice>, known: KnownTokens = new Map()) => tokenise([{ ...empty, ...notice }], "gls", "eu1", keys, known);
const message = (notice: Partial<Notice>) => run(notice).messages[0]!;

test("payer, signatory and pickup point count as the recipient; sender, neighbour and driver are persons of their own", () => {
  const roles: readonly Role[] = ["recipient", "payer", "signatory", "pickup_point", "sender", "neighbour", "driver"];
  const { personal } = message({ fields: roles.map((role) => ({ category: "name", role, value: role })) });
  const subjectOf = new Map(personal.map(({ role, subject }) => [role, subject]));
  for (const role of ["payer", "signatory", "pickup_point"] as const) assert.equal(subjectOf.get(role), subjectOf.get("recipient"));
  assert.equal(new Set(subjectOf.values()).size, 4);
});

test("a lane follows the number, else the reference, else it is the first", () => {
  const laneOf = (notice: Partial<Notice>) => run(notice).lanes[0]!;
  const numbers = Array.from({ length: 200 }, (_, at) => laneOf({ trackingNumber: `N${at}`, orderReferences: ["R"] }));
  assert.ok(new Set(numbers).size > laneCount / 2);
  assert.ok(numbers.every((lane) => Number.isInteger(lane) && lane >= 0 && lane < laneCount));
  assert.equal(laneOf({ trackingNumber: "N1", orderReferences: ["A"] }), laneOf({ trackingNumber: "n-1", orderReferences: ["B"] }));
  assert.ok(new Set(Array.from({ length: 50 }, (_, at) => laneOf({ orderReferences: [`R${at}`] }))).size > 1);
  assert.equal(laneOf({}), 0);
});

test("what is not there stays null, and what is there is a fingerprint or a token", () => {
  const nothing = message({});
  assert.deepEqual([nothing.number, nothing.discriminator, nothing.parent, nothing.textToken], [null, null, null, null]);
  const all = message({ trackingNumber: "N1", discriminator: "d", parentNumber: "P1", events: [event(null), event("left")] });
  assert.match(all.number!, /^ptk_eu1_tn1_/);
  assert.match(all.parent!, /^ptk_eu1_tn1_/);
  assert.notEqual(all.parent, all.number);
  assert.equal(all.discriminator, keys.fingerprint("d"));
  assert.match(all.textToken!, /^ptk_eu1_ft1_/);
  assert.deepEqual(
    all.events.map(({ status, country, fingerprint }) => [status, country, fingerprint]),
    [
      ["in_transit", "NL", keys.fingerprint("at null")],
      ["in_transit", "NL", keys.fingerprint("at left")],
    ],
  );
});

test("the texts of all events are one value, in the events' order", () => {
  const values = run({ events: [event(null), event("left"), event("")] }).groups.flatMap((group) => group.fields);
  assert.deepEqual(
    values.filter(({ category }) => category === "freeText").map(({ value }) => value),
    ['["","left",""]'],
  );
  assert.equal(message({ events: [event(null), event("")] }).textToken, null);
});

test("a value that stands twice in a notice gets one token and is sealed once", () => {
  const fields = [
    { category: "name", role: "recipient", value: "Ida" },
    { category: "name", role: "recipient", value: "Ida" },
  ] as const;
  const { messages, groups } = run({ fields });
  assert.equal(messages[0]!.personal[0]!.token, messages[0]!.personal[1]!.token);
  assert.equal(groups.flatMap((group) => group.fields).length, 1);
});

test("a known value is not claimed again", () => {
  const known = new Map([[keys.blind("trackingNumber", "N1"), { token: "KNOWN", subject: "person" }]]);
  const { messages, claims, groups } = run({ trackingNumber: "N1" }, known);
  assert.equal(messages[0]!.number, "KNOWN");
  assert.deepEqual(claims, []);
  assert.deepEqual(
    groups.flatMap((group) => group.fields),
    [],
  );
});

test("identifiers are claimed by how strongly they say who a person is", () => {
  const { claims } = run({
    trackingNumber: "N1",
    orderReferences: ["R1"],
    fields: [
      { category: "customerId", role: "recipient", value: "c" },
      { category: "phone", role: "recipient", value: "+491" },
      { category: "email", role: "recipient", value: "e@x.test" },
    ],
  });
  const strength = Object.fromEntries(claims.map((claim) => [claim.category, claim.strength]));
  assert.deepEqual(strength, { email: 1, phone: 2, customerId: 3, trackingNumber: 4, orderReference: 9 });
});

test("a group holds 256 values, and one more is refused", () => {
  const fields = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ category: "name", role: "recipient", value: `n${at}` }) as const);
  assert.equal(run({ fields: fields(256) }).groups[0]!.fields.length, 256);
  assert.throws(() => run({ fields: fields(257) }), RangeError);
});

test("persons who were known as two and stand for one party are linked, the one with the stronger identifier first", () => {
  const known = new Map([
    [keys.blind("email", "e@x.test"), { token: "E", subject: "person-1" }],
    [keys.blind("trackingNumber", "N1"), { token: "N", subject: "person-2" }],
    [keys.blind("trackingNumber", "P1"), { token: "P", subject: "person-2" }],
  ]);
  const notice = {
    trackingNumber: "N1",
    parentNumber: "P1",
    fields: [{ category: "email", role: "recipient", value: "e@x.test" }],
  } as const;
  assert.deepEqual(run(notice, known).links, [{ subject: "person-1", sameAs: "person-2" }]);
  assert.deepEqual(run({ trackingNumber: "N1", parentNumber: "P1" }, known).links, []);
});
