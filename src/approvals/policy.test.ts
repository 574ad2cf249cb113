import assert from "node:assert/strict";
import { test } from "node:test";
import { TestApprover, testPolicy } from "../../test/support/test-approver.ts";
import { PolicyError, readPolicy } from "./policy.ts";

const [one, two, three] = [new TestApprover("privacy"), new TestApprover("privacy", "operations"), new TestApprover("operations")] as const;
const refusedAs = (code: PolicyError["code"]) => (error: unknown) => error instanceof PolicyError && error.code === code;

test("takes a policy that works for whoever asks", () => {
  const policy = testPolicy([one, two, three]);
  assert.deepEqual(readPolicy(structuredClone(policy)), policy);
});

test("refuses a rule that cannot be met when one of its approvers asks", () => {
  assert.throws(() => readPolicy(testPolicy([one])), refusedAs("out-of-reach"));
  const both = { approvals: 2, groups: ["privacy", "operations"], everyGroup: true };
  const { rules } = testPolicy([one, two]);
  assert.throws(
    () => readPolicy(testPolicy([one, two, three], { rules: { ...rules, change: { ...both, approvals: 3 } } })),
    refusedAs("out-of-reach"),
  );
  assert.throws(() => readPolicy(testPolicy([one, two], { rules: { ...rules, change: both } })), refusedAs("out-of-reach"));
});

test("refuses a person or a passkey that would count twice", () => {
  const approvers = [one, two].map(({ approver }) => approver);
  assert.throws(() => readPolicy(testPolicy([], { approvers: [...approvers, approvers[0]!] })), refusedAs("person-twice"));
  const lent = { ...new TestApprover("privacy").approver, credentials: one.approver.credentials };
  assert.throws(() => readPolicy(testPolicy([], { approvers: [...approvers, lent] })), refusedAs("passkey-twice"));
});

test("refuses a passkey that is written in another way for somebody else: it is one", () => {
  const [credential] = one.approver.credentials as [{ id: string; publicKey: string }];
  const stranger = new TestApprover("privacy");
  const der = Buffer.from(credential.publicKey, "base64url");
  const y = der.at(-1)! & 1;
  // The point in its hybrid form (SEC 1, section 2.3.3).
  const hybrid = Buffer.from(der);
  hybrid[der.length - 65] = 6 + y;
  const lent = (credentials: object) =>
    testPolicy([one, two], { approvers: [...testPolicy([one, two]).approvers, { ...stranger.approver, ...credentials }] });
  assert.throws(
    () => readPolicy(lent({ credentials: [{ id: stranger.credential, publicKey: hybrid.toString("base64url") }] })),
    refusedAs("passkey-twice"),
  );
  // The last letter of base64url may have bits that say nothing.
  const other = `${credential.publicKey.slice(0, -1)}${nextLetter(credential.publicKey.at(-1)!)}`;
  assert.equal(Buffer.from(other, "base64url").equals(der), true);
  assert.throws(() => readPolicy(lent({ credentials: [{ id: stranger.credential, publicKey: other }] })), refusedAs("passkey-twice"));
});

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const nextLetter = (letter: string): string => letters[letters.indexOf(letter) ^ 1]!;

test("refuses a holder of break-glass who is nobody, or whom nobody could review", () => {
  const stranger = new TestApprover("privacy");
  const held = (holders: readonly string[]) => ({ breakGlass: { holders, reviewHours: 72 } });
  assert.throws(() => readPolicy(testPolicy([one, two], held([stranger.person]))), refusedAs("holder-unknown"));
  assert.doesNotThrow(() => readPolicy(testPolicy([one, two], held([one.person, two.person]))));
});

test("refuses what is no policy, and keys that are none", () => {
  const policy = testPolicy([one, two]);
  const { rules: _, ...without } = policy;
  for (const content of [
    null,
    {},
    [],
    without,
    { ...policy, more: 1 },
    { ...policy, approvalMinutes: 0 },
    { ...policy, executionMinutes: 1.5 },
    { ...policy, rules: { ...policy.rules, transfer: { approvals: 1, groups: ["privacy", "privacy"], everyGroup: false } } },
    { ...policy, breakGlass: { holders: [], reviewHours: 73 } },
    { ...policy, relyingParty: { id: "Example.eu", origins: policy.relyingParty.origins } },
    { ...policy, approvers: [{ ...one.approver, person: "somebody" }, two.approver] },
  ])
    assert.throws(() => readPolicy(content), refusedAs("form"));
  const bad = { ...one.approver, credentials: [{ id: one.credential, publicKey: "A".repeat(80) }] };
  assert.throws(() => readPolicy(testPolicy([], { approvers: [bad, two.approver] })), refusedAs("bad-key"));
});
