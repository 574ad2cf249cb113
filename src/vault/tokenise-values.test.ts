import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { categories, categoryNames } from "../domain/category.ts";
import { subkey } from "../domain/keyed-hash.ts";
import { indexKeys } from "./blind-index.ts";
import { parseToken, tokenOf } from "./token.ts";
import { tokenise, type KnownToken } from "./tokenise.ts";
import { type LooseValue, tokeniseValues } from "./tokenise-values.ts";

const provider = { derive: async (label: string) => subkey(Buffer.alloc(32, 7), label) };
const keys = await indexKeys(provider as never, "t1");
const nothing = () => undefined;
const run = (values: readonly LooseValue[], known: (blind: string) => KnownToken | undefined = nothing, seed: string | null = null) =>
  tokeniseValues(values, "eu1", keys, known, seed);

const loose = fc.record(
  { category: fc.constantFrom(...categoryNames), value: fc.constantFrom("1", "2", "3", "4"), person: fc.integer({ min: 0, max: 2 }) },
  { requiredKeys: ["category", "value"] },
) as fc.Arbitrary<LooseValue>;
const batch = fc.array(loose, { maxLength: 30 });

test("every value has a token of its category; equal identifiers share one, everything else has its own", () => {
  fc.assert(
    fc.property(batch, (values) => {
      const { tokens } = run(values);
      const owner = new Map<string, string>();
      for (const [at, { category, value }] of values.entries()) {
        assert.equal(parseToken(tokens[at]!)?.category, category);
        const identity = categories[category].deterministic ? `${category}|${value}` : `${category}|${at}`;
        assert.equal(owner.get(tokens[at]!) ?? identity, identity);
        owner.set(tokens[at]!, identity);
      }
      assert.equal(new Set(tokens).size, new Set(owner.values()).size);
    }),
  );
});

test("every new value is sealed once, at the place that its token names", () => {
  fc.assert(
    fc.property(batch, (values) => {
      const { tokens, groups, claims } = run(values);
      const sealed = new Map(
        groups.flatMap((group) => group.fields.map((field) => [tokenOf(group.id, field.position).toString("hex"), field])),
      );
      assert.equal(
        sealed.size,
        groups.reduce((sum, group) => sum + group.fields.length, 0),
      );
      assert.equal(new Set(tokens).size, sealed.size);
      for (const [at, { category, value }] of values.entries()) {
        const field = sealed.get(parseToken(tokens[at]!)!.bytes.toString("hex"))!;
        assert.deepEqual([field.category, field.value], [category, value]);
      }
      for (const claim of claims) for (const at of claim.values) assert.equal(tokens[at], claim.token);
    }),
  );
});

test("tracking numbers are in groups of their own", () => {
  const { groups } = run([
    { category: "trackingNumber", value: "1Z", person: 1 },
    { category: "name", value: "Ida", person: 1 },
  ]);
  assert.deepEqual(groups.map((group) => group.purpose).toSorted(), ["personal-values", "tracking-numbers"]);
  assert.equal(new Set(groups.map((group) => group.subject)).size, 1);
});

test("a value that is known keeps its token and is not sealed again; its person is known by it", () => {
  const held: KnownToken = { token: "ptk_known", subject: "00000000-0000-4000-8000-000000000009" };
  const known = (blind: string) => (blind === keys.blind("email", "ida@beispiel.de") ? held : undefined);
  const { tokens, groups, claims, identifiers } = run(
    [
      { category: "email", value: "IDA@beispiel.de", person: 4 },
      { category: "name", value: "Ida", person: 4 },
      { category: "name", value: "Ida" },
    ],
    known,
  );
  assert.equal(tokens[0], held.token);
  assert.deepEqual([claims.length, identifiers, groups.length], [0, 1, 2]);
  assert.deepEqual(
    groups.map((group) => group.subject === held.subject),
    [true, false],
  );
});

test("persons who share an identifier are one", () => {
  const { groups } = run([
    { category: "name", value: "Ida", person: 1 },
    { category: "phone", value: "+49151", person: 1 },
    { category: "name", value: "I. M.", person: 2 },
    { category: "phone", value: "0049151", person: 2 },
    { category: "phone", value: "+49 151" },
  ]);
  assert.equal(groups.length, 1);
  assert.equal(groups[0]!.fields.length, 3);
});

test("a seed repeats every token, whatever has become known since", () => {
  fc.assert(
    fc.property(batch, fc.boolean(), (values, settled) => {
      const first = run(values, nothing, "key|content");
      const subjects = new Map(first.claims.map((claim) => [claim.entry.blind, { token: claim.token, subject: claim.subject }]));
      const again = run(values, (blind) => (settled ? subjects.get(blind) : undefined), "key|content");
      assert.deepEqual(again.tokens, first.tokens);
      const other = run(values, nothing, "other");
      for (const [at, token] of other.tokens.entries()) assert.notEqual(token, first.tokens[at]);
    }),
  );
});

