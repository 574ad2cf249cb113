import assert from "node:assert/strict";
import { hash, randomUUID } from "node:crypto";
import { after, describe, test } from "node:test";
import { scopeSha256 } from "../../approvals/scope.ts";
import { canonicalJson, type CanonicalValue } from "../../audit/canonical-json.ts";
import type { RegisterEntry } from "../../domain/register-entry.ts";
import { enrolApprovers, TestApprover, testPolicy } from "../../../test/support/test-approver.ts";
import { carryOut } from "./transfer-opening.ts";
import { tenant, sessionKey, tokens, entry, transferWorld } from "../../../test/support/transfer-world.ts";

describe("a transfer that is not to be carried out", async () => {
  const { owner, privacy, other, ownedKey, scopeOf, granted, parts, stateOf, entriesOf, withSecondPolicy } = await transferWorld({
    after,
  });

  const refusals: readonly (readonly [what: string, make: () => ReturnType<typeof granted>, outcome: string])[] = [
    [
      "a scope that was edited after its signature: one field more",
      () => granted({}, privacy, scopeOf({ fields: ["name"], tokens: tokens.slice(0, 1) })),
      "not-approved",
    ],
    [
      "a scope with another recipient than the one that was signed",
      () => granted({}, privacy, scopeOf({ recipient: { ...scopeOf().recipient, url: "https://carrier.example/other" } })),
      "not-approved",
    ],
    ["an approval that was signed for another request", () => granted({ nonce: "y" }, privacy, scopeOf({ nonce: "x" })), "not-approved"],
    [
      "an approval by whoever asked, through whatever account",
      () => granted({ requester: `person:${privacy.person}`, person: privacy.person }),
      "not-approved",
    ],
    [
      "an approval by the owner of the key that asked",
      () => granted({ requester: `key:${ownedKey}`, person: privacy.person }),
      "not-approved",
    ],
    ["one approval of what a key without an owner asked for", () => granted({ requester: "key:x", person: null }), "not-approved"],
    ["an approval by somebody who is no approver", () => granted({}, new TestApprover("privacy")), "not-approved"],
    ["a rule that is not the one for it", () => granted({ rule: "review" }), "scope-changed"],
    ["an older entry of the register", () => granted({ recipient: { ...scopeOf().recipient, registerVersion: 2 } }), "register-changed"],
    ["a purpose that does not need the fields", () => granted({ purpose: "tracking" }), "release-refused"],
    ["tokens of other fields", () => granted({ tokens: tokens.toReversed() }), "scope-changed"],
  ];
  for (const [what, make, outcome] of refusals)
    test(`refuses ${what}`, async () => {
      const { id, grant } = await make();
      const { given, sent } = parts();
      assert.deepEqual(await carryOut(grant, given), { state: "failed", outcome });
      assert.equal(sent.length, 0);
      assert.deepEqual(await stateOf(id), { state: "failed", outcome });
      assert.deepEqual(await entriesOf(grant), ["opening.failed", "transfer.failed"]);
    });

  describe("that nobody signed, since register and policy carry it", () => {
    const eea = { ...entry, country: "DE", ultimateOwner: { name: "X", country: "DE" }, transferTool: "none-needed" } as RegisterEntry;
    const registerOf = async (listed: RegisterEntry) => [{ entry: listed, version: 1, validFrom: new Date(), agreementVersion: 1 }];

    test("goes to a recipient in the EEA under its contract", async () => {
      const { grant } = await granted({ rule: "automatic" }, new TestApprover());
      const { given, sent } = parts({ registerOf: () => registerOf(eea) });
      assert.deepEqual(await carryOut(grant, given), { state: "delivered", outcome: "delivered" });
      assert.equal(sent.length, 1);
    });

    for (const [what, listed, more, outcome] of [
      ["to a third country", entry, {}, "release-refused"],
      ["without a contract", { ...eea, contract: null }, {}, "release-refused"],
      ["in an emergency", eea, { breakGlass: true }, "scope-changed"],
      ["under a lane", eea, { lane: randomUUID() }, "scope-changed"],
      ["as a derogation", eea, { derogation: "b" }, "scope-changed"],
    ] as const)
      test(`is refused ${what}`, async () => {
        const { id, grant } = await granted({ rule: "automatic", ...more }, new TestApprover());
        const { given, sent } = parts({ registerOf: () => registerOf(listed as RegisterEntry) });
        assert.deepEqual(await carryOut(grant, given), { state: "failed", outcome });
        assert.deepEqual([(await stateOf(id)).outcome, sent.length], [outcome, 0]);
      });

    test("is refused where the recipient's entry changes between the use and the unwrap", async () => {
      const { grant } = await granted({ rule: "automatic" }, new TestApprover());
      let listed = eea;
      const isLogged = async (): Promise<boolean> => ((listed = { ...eea, contract: null }), true);
      const { given, sent } = parts({ registerOf: () => registerOf(listed), isLogged });
      assert.deepEqual(await carryOut(grant, given), { state: "failed", outcome: "release-refused" });
      assert.equal(sent.length, 0);
    });
  });

  test("goes a second before the time that was signed is over, and not at its end, whatever the grant's row says", async () => {
    const approveBy = new Date(Date.now() - 3_600_000);
    const at = (seconds: number) => ({ now: () => new Date(approveBy.getTime() + seconds * 1_000) });
    const scope = { approveBy: approveBy.toISOString(), executeSeconds: 300 };
    assert.equal((await carryOut((await granted(scope)).grant, parts(at(299)).given)).state, "delivered");
    const { given, sent } = parts(at(300));
    assert.deepEqual(await carryOut((await granted(scope)).grant, given), { state: "failed", outcome: "out-of-time" });
    assert.equal(sent.length, 0);
  });

  test("refuses a scope that was edited in the database, with its hash", async () => {
    const { id, grant } = await granted();
    const { given, sent } = parts();
    const { rows } = await owner.query<{ scope: string }>("select scope from parcelkeep.approval_requests where id = $1", [id]);
    const edited = rows[0]!.scope.replace("carrier.example/addresses", "carrier.example/addresses2");
    await owner.query("update parcelkeep.approval_requests set scope = $2, scope_sha256 = $3 where id = $1", [
      id,
      edited,
      hash("sha256", edited, "buffer"),
    ]);
    assert.deepEqual(await carryOut(grant, given), { state: "failed", outcome: "not-approved" });
    assert.equal(sent.length, 0);
  });

  test("refuses approvals of somebody who is an approver no longer, and takes those of somebody who still is", async () => {
    const left = await granted();
    const still = await granted({}, other);
    await withSecondPolicy(testPolicy([other, new TestApprover("privacy")]), privacy, async () => {
      const { given, sent } = parts();
      assert.deepEqual(await carryOut(left.grant, given), { state: "failed", outcome: "not-approved" });
      assert.equal(sent.length, 0);
      assert.equal((await carryOut(still.grant, given)).state, "delivered");
    });
  });

  test("refuses everything under a policy that nobody approved, or only those whom it brings", async () => {
    const intruder = new TestApprover("privacy");
    const forged = testPolicy([intruder, new TestApprover("privacy")]);
    for (const by of [null, intruder]) {
      const { grant } = await granted({ policy: 2 }, intruder);
      await withSecondPolicy(forged, by, async () => {
        const { given, sent } = parts();
        assert.deepEqual(await carryOut(grant, given), { state: "failed", outcome: "not-approved" });
        assert.equal(sent.length, 0);
      });
    }
  });

  test("refuses an approval by a passkey that was revoked, before the use and between the use and the unwrap", async () => {
    const leaving = new TestApprover("privacy");
    await enrolApprovers(owner, leaving);
    const revoke = () => owner.query("update parcelkeep.passkeys set revoked_at = now() where person = $1", [leaving.person]);
    await withSecondPolicy(testPolicy([privacy, other, leaving]), privacy, async () => {
      let unwraps = 0;
      const keys = { unwrap: async () => Buffer.from(sessionKey.subarray(0, (unwraps++, 32))) } as never;
      const isLogged = async (): Promise<boolean> => (await revoke()).rowCount === 1;
      const during = await granted({ policy: 2 }, leaving);
      const before = await granted({ policy: 2 }, leaving);
      const { given, sent } = parts({ keys, isLogged });
      assert.deepEqual(await carryOut(during.grant, given), { state: "failed", outcome: "not-approved" });
      assert.deepEqual(await entriesOf(during.grant), ["opening.intended", "opening.done", "transfer.failed"]);
      assert.deepEqual(await carryOut(before.grant, given), { state: "failed", outcome: "not-approved" });
      assert.deepEqual(await entriesOf(before.grant), ["opening.failed", "transfer.failed"]);
      assert.deepEqual([unwraps, sent.length], [0, 0]);
    });
  });

  test("sends nothing more under a lane when the passkey that approved it is revoked, or it is closed", async () => {
    const leaving = new TestApprover("privacy");
    await enrolApprovers(owner, leaving);
    await withSecondPolicy(testPolicy([privacy, other, leaving]), privacy, async () => {
      const lane = randomUUID();
      const { shipment: _shipment, tokens: _tokens, executeSeconds: _seconds, ...common } = scopeOf({ policy: 2, rule: "lane" });
      const endsAt = new Date(Date.now() + 60_000).toISOString();
      const text = canonicalJson({ ...common, kind: "lane", request: lane, quotaPerDay: 9, endsAt } as unknown as CanonicalValue);
      await owner.query(
        `insert into parcelkeep.approval_requests (id, tenant, kind, state, requester, scope, scope_sha256, policy, rule, needed, reason, approve_by, execute_within)
         values ($1, $2, 'lane', 'granted', $3, $4, $5, 2, 'lane', 1, 'x', now(), '0')`,
        [lane, tenant, common.requester, text, scopeSha256(text)],
      );
      await owner.query("insert into parcelkeep.approval_decisions (request, person, decision, evidence) values ($1, $2, 'approve', $3)", [
        lane,
        leaving.person,
        leaving.decide(text),
      ]);
      const underLane = async (): Promise<string> => {
        const { id, grant } = await granted({ policy: 2, rule: "lane", lane }, new TestApprover());
        await owner.query("update parcelkeep.approval_requests set lane = $2 where id = $1", [id, lane]);
        return grant;
      };
      const { given, sent } = parts();
      assert.equal((await carryOut(await underLane(), given)).state, "delivered");
      await owner.query("update parcelkeep.passkeys set revoked_at = now() where person = $1", [leaving.person]);
      assert.deepEqual(await carryOut(await underLane(), given), { state: "failed", outcome: "not-approved" });
      assert.equal(sent.length, 1);
      await owner.query("update parcelkeep.passkeys set revoked_at = null where person = $1", [leaving.person]);
      const closed = await underLane();
      const read = await given.use.read(closed);
      await owner.query("update parcelkeep.approval_requests set state = 'vetoed' where id = $1", [lane]);
      // It was read while the lane was open, and is used when it is not.
      assert.deepEqual(await carryOut(closed, { ...given, use: { ...given.use, read: async () => read } }), {
        state: "not-used",
        outcome: "used-or-over",
      });
      assert.deepEqual(await carryOut(closed, given), { state: "failed", outcome: "outside-lane" });
      assert.equal(sent.length, 1, "nor what the lane had granted before it was closed");
      for (const table of ["approval_notices", "approval_decisions"])
        await owner.query(`delete from parcelkeep.${table} where request = $1`, [lane]);
      await owner.query("delete from parcelkeep.approval_requests where id = $1", [lane]);
    });
  });
});
