import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { FrontApprovals, type FrontApprovalParts } from "./front-approvals.ts";
import { TestApprover, testPolicy } from "../../../test/support/test-approver.ts";

const now = Date.parse("2026-11-27T12:00:00.400Z");
const id = randomUUID();
const by = new TestApprover("privacy");
const scope = JSON.stringify({ v: 1, kind: "transfer", request: id, requester: "key:x", person: null, fields: [], derogation: null });

/** What the front says to a decision that was asked for at a moment. */
async function answerTo(askedAt: string, decide: () => Promise<string> = async () => "denied"): Promise<string> {
  const row = {
    id,
    kind: "transfer",
    state: "requested",
    scope,
    policy: 1,
    words: null,
    requested_at: new Date(now),
    approve_by: new Date(now),
  };
  const store = {
    get: async () => ({ ...row, granted_at: null, execute_by: null, used_at: null, ended_at: null, review_due_at: null }),
    policy: async () => ({ version: 1, content: testPolicy([by, new TestApprover("privacy")]), valid_from: new Date(now) }),
    decisions: async () => [],
    decide,
  };
  const front = new FrontApprovals({
    store,
    words: {},
    isLivePasskeyOf: async () => true,
    now: () => now,
  } as unknown as FrontApprovalParts);
  const { credential, ...response } = by.decide(scope, "deny", askedAt);
  try {
    const view = await front.decide(
      "transfer",
      id,
      { decision: "deny", reason: "no-need", passkey: { id: credential, response }, askedAt },
      null,
    );
    return view!.askedAt;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("takes what was asked for less than five minutes ago, and says the moment that its challenges are of", async () => {
  for (const askedAt of ["2026-11-27T11:55:01Z", "2026-11-27T12:00:00Z", "2026-11-27T12:00:30Z"])
    assert.equal(await answerTo(askedAt), "2026-11-27T12:00:00Z");
});

test("refuses what was asked for earlier, or is to be asked for", async () => {
  for (const askedAt of ["2026-11-27T11:55:00Z", "2026-11-26T12:00:00Z", "2026-11-27T12:00:31Z", "2026-99-99T12:00:00Z"])
    assert.equal(await answerTo(askedAt), "signed_too_late");
});

test("says the same where the database's clock says so", async () => {
  const late = () => Promise.reject(Object.assign(new Error("too late"), { code: "PKA03" }));
  assert.equal(await answerTo("2026-11-27T12:00:00Z", late), "signed_too_late");
});
