import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, describe, test } from "node:test";
import { testDatabase } from "../../../test/support/database.ts";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.ts";
import { TestApprover, testPolicy } from "../../../test/support/test-approver.ts";
import { retentionTerms } from "../../store/retention-terms.ts";
import { whyNotApplied } from "../releases/approved-change.ts";
import { contentSha256 } from "../releases/content-digest.ts";
import { logFiles } from "./audit-files.ts";
import { LockTerm } from "./lock-term.ts";

describe("terms of retention", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  const sequencer = database.pool("parcelkeep_sequencer");
  const keeper = database.pool("parcelkeep_keeper");
  const privacy = new TestApprover("privacy");

  /** An approved request for it, as the granter applies it. */
  const apply = async (content: object): Promise<string> => {
    const id = randomUUID();
    const scope = JSON.stringify({
      kind: "change",
      change: "retention",
      request: id,
      person: randomUUID(),
      sha256: contentSha256(content),
    });
    await owner.query(
      `insert into parcelkeep.approval_requests (id, kind, requester, scope, scope_sha256, policy, rule, needed, reason, content, approve_by, execute_within)
       values ($1, 'change', $4, $2, '', 1, 'change', 1, 'policy-review', $3, now() + interval '1 hour', '0')`,
      [id, scope, content, `person:${(JSON.parse(scope) as { person: string }).person}`],
    );
    await owner.query("insert into parcelkeep.approval_decisions (request, person, decision, evidence) values ($1, $2, 'approve', $3)", [
      id,
      privacy.person,
      privacy.decide(scope),
    ]);
    await owner.query("update parcelkeep.approval_requests set state = 'approved' where id = $1", [id]);
    const granter = database.pool("parcelkeep_granter");
    return (await granter.query<{ outcome: string }>("select parcelkeep.apply_change($1, '{}', null) as outcome", [id])).rows[0]!.outcome;
  };
  const entries = async (): Promise<readonly unknown[]> =>
    (
      await owner.query(
        "select facts ->> 'policy' as policy, (facts ->> 'days')::float as days, facts ->> 'approval' is not null as approved from parcelkeep.audit_outbox where type = 'policy.changed' order by id",
      )
    ).rows;

  test("are the settings' until approvals begin, each role's own and no others, and a change of them is in the log", async () => {
    assert.deepEqual(await retentionTerms(sequencer, { audit: 1095, personal: 1 }), { audit: 1095 });
    assert.deepEqual(await retentionTerms(keeper, { personal: 90, text: 60, audit: 1 }), { audit: 1095, personal: 90, text: 60 });
    assert.deepEqual(await retentionTerms(keeper, { personal: 30, text: 60 }), { audit: 1095, personal: 30, text: 60 });
    assert.deepEqual(await entries(), [{ policy: "retention-personal", days: 30, approved: false }]);
  });

  test("are what was approved from then on, whatever the settings say", async () => {
    await owner.query("insert into parcelkeep.approval_policies (version, content, sha256) values (1, $1, '')", [
      testPolicy([privacy, new TestApprover("privacy")]),
    ]);
    assert.equal((await retentionTerms(keeper, { personal: 120 }))["personal"], 30);
    assert.equal(await apply({ auditDays: 365, textDays: 14 }), "applied");
    assert.deepEqual(await retentionTerms(sequencer, { audit: 1095 }), { audit: 365, personal: 30, text: 14 });
    assert.deepEqual((await entries()).slice(1), [
      { policy: "retention-audit", days: 365, approved: true },
      { policy: "retention-text", days: 14, approved: true },
    ]);
  });

  test("are of a form: nothing is applied that names another term, none, or more days than a number may be kept", () => {
    const why = (content: object): string | null =>
      whyNotApplied({
        scope: JSON.stringify({ v: 1, kind: "change", change: "retention", recipient: null, sha256: contentSha256(content) }),
        content,
      });
    assert.equal(why({ auditDays: 400 }), null);
    for (const content of [{}, { otherDays: 1 }, { personalDays: 121 }, { auditDays: 0 }, { textDays: -1 }, { textDays: "60" }])
      assert.equal(why(content), "content-unfit", JSON.stringify(content));
  });

  test("lock what is written from the next look on, which comes ten seconds after the last one that had an answer", async () => {
    const now = new Date("2026-11-26T00:00:00Z");
    const answers = [1_000, 1, null, 2];
    let clockMs = 5;
    let asked = 0;
    const read = async (): Promise<number> => {
      const days = answers[asked++];
      if (days === null || days === undefined) throw new Error("the database is away");
      return days;
    };
    const term = new LockTerm(10, read, () => clockMs);
    const lockedUntil = async (): Promise<string> => {
      await term.look();
      return term.until(now).toISOString().slice(0, 10);
    };
    assert.equal(term.until(now).toISOString(), "2026-12-06T00:00:00.000Z", "until it was read, as the settings say");
    assert.equal(await lockedUntil(), "2029-08-22");
    clockMs += 9_999;
    assert.equal(await lockedUntil(), "2029-08-22");
    assert.equal(asked, 1);
    clockMs += 1;
    assert.equal(await lockedUntil(), "2026-11-27");
    clockMs += 10_000;
    await assert.rejects(term.look());
    assert.equal(term.days, 1, "what was in force stays so");
    assert.equal(await lockedUntil(), "2026-11-28", "asked again at once");
  });

  test("touch no lock that is there: a term that became shorter is for new files alone", async () => {
    const objects = new MemoryObjectStore();
    let days = 1_000;
    let clockMs = 0;
    const term = new LockTerm(
      10,
      async () => days,
      () => clockMs,
    );
    const now = new Date("2026-11-26T00:00:00Z");
    const files = logFiles(objects, { read: async () => null, replace: async () => true }, "2026", () => term.until(now));
    const lockedUntil = async (path: string): Promise<string | undefined> => {
      await term.look();
      await files.create(path, Buffer.from("tile"));
      return (await objects.head(`audit/2026/${path}`))?.retainUntil?.toISOString();
    };
    assert.equal(await lockedUntil("tile/0/000"), "2029-08-22T00:00:00.000Z");
    days = 1;
    clockMs += 10_000;
    assert.equal(await lockedUntil("tile/0/001"), "2026-11-27T00:00:00.000Z");
    assert.equal(await lockedUntil("tile/0/000"), "2029-08-22T00:00:00.000Z");
  });
});
