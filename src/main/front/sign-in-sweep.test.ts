import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, describe, test } from "node:test";
import { testDatabase } from "../../../test/support/database.ts";
import { enrolApprovers, TestApprover } from "../../../test/support/test-approver.ts";
import { keeperStore } from "../../store/keeper-store.ts";
import { operatorStore } from "../../store/operator-store.ts";

describe("what sign-ins leave behind", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  const operators = operatorStore(database.pool("parcelkeep_api"));
  const keeper = keeperStore(database.pool("parcelkeep_keeper"));
  const operator = new TestApprover("privacy");
  await enrolApprovers(owner, operator);
  const times = { idleS: 60, lifeS: 3_600, stepUpS: 60 };
  const sweep = (limit = 1_000) => keeper.sweepSignIns(times.idleS, times.lifeS, new Date(), limit);
  const session = async (): Promise<Buffer> => {
    const secretSha256 = randomBytes(32);
    const credential = Buffer.from(operator.credential, "base64url");
    await operators.openSession({ secretSha256, person: operator.person, login: null, credential, previousSha256: null });
    return secretSha256;
  };

  test("is deleted when nobody can use it any more, and not before", async () => {
    const [idle, old, ended, live] = [await session(), await session(), await session(), await session()];
    await owner.query("update parcelkeep.operator_sessions set seen_at = now() - interval '61 seconds' where secret_sha256 = $1", [idle]);
    await owner.query("update parcelkeep.operator_sessions set opened_at = now() - interval '3601 seconds' where secret_sha256 = $1", [
      old,
    ]);
    await operators.endSession(ended);
    const { session: liveId } = (await operators.session(live, times))!;
    await operators.openChallenge(randomBytes(32), { purpose: "step-up", session: liveId }, 60);
    await operators.openChallenge(randomBytes(32), { purpose: "sign-in" }, 60);
    await owner.query("update parcelkeep.operator_challenges set expires_at = now() where purpose = 'sign-in'");
    const invitation = { person: randomUUID(), email: null, roles: ["viewer"], by: "operator-key" } as const;
    for (const lifeS of [0, 60]) await operators.invite({ ...invitation, codeSha256: randomBytes(32), lifeS });
    assert.deepEqual(await sweep(), { challenges: 1, invitations: 1, sessions: 3, drafts: 0 });
    assert.deepEqual(await sweep(), { challenges: 0, invitations: 0, sessions: 0, drafts: 0 });
    assert.notEqual(await operators.session(live, times), null);
    const { rows } = await owner.query("select name, labels::jsonb ->> 'kind' as kind, value from parcelkeep.told_counters order by kind");
    assert.deepEqual(rows, [
      { name: "parcelkeep_swept_total", kind: "challenges", value: 1 },
      { name: "parcelkeep_swept_total", kind: "invitations", value: 1 },
      { name: "parcelkeep_swept_total", kind: "sessions", value: 3 },
    ]);
  });

  test("keeps when somebody last signed in, and a session that a challenge was opened for goes with it", async () => {
    const secret = await session();
    const { session: id } = (await operators.session(secret, times))!;
    await operators.openChallenge(randomBytes(32), { purpose: "step-up", session: id }, 60);
    const before = (await operators.list())[0]!.signed_in_at;
    await operators.endSession(secret);
    assert.equal((await sweep()).sessions, 1);
    assert.deepEqual((await operators.list())[0]!.signed_in_at, before);
  });

  test("is swept a bounded number at a time", async () => {
    for (const _each of [1, 2, 3]) await operators.endSession(await session());
    assert.deepEqual([(await sweep(2)).sessions, (await sweep(2)).sessions], [2, 1]);
  });

  test("takes the drafts of changes that ended without being applied, and leaves those that were", async () => {
    await owner.query("insert into parcelkeep.approval_policies (version, content, sha256) values (1, '{}', '')");
    const request = async (state: string): Promise<void> => {
      const scope = JSON.stringify({ person: operator.person });
      await owner.query(
        `insert into parcelkeep.approval_requests (id, kind, state, requester, scope, scope_sha256, policy, rule, needed, reason, content, approve_by, execute_within, ended_at)
         values (gen_random_uuid(), 'change', $1, $2, $3, '', 1, 'change', 1, 'incident', '{"a":1}', now(), '0', now() - interval '1 second')`,
        [state, `person:${operator.person}`, scope],
      );
    };
    for (const state of ["expired", "denied", "delivered"]) await request(state);
    assert.equal((await sweep()).drafts, 2);
    const { rows } = await owner.query("select state from parcelkeep.approval_requests where content is not null");
    assert.deepEqual(rows, [{ state: "delivered" }]);
  });
});
