import assert from "node:assert/strict";
import { hash, randomUUID } from "node:crypto";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { anyStep, anyTerms, groupsOf, persons } from "../../approvals/request-state.arbitrary.ts";
import { nextState, type RequestState, type RequestStep, type RequestTerms } from "../../approvals/request-state.ts";
import { testDatabase } from "../../../test/support/database.ts";
import { moment } from "../../../test/support/test-approver.ts";
import { approvalStore, beginApprovals, granterStore } from "../../store/approval-store.ts";
import { transferUse } from "../../store/transfer-use.ts";

describe("requests in the database", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  const store = approvalStore(database.pool("parcelkeep_api"));
  const granter = granterStore(database.pool("parcelkeep_granter"));
  const opener = transferUse(database.pool("parcelkeep_opener"));
  const tenant = randomUUID();
  let version = 0;

  /** Policies are never changed; each request here has its own rule, so its own version. */
  const newPolicy = async (rule: object): Promise<number> => {
    const approvers = persons.map((person) => ({ person, groups: groupsOf(person), credentials: [] }));
    const content = { approvers, rules: { lane: rule }, approvalMinutes: 60, executionMinutes: 60 };
    await owner.query("insert into parcelkeep.approval_policies (version, content, sha256) values ($1, $2, '')", [++version, content]);
    return version;
  };
  /** Of a kind that needs no shipment; only its states are looked at. */
  const newRequest = async (terms: RequestTerms): Promise<{ id: string; scope: string }> => {
    const id = randomUUID();
    const scope = JSON.stringify({
      kind: "lane",
      request: id,
      tenant,
      requester: terms.requester === null ? "key:x" : `person:${terms.requester}`,
      policy: await newPolicy(terms.rule),
      rule: "lane",
      approveBy: new Date(Date.now() + 1_000_000).toISOString(),
      executeSeconds: 300,
      reason: "emergency",
      fields: [],
      recipient: { source: "fedex" },
    });
    const { outcome } = await store.request({
      scope,
      country: "US",
      words: Buffer.from(""),
      wordsKey: Buffer.from(""),
      idempotency: null,
      content: null,
    });
    assert.equal(outcome, "requested");
    // What the opener is given is a transfer.
    await owner.query("update parcelkeep.approval_requests set kind = 'transfer' where id = $1", [id]);
    return { id, scope };
  };
  /** Time passes by bringing the clocks' ends nearer. */
  const pass = (id: string, seconds: number) =>
    owner.query(
      "update parcelkeep.approval_requests set approve_by = approve_by - $2 * interval '1 second', execute_by = execute_by - $2 * interval '1 second' where id = $1",
      [id, seconds],
    );
  const take = async (id: string, scope: string, grant: string, step: RequestStep): Promise<void> => {
    switch (step.step) {
      case "approve":
      case "deny":
      case "veto":
        await store.decide({
          request: id,
          person: step.person,
          decision: step.step,
          reason: "other",
          evidence: { askedAt: moment() },
          evidenceSha256: "00",
        });
        break;
      case "withdraw":
        await store.withdraw(tenant, id, "key:x");
        break;
      case "grant":
        await granter.grant(id, grant, step.refused);
        break;
      case "use":
        await opener.use(grant, hash("sha256", scope, "buffer"));
        break;
      case "end":
        await opener.end(grant, { state: step.outcome, outcome: step.outcome, status: null, bytes: 0, opened: 0 });
        break;
      case "look":
        await granter.sweep(3_600_000);
        break;
    }
  };
  const stateOf = async (id: string): Promise<string> => (await store.get(tenant, id))!.state;

  test("go through the same states as the machine that is drawn, whatever happens", { timeout: 300_000 }, async () => {
    const runs = fc.asyncProperty(
      anyTerms,
      fc.array(fc.tuple(anyStep, fc.constantFrom(0, 0, 0, 50, 400)), { minLength: 3, maxLength: 12 }),
      async (terms, steps) => {
        const { id, scope } = await newRequest(terms);
        const grant = randomUUID();
        let model = { state: "requested", approvals: [] } as RequestState;
        let now = 0;
        for (const [step, passed] of steps) {
          now += passed * 1_000;
          await pass(id, passed);
          const next = nextState({ ...terms, approveBy: 1_000_000, executeMs: 300_000 }, model, step, now);
          if (typeof next !== "string") model = next;
          await take(id, scope, grant, step);
          // What a refused step leaves is looked at by time alone.
          const seen = nextState({ ...terms, approveBy: 1_000_000, executeMs: 300_000 }, model, { step: "look" }, now) as RequestState;
          await granter.sweep(3_600_000);
          model = seen;
          assert.equal(await stateOf(id), model.state, JSON.stringify(steps));
        }
      },
    );
    await fc.assert(runs, { numRuns: 60 });
  });

  const granted = async (executeSeconds = 300) => {
    const terms = { requester: persons[4]!, rule: { approvals: 1, groups: ["privacy"], everyGroup: false } } as unknown as RequestTerms;
    const { id, scope } = await newRequest(terms);
    await take(id, scope, "", { step: "approve", person: persons[0]! });
    const grant = randomUUID();
    assert.equal(await granter.grant(id, grant, []), "granted");
    if (executeSeconds !== 300)
      await owner.query("update parcelkeep.approval_requests set execute_by = now() + $2 * interval '1 second' where id = $1", [
        id,
        executeSeconds,
      ]);
    return { id, scope, grant, sha256: hash("sha256", scope, "buffer") };
  };

  test("are used once, however many use them at the same time", async () => {
    const { grant, sha256 } = await granted();
    const many = await Promise.all(Array.from({ length: 100 }, () => opener.use(grant, sha256)));
    assert.equal(many.filter((entry) => entry !== null).length, 1);
    const { rows } = await owner.query("select from parcelkeep.audit_outbox where type = 'opening.intended' and facts ->> 'grant' = $1", [
      grant,
    ]);
    assert.equal(rows.length, 1, "and the log says so once");
  });

  test("are not used a second after their time, nor when the clock was set back to before the grant", async () => {
    const late = await granted(-1);
    assert.equal(await opener.use(late.grant, late.sha256), null);
    const back = await granted();
    // As if it had been granted by a clock that was an hour ahead, and was set back since.
    await owner.query(
      "update parcelkeep.approval_requests set granted_at = now() + interval '1 hour', execute_by = now() + interval '59 minutes' where id = $1",
      [back.id],
    );
    assert.equal(await opener.use(back.grant, back.sha256), null);
  });

  test("that a clock ran out for while it was ahead stay over when it is set right again", async () => {
    const waiting = await newRequest({ requester: persons[4]!, rule: { approvals: 1, groups: ["privacy"], everyGroup: false } } as never);
    const ready = await granted();
    for (const { id } of [waiting, ready]) await pass(id, 10_000_000);
    await granter.sweep(3_600_000);
    for (const { id } of [waiting, ready]) await pass(id, -10_000_000);
    assert.deepEqual([await stateOf(waiting.id), await stateOf(ready.id)], ["expired", "execution-expired"]);
    const decided = {
      request: waiting.id,
      person: persons[0]!,
      decision: "approve",
      reason: null,
      evidence: {},
      evidenceSha256: "00",
    } as const;
    assert.equal(await store.decide(decided), "not-open");
    assert.equal(await opener.use(ready.grant, ready.sha256), null);
  });

  test("take a decision whose signature was asked for less than five minutes ago, and no other, by the database's clock", async () => {
    const { id } = await granted();
    const insert = (askedAt: string) =>
      owner.query(
        `insert into parcelkeep.approval_decisions (request, person, decision, evidence) values ($1, gen_random_uuid(), 'deny', jsonb_build_object('askedAt', ${askedAt}))`,
        [id],
      );
    for (const askedAt of ["clock_timestamp() - interval '299 seconds'", "clock_timestamp() + interval '29 seconds'"])
      await insert(askedAt);
    for (const askedAt of ["clock_timestamp() - interval '300 seconds'", "clock_timestamp() + interval '31 seconds'", "null"])
      await assert.rejects(insert(askedAt), { code: "PKA03" });
    // Nor one that is put in the place of an earlier one.
    const late =
      "update parcelkeep.approval_decisions set evidence = jsonb_build_object('askedAt', clock_timestamp() - interval '301 seconds') where request = $1";
    await assert.rejects(owner.query(late, [id]), { code: "PKA03" });
  });

  test("are not used for another scope than the one that was looked at, and not where the scope was changed since", async () => {
    const { id, grant, sha256, scope } = await granted();
    assert.equal(await opener.use(grant, hash("sha256", `${scope} `, "buffer")), null);
    await owner.query("update parcelkeep.approval_requests set scope = scope || ' ' where id = $1", [id]);
    assert.equal(await opener.use(grant, sha256), null);
  });

  test("that say nothing after their use have an unknown outcome, and keep it unless the late word comes", async () => {
    const { id, grant, sha256 } = await granted();
    await opener.use(grant, sha256);
    await granter.sweep(3_600_000);
    assert.equal(await stateOf(id), "opening");
    await granter.sweep(0);
    assert.equal(await stateOf(id), "unknown");
    assert.equal(await opener.end(grant, { state: "delivered", outcome: "delivered", status: 200, bytes: 1, opened: 1 }), true);
    assert.equal(await stateOf(id), "delivered");
    assert.equal(await opener.end(grant, { state: "failed", outcome: "failed", status: null, bytes: 0, opened: 0 }), false);
  });

  test("with the same key of the caller's are one request", async () => {
    const idempotency = randomUUID();
    const policy = await newPolicy({ approvals: 1, groups: ["privacy"], everyGroup: false });
    const ask = (): ReturnType<typeof store.request> => {
      const scope = {
        kind: "lane",
        request: randomUUID(),
        tenant,
        requester: "key:x",
        policy,
        rule: "lane",
        approveBy: new Date(Date.now() + 60_000),
        recipient: {},
        fields: [],
        reason: "emergency",
      };
      return store.request({
        scope: JSON.stringify(scope),
        country: null,
        words: Buffer.of(),
        wordsKey: Buffer.of(),
        idempotency,
        content: null,
      });
    };
    const answers = await Promise.all([ask(), ask(), ask()]);
    assert.equal(new Set(answers.map(({ id }) => id)).size, 1);
    assert.deepEqual(answers.map(({ outcome }) => outcome).toSorted(), ["repeated", "repeated", "requested"]);
  });

  test("wait no longer than the policy lets them, and are asked under the newest one", async () => {
    const policy = await newPolicy({ approvals: 1, groups: ["privacy"], everyGroup: false });
    const outcomeOf = async (more: object): Promise<string> => {
      const scope = {
        kind: "lane",
        request: randomUUID(),
        tenant,
        requester: "key:x",
        policy,
        rule: "lane",
        approveBy: new Date(Date.now() + 60_000),
        recipient: {},
        fields: [],
        reason: "emergency",
        ...more,
      };
      return (
        await store.request({
          scope: JSON.stringify(scope),
          country: null,
          words: Buffer.of(),
          wordsKey: Buffer.of(),
          idempotency: null,
          content: null,
        })
      ).outcome;
    };
    assert.equal(await outcomeOf({ approveBy: new Date(Date.now() + 61 * 60_000) }), "too-long");
    assert.equal(await outcomeOf({ executeSeconds: 3_601 }), "too-long");
    assert.equal(await outcomeOf({ policy: policy - 1 }), "other-policy");
    assert.equal(await outcomeOf({ rule: "review" }), "other-policy");
  });
});

test("the first policy is the owner's, once", async (t) => {
  const database = await testDatabase(t as never);
  const owner = await database.pool("parcelkeep_owner").connect();
  try {
    assert.equal(await beginApprovals(owner, {}, Buffer.alloc(32)), true);
    assert.equal(await beginApprovals(owner, {}, Buffer.alloc(32)), false);
  } finally {
    owner.release();
  }
  await assert.rejects(database.pool("parcelkeep_api").query("select parcelkeep.begin_approvals('{}', '')"), /permission denied/);
});
