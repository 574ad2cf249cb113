import assert from "node:assert/strict";
import { test } from "node:test";
import type { Notice } from "../domain/notice.ts";
import { indexKeys } from "./blind-index.ts";
import type { SealingKeys } from "./keys/provider.ts";
import { subkey } from "../domain/keyed-hash.ts";
import { type KnownToken, type KnownTokens, tokenise } from "./tokenise.ts";

const sealing: Pick<SealingKeys, "derive"> = {
  derive: async (label) => subkey(Buffer.alloc(32, 1), label),
};
const keys = await indexKeys(sealing, "tenant-a");

const notice: Notice = {
  kind: "tracking",
  carrier: "gls",
  trackingNumber: "36301917596",
  discriminator: null,
  alternativeNumbers: ["ALT-1"],
  parentNumber: null,
  orderReferences: ["A-1"],
  events: [
    {
      status: "delivered",
      reason: null,
      code: null,
      time: null,
      country: "DE",
      identity: "Musterstadt|delivered",
      text: "Left with Ida Musterweg",
    },
  ],
  summary: null,
  estimatedDelivery: null,
  fields: [
    { category: "name", role: "recipient", value: "Ida Musterweg" },
    { category: "email", role: "recipient", value: "Ida@Beispiel.test" },
    { category: "name", role: "neighbour", value: "Jonas Beispiel" },
  ],
};
const run = (known: KnownTokens = new Map()) => tokenise([notice], "gls", "eu1", keys, known);

test("a message holds none of the notice's plaintext", () => {
  const text = JSON.stringify(run().messages);
  for (const value of ["36301917596", "ALT-1", "A-1", "Musterweg", "Beispiel", "Musterstadt"])
    assert.doesNotMatch(text, new RegExp(value, "i"));
});

test("everything that got a token is sealed, each person apart", () => {
  const { groups } = run();
  assert.deepEqual(
    groups.map((group) => group.fields.map((field) => field.value)),
    [["36301917596", "ALT-1"], ["A-1", "Ida Musterweg", "Ida@Beispiel.test"], ["Jonas Beispiel"], ['["Left with Ida Musterweg"]']],
  );
  assert.deepEqual(
    groups.map((group) => group.purpose),
    ["tracking-numbers", "personal-values", "personal-values", "message-texts"],
  );
  assert.equal(groups[0]!.subject, groups[1]!.subject);
  assert.equal(groups[0]!.subject, groups[3]!.subject);
  assert.notEqual(groups[0]!.subject, groups[2]!.subject);
});

test("only near-unique identifiers are claimed; names are fresh each time", () => {
  const { claims } = run();
  assert.deepEqual(
    claims.map((claim) => claim.category),
    ["trackingNumber", "trackingNumber", "orderReference", "email"],
  );
  const nameOf = () => run().messages[0]!.personal[0]!.token;
  assert.notEqual(nameOf(), nameOf());
});

test("a known value keeps its token and says who the person is; e-mail goes before tracking number", () => {
  const email = keys.blind("email", " ida@beispiel.TEST ");
  const number = keys.blind("trackingNumber", "3630 191-7596");
  const held = new Map<string, KnownToken>([
    [email, { token: "EMAIL", subject: "person-1" }],
    [number, { token: "NUMBER", subject: "person-2" }],
  ]);
  const { messages, groups, claims } = run(held);
  assert.equal(messages[0]!.number, "NUMBER");
  assert.equal(messages[0]!.personal.find((each) => each.category === "email")!.token, "EMAIL");
  assert.equal(groups[0]!.subject, "person-1");
  assert.ok(!claims.some((claim) => claim.category === "email"));
});

test("two tenants' indexes never meet", async () => {
  const other = await indexKeys(sealing, "tenant-b");
  assert.notEqual(keys.blind("email", "a@b.test"), other.blind("email", "a@b.test"));
  assert.notEqual(keys.fingerprint("x"), other.fingerprint("x"));
});