test("more values of one person than a group holds go into a second group of the same person", () => {
  const { groups, tokens } = run(Array.from({ length: 300 }, (_, at) => ({ category: "name", value: `n${at}`, person: 1 })));
  assert.deepEqual(
    groups.map((group) => group.fields.length),
    [256, 44],
  );
  assert.equal(new Set(groups.map((group) => group.subject)).size, 1);
  assert.equal(new Set(tokens).size, 300);
});

test("a record's identifier has the blind index of a loose value's", () => {
  const notice = {
    kind: "fulfilment",
    carrier: null,
    trackingNumber: "1Z 999",
    discriminator: null,
    alternativeNumbers: [],
    parentNumber: null,
    orderReferences: [],
    events: [],
    summary: null,
    estimatedDelivery: null,
    fields: [{ category: "phone", role: "recipient", value: "+49 151" }],
  } as const;
  const ofRecord = tokenise([notice], "api", "eu1", keys, new Map()).claims.map((claim) => claim.entry.blind);
  const ofBatch = run([
    { category: "phone", value: "0049151" },
    { category: "trackingNumber", value: "1z999" },
  ]).claims.map((claim) => claim.entry.blind);
  assert.deepEqual(ofBatch.toSorted(), ofRecord.toSorted());
});

/** A vault that knows these values, each as somebody's. */
function knowing(...values: readonly (readonly [category: LooseValue["category"], value: string, subject: string])[]) {
  const held = new Map<string, KnownToken>(
    values.map(([category, value, subject]) => [keys.blind(category, value), { token: `token of ${value}`, subject }]),
  );
  return (blind: string): KnownToken | undefined => held.get(blind);
}

test("the strongest identifier of a person that is known says who that is, wherever it stands, and links the others", () => {
  const known = knowing(["phone", "+491", "by phone"], ["email", "a@b.c", "by e-mail"], ["customerId", "C1", "by customer id"]);
  const values: LooseValue[] = [
    { category: "customerId", value: "C1", person: 1 },
    { category: "email", value: "a@b.c", person: 1 },
    { category: "phone", value: "+491", person: 1 },
    { category: "name", value: "Ida", person: 1 },
  ];
  for (const order of [values, values.toReversed()]) {
    const done = run(order, known);
    assert.deepEqual(
      done.groups.map(({ subject }) => subject),
      ["by e-mail"],
    );
    assert.deepEqual([...done.met], [["by e-mail", 1]]);
    assert.deepEqual(done.links.map(({ subject, sameAs }) => `${subject} = ${sameAs}`).toSorted(), [
      "by e-mail = by customer id",
      "by e-mail = by phone",
    ]);
    assert.deepEqual([done.claims, done.identifiers], [[], 3]);
  }
});

test("a known identifier without a person says nothing of anybody else; each such value is somebody of its own", () => {
  const known = knowing(["email", "a@b.c", "somebody"]);
  const done = run(
    [
      { category: "email", value: "a@b.c" },
      { category: "name", value: "Ida" },
      { category: "name", value: "Ben" },
    ],
    known,
  );
  assert.equal(new Set(done.groups.map(({ subject }) => subject)).size, 2);
  assert.ok(!done.groups.some(({ subject }) => subject === "somebody"));
  assert.deepEqual([[...done.met], done.links], [[], []]);
});

test("one subject for all of a person's values that are new, and for two persons who share an identifier", () => {
  const values: LooseValue[] = [
    { category: "name", value: "Ida", person: 1 },
    { category: "phone", value: "+491", person: 1 },
    { category: "phone", value: "+491", person: 2 },
    { category: "name", value: "Ida M", person: 2 },
    { category: "trackingNumber", value: "N1", person: 2 },
    { category: "name", value: "Ben", person: 3 },
  ];
  const done = run(values);
  const subjectOf = (value: string) => done.groups.find(({ fields }) => fields.some((field) => field.value === value))!.subject;
  assert.deepEqual(new Set(["Ida", "+491", "Ida M", "N1"].map(subjectOf)).size, 1);
  assert.notEqual(subjectOf("Ben"), subjectOf("Ida"));
  assert.deepEqual(
    done.claims.map(({ category, strength }) => [category, strength]),
    [
      ["phone", 2],
      ["trackingNumber", 4],
    ],
  );
});

test("a batch is repeated under its seed alone: another seed, tenant or no seed gives other tokens", async () => {
  const values: LooseValue[] = [{ category: "name", value: "Ida" }];
  const tokenUnder = (seed: string | null, index = keys): string => tokeniseValues(values, "eu1", index, nothing, seed).tokens[0]!;
  const other = await indexKeys(provider as never, "t2");
  assert.equal(tokenUnder("a"), tokenUnder("a"));
  assert.equal(new Set([tokenUnder("a"), tokenUnder("b"), tokenUnder("a", other), tokenUnder(null), tokenUnder(null)]).size, 5);
  const two = run([...values, ...values], nothing, "a").groups.map(({ id }) => id.toString("hex"));
  assert.equal(new Set(two).size, 2);
});
