import assert from "node:assert/strict";
import { hash, randomUUID } from "node:crypto";
import { test } from "node:test";
import { TestApprover, testPolicy } from "../../test/support/test-approver.ts";
import { followedPolicies, type PolicyLink } from "./policy-chain.ts";
import { type ChangeScope, scopeSha256 } from "./scope.ts";

const [one, two, newcomer] = [new TestApprover("privacy"), new TestApprover("privacy"), new TestApprover("privacy")] as const;
const asker = randomUUID();
const sha256Of = (content: unknown): string => hash("sha256", JSON.stringify(content), "hex");
const first: PolicyLink = { version: 1, content: testPolicy([one, two]), scope: null, approvals: [] };

function next(by: TestApprover, more: Partial<ChangeScope> = {}, content = testPolicy([two, newcomer])): PolicyLink {
  const scope: ChangeScope = {
    v: 1,
    kind: "change",
    request: "r",
    requester: `person:${asker}`,
    person: asker,
    policy: 1,
    rule: "change",
    approveBy: "2026-01-01T00:00:00Z",
    reason: "staff-change",
    evidence: "00",
    nonce: "n",
    change: "approval-policy",
    tenant: null,
    recipient: null,
    sha256: sha256Of(content),
    ...more,
  };
  const text = JSON.stringify(scope);
  return { version: 2, content, scope: text, approvals: [{ person: by.person, assertion: by.decide(text) }] };
}

test("follows versions that were approved under the one before", () => {
  const policies = followedPolicies([first, next(one)], sha256Of);
  assert.deepEqual([...policies!.keys()], [1, 2]);
});

test("follows a version that was approved when signatures said no moment", () => {
  const link = next(one);
  const before = [{ person: one.person, assertion: one.sign(scopeSha256(link.scope!)) }];
  assert.deepEqual([...followedPolicies([first, { ...link, approvals: before }], sha256Of)!.keys()], [1, 2]);
});

for (const [what, link] of [
  ["a version that nobody approved", { ...next(one), scope: null, approvals: [] }],
  ["one that only its own newcomer approved", next(newcomer)],
  ["one whose content is not what was signed", { ...next(one), content: testPolicy([newcomer, new TestApprover("privacy")]) }],
  ["one that was approved under another version", next(one, { policy: 2 })],
  ["an approval of another change", next(one, { change: "agreement" })],
  ["an approval by whoever asked", next(one, { requester: `person:${one.person}`, person: one.person })],
  ["one approval of what nobody is known to have asked for", next(one, { requester: "operator", person: null })],
  ["a denial", { ...next(one), approvals: [{ person: one.person, assertion: one.decide(next(one).scope!, "deny") }] }],
  [
    "an approval whose moment was changed",
    { ...next(one), approvals: [{ person: one.person, assertion: { ...one.decide(next(one).scope!), askedAt: "2026-01-01T00:00:00Z" } }] },
  ],
  ["a version that is left out", { ...next(one), version: 3 }],
] as const)
  test(`trusts nothing after ${what}`, () => assert.equal(followedPolicies([first, link], sha256Of), null));
