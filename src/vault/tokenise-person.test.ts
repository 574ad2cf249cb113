import assert from "node:assert/strict";
import { test } from "node:test";
import type { Category, Role } from "../domain/category.ts";
import { subkey } from "../domain/keyed-hash.ts";
import type { Notice } from "../domain/notice.ts";
import { indexKeys } from "./blind-index.ts";
import { keyPurposeOf, type KnownToken, laneCount, tokenise, type Tokenised } from "./tokenise.ts";

const derive = async (label: string): Promise<Buffer> => subkey(Buffer.alloc(32, 1), label);
const keys = await indexKeys({ derive }, "tenant-a");

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
const field = (category: Category, value: string, role: Role = "recipient") => ({ category, role, value });

/** A vault that knows these values, each as somebody's. */
function knowing(...values: readonly (readonly [category: Category, value: string, subject: string])[]) {
  const held = new Map<string, KnownToken>(
    values.map(([category, value, subject]) => [keys.blind(category, value), { token: `token of ${value}`, subject }]),
  );
  return (notice: Partial<Notice>): Tokenised => tokenise([{ ...empty, ...notice }], "gls", "eu1", keys, held);
}
const nameOf = ({ messages }: Tokenised, role: Role = "recipient"): string =>
  messages[0]!.personal.find((each) => each.category === "name" && each.role === role)!.subject;

test("the strongest identifier that is known says who a person is, wherever it stands; the others are linked", () => {
  const run = knowing(
    ["trackingNumber", "N1", "by number"],
    ["customerId", "C1", "by customer id"],
    ["phone", "+491", "by phone"],
    ["email", "a@b.c", "by e-mail"],
  );
  const fields = [field("name", "Ida"), field("customerId", "C1"), field("email", "a@b.c"), field("phone", "+491")];
  for (const order of [fields, fields.toReversed()]) {
    const done = run({ trackingNumber: "N1", fields: order });
    assert.equal(nameOf(done), "by e-mail");
    assert.deepEqual(done.links.map(({ subject, sameAs }) => `${subject} = ${sameAs}`).toSorted(), [
      "by e-mail = by customer id",
      "by e-mail = by number",
      "by e-mail = by phone",
    ]);
    assert.deepEqual([...done.named].toSorted(), ["by customer id", "by e-mail", "by number", "by phone"]);
    assert.deepEqual(done.claims, []);
  }
  assert.equal(nameOf(run({ trackingNumber: "N1", fields: [field("name", "Ida"), field("phone", "+491")] })), "by phone");
  assert.equal(nameOf(run({ trackingNumber: "N1", fields: [field("name", "Ida"), field("customerId", "C1")] })), "by customer id");
});

test("a number that is known, or its parent's, says who the recipient is, and nobody else", () => {
  const run = knowing(["trackingNumber", "N1", "recipient"]);
  const fields = [
    field("name", "Ida"),
    field("name", "Shop", "sender"),
    field("name", "Nachbar", "neighbour"),
    field("name", "Fahrer", "driver"),
  ];
  for (const number of [{ trackingNumber: "N1" }, { trackingNumber: "N2", parentNumber: "N1" }]) {
    const done = run({ ...number, fields });
    assert.equal(nameOf(done), "recipient");
    for (const role of ["sender", "neighbour", "driver"] as const) assert.notEqual(nameOf(done, role), "recipient", role);
  }
});

test("another party's identifier, and one that says nothing of a person, decide nothing", () => {
  const run = knowing(["email", "shop@b.c", "shop"], ["orderReference", "R1", "order"]);
  const done = run({
    orderReferences: ["R1"],
    fields: [field("name", "Ida"), field("email", "shop@b.c", "sender"), field("name", "Shop", "sender")],
  });
  assert.ok(!["shop", "order"].includes(nameOf(done)));
  assert.equal(nameOf(done, "sender"), "shop");
  assert.deepEqual(done.links, []);
});

test("a value that one record brings twice has one token; nobody is named where nothing was known", () => {
  const done = knowing()({
    trackingNumber: "N1",
    alternativeNumbers: ["N1"],
    fields: [field("name", "Ida"), field("name", "Ida"), field("email", "a@b.c")],
  });
  const [first, second] = done.messages[0]!.personal;
  assert.equal(first!.token, second!.token);
  assert.deepEqual(done.messages[0]!.alternatives, [done.messages[0]!.number]);
  assert.deepEqual([done.named, done.links], [[], []]);
  assert.deepEqual(new Set(done.claims.map(({ strength }) => strength)), new Set([1, 4]));
  assert.equal(done.groups.flatMap(({ fields }) => fields).length, 3);
});

test("texts and values are under the key of personal values, numbers under their own", () => {
  assert.deepEqual((["personal-values", "message-texts", "tracking-numbers"] as const).map(keyPurposeOf), [
    "personal-values",
    "personal-values",
    "tracking-numbers",
  ]);
});

test("a number's lane is the same under every key of the index, and a reference's too", async () => {
  const later = await indexKeys({ derive }, "tenant-a", [{ version: 2, rootEpoch: 1, isMoving: true }]);
  for (const notice of [
    ...Array.from({ length: 30 }, (_, at) => ({ trackingNumber: `N${at}` })),
    ...Array.from({ length: 30 }, (_, at) => ({ orderReferences: [`R${at}`] })),
  ]) {
    const [[before], [after]] = [keys, later].map((each) => tokenise([{ ...empty, ...notice }], "gls", "eu1", each, new Map()).lanes) as [
      number[],
      number[],
    ];
    assert.equal(after, before);
    assert.ok(before! >= 0 && before! < laneCount);
  }
});
