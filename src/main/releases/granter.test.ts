import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, describe, test } from "node:test";
import { pino } from "pino";
import type { RegisterEntry } from "../../domain/register-entry.ts";
import { nothingForbidden } from "../../domain/release-decision.ts";
import { canonicalJson } from "../../audit/canonical-json.ts";
import { approvalStore, granterStore } from "../../store/approval-store.ts";
import { type Opened, OpenerError, type OpeningRequest } from "../../vault/opening.ts";
import { testDatabase } from "../../../test/support/database.ts";
import { enrolApprovers, moment, TestApprover, testPolicy } from "../../../test/support/test-approver.ts";
import { contentSha256 } from "./content-digest.ts";
import { Granter } from "./granter.ts";
import { ProcessOpeners } from "./process-openers.ts";

const handoverUrl = "https://carrier.example/addresses";
/** In the EEA and under a contract, unless a test says otherwise. */
const eeaCarrier = {
  source: "gls",
  country: "DE",
  ultimateOwner: { name: "X", country: "DE" },
  role: "carrier",
  contract: { reference: "M", date: "2026-01-01" },
  transferTool: "none-needed",
  lawfulBasis: "contract",
  fieldsAllowed: ["name"],
  hosts: ["carrier.example"],
  path: "public",
  handoverUrl,
} as unknown as RegisterEntry;

describe("granting", async () => {
  let register = [{ entry: eeaCarrier, version: 1, validFrom: new Date(), agreementVersion: 1 }];
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  // All that a front can do, one that was taken over too.
  const front = approvalStore(database.pool("parcelkeep_api"));
  const [privacy, other] = [new TestApprover("privacy"), new TestApprover("privacy")];
  const policy = testPolicy([privacy, other]);
  await owner.query("insert into parcelkeep.approval_policies (version, content, sha256) values (1, $1, '')", [policy]);

  await enrolApprovers(owner, privacy, other);

  const opened: OpeningRequest[] = [];
  const granterThat = (open: (request: OpeningRequest) => Promise<Opened>) => {
    const store = granterStore(database.pool("parcelkeep_granter"));
    const log = pino({ level: "silent" });
    const openers = new ProcessOpeners(
      store,
      (request) => {
        opened.push(request);
        return open(request);
      },
      log,
      () => {},
    );
    const recipients = { registerOf: async () => register, policyOf: async () => nothingForbidden, now: () => new Date() };
    const granter = new Granter(store, recipients, openers, log, async () => 1_000);
    return { turn: () => granter.turn(), settled: () => openers.stop() };
  };
  const delivered = async (): Promise<Opened> => ({ purpose: "transfer", state: "delivered", outcome: "delivered" });

  const tenant = randomUUID();
  await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'Shop')", [tenant]);
  const asker = randomUUID();
  const ask = async (more: object = {}, content: unknown = null): Promise<{ id: string; scope: string }> => {
    const id = randomUUID();
    const approveBy = new Date(Date.now() + 60_000).toISOString();
    const common = {
      v: 1,
      request: id,
      requester: `person:${asker}`,
      policy: 1,
      rule: "lane",
      approveBy,
      reason: "emergency",
      evidence: "00",
    };
    const lane = { kind: "lane", recipient: { source: "fedex" }, fields: ["name"], quotaPerDay: 1, endsAt: approveBy };
    const scope = canonicalJson({ ...common, ...lane, tenant, nonce: randomUUID(), person: asker, ...more } as never);
    const asked = { scope, country: "US", words: Buffer.of(), wordsKey: Buffer.of(), idempotency: null, content };
    assert.equal((await front.request(asked)).outcome, "requested");
    return { id, scope };
  };
  const approve = (id: string, by: TestApprover, evidence: unknown) =>
    front.decide({ request: id, person: by.person, decision: "approve", reason: null, evidence, evidenceSha256: "00" });
  const stateOf = async (id: string): Promise<string> => (await front.get(null, id))!.state;

  test("grants what was signed", async () => {
    const { id, scope } = await ask();
    assert.equal(await approve(id, privacy, privacy.decide(scope)), "approved");
    await granterThat(delivered).turn();
    assert.equal(await stateOf(id), "granted");
  });

  for (const [what, forge] of [
    ["made up", () => ({ credential: "x", authenticatorData: "x", clientDataJSON: "x", signature: "x", askedAt: moment() })],
    ["nothing but a moment", () => ({ askedAt: moment() })],
    ["what was signed for another moment", (scope: string) => ({ ...privacy.decide(scope), askedAt: moment(-60_000) })],
    ["what was signed for another decision", (scope: string) => privacy.decide(scope, "break-glass")],
    ["another's signature", (scope: string) => other.decide(scope)],
    ["a signature over another scope", () => privacy.decide("another")],
  ] as const)
    test(`puts a request back that a front calls approved with ${what} for evidence, and lets that person sign`, async () => {
      const { id, scope } = await ask();
      assert.equal(await approve(id, privacy, forge(scope)), "approved");
      await granterThat(delivered).turn();
      assert.equal(await stateOf(id), "requested");
      assert.equal((await front.decisions(id))[0]!.refused, true);
      assert.equal(await approve(id, privacy, privacy.decide(scope)), "approved");
      await granterThat(delivered).turn();
      assert.equal(await stateOf(id), "granted");
    });

  test("a passkey that whoever asked has enrolled for an approver since approves nothing: the policy does not name it", async () => {
    const planted = new TestApprover("privacy");
    const { id, scope } = await ask();
    await owner.query(
      "insert into parcelkeep.passkeys (credential, person, public_key, algorithm, counter, aaguid, synced) values ($1, $2, $3, -7, 0, gen_random_uuid(), true)",
      [Buffer.from(planted.credential, "base64url"), other.person, planted.cosePublicKey],
    );
    assert.equal(await approve(id, other, planted.decide(scope)), "approved", "a front that lies");
    await granterThat(delivered).turn();
    assert.equal(await stateOf(id), "requested");
    // Nor under the id of one that the policy names.
    assert.equal(await approve(id, other, { ...planted.decide(scope), credential: other.credential }), "approved");
    await granterThat(delivered).turn();
    assert.equal(await stateOf(id), "requested");
  });

  describe("a person with two passkeys", () => {
    const second = new TestApprover("privacy");
    const twoKeys = { ...privacy.approver, credentials: [...privacy.approver.credentials, ...second.approver.credentials] };
    /** The policy of the others, with these two keys of one person, and so many approvals. */
    const withTwoKeys = async (approvals: number, work: (version: number) => Promise<void>): Promise<void> => {
      const held = testPolicy([privacy, other]);
      const rules = { ...held.rules, lane: { approvals, groups: ["privacy"], everyGroup: false } };
      const { rows } = await owner.query<{ version: number }>(
        "insert into parcelkeep.approval_policies (version, content, sha256) select max(version) + 1, $1, '' from parcelkeep.approval_policies returning version",
        [{ ...held, rules, approvers: [twoKeys, other.approver, new TestApprover("privacy").approver] }],
      );
      const credential = Buffer.from(second.credential, "base64url");
      await owner.query(
        "insert into parcelkeep.passkeys (credential, person, public_key, algorithm, counter, aaguid, synced) values ($1, $2, '', -7, 0, gen_random_uuid(), true) on conflict do nothing",
        [credential, privacy.person],
      );
      try {
        await work(rows[0]!.version);
      } finally {
        for (const table of ["approval_decisions", "approval_notices", "approval_requests"])
          await owner.query(`delete from parcelkeep.${table}`);
        await owner.query("delete from parcelkeep.approval_policies where version > 1");
      }
    };

    test("does not approve with the one what they asked for with the other, under whatever name a front writes it down", () =>
      withTwoKeys(1, async (version) => {
        const { id, scope } = await ask({ policy: version, requester: `person:${privacy.person}`, person: privacy.person });
        const evidence = second.decide(scope);
        assert.equal(await approve(id, privacy, evidence), "own-request");
        assert.equal(await approve(id, other, evidence), "approved", "a front that lies");
        await granterThat(delivered).turn();
        assert.equal(await stateOf(id), "requested");
      }));

    test("is one of two approvers, however often they sign", () =>
      withTwoKeys(2, async (version) => {
        const { id, scope } = await ask({ policy: version });
        assert.equal(await approve(id, privacy, privacy.decide(scope)), "requested");
        assert.equal(await approve(id, privacy, second.decide(scope)), "decided-before");
        assert.equal(await approve(id, privacy, privacy.decide(scope)), "decided-before", "nor again with the first");
        await granterThat(delivered).turn();
        assert.equal(await stateOf(id), "requested");
      }));
  });

  describe("asked for with an API key", () => {
    const keyOf = async (id: string, person: string | null): Promise<string> => {
      await owner.query(
        "insert into parcelkeep.api_keys (id, tenant, secret_sha256, scopes, owner) values ($1, $2, '', '{transfers}', $3)",
        [id, tenant, person],
      );
      return `key:${id}`;
    };

    test("its owner has asked and approves nothing", async () => {
      const requester = await keyOf("o".repeat(16), privacy.person);
      const { id, scope } = await ask({ requester, person: privacy.person });
      assert.equal(await approve(id, privacy, privacy.decide(scope)), "own-request");
      assert.equal(await approve(id, other, other.decide(scope)), "approved");
      await granterThat(delivered).turn();
      assert.equal(await stateOf(id), "granted");
    });

    test("without an owner, as by the operator's key, it takes one approver more: whoever approves may have asked", async () => {
      for (const requester of [await keyOf("n".repeat(16), null), "operator"]) {
        const { id, scope } = await ask({ requester, person: null });
        assert.equal((await front.get(null, id))!.needed, 2);
        assert.equal(await approve(id, privacy, privacy.decide(scope)), "requested");
        assert.equal(await approve(id, other, other.decide(scope)), "approved");
        await granterThat(delivered).turn();
        assert.equal(await stateOf(id), "granted");
      }
    });

    test("a front that names another person than the key's owner writes nothing down", async () => {
      const requester = await keyOf("l".repeat(16), privacy.person);
      for (const person of [null, asker]) await assert.rejects(ask({ requester, person }), { code: "PKA02" });
      await assert.rejects(ask({ requester: "operator", person: asker }), { code: "PKA02" });
    });
  });

  describe("a transfer that nobody has to decide about", () => {
    const automatic = async (more: object = {}): Promise<string> => {
      const id = randomUUID();
      const shipment = randomUUID();
      const token = "ptk_test";
      const state = JSON.stringify({ personal: [token, 0, 1, 0, 0, 0], words: ["name", "recipient"], main: [] });
      await owner.query("insert into parcelkeep.shipments (id, tenant, state) values ($1, $2, $3)", [shipment, tenant, state]);
      const scope = canonicalJson({
        ...{ v: 1, kind: "transfer", request: id, tenant, requester: `person:${asker}`, person: asker, policy: 1, rule: "automatic" },
        ...{ approveBy: new Date(Date.now() + 60_000).toISOString(), executeSeconds: 60, reason: "carrier-needs-address", evidence: "00" },
        ...{ nonce: id, shipment, fields: ["name"], tokens: [token], purpose: "delivery", basis: "contract", derogation: null, lane: null },
        ...{ breakGlass: false, recipient: { source: "gls", registerVersion: 1, agreementVersion: 1, url: handoverUrl }, ...more },
      } as never);
      const asked = { scope, country: "DE", words: Buffer.of(), wordsKey: Buffer.of(), idempotency: null, content: null };
      assert.equal((await front.requestAutomatic(asked)).outcome, "requested");
      return id;
    };
    const seen = async (id: string) => {
      await granterThat(delivered).turn();
      const { state, outcome, grant_id: grant } = (await front.get(null, id))!;
      return { state, outcome, isGrant: grant !== null };
    };

    test("is granted by register and policy, with a grant of its own and its entries in the log, and nobody is told", async () => {
      const id = await automatic();
      assert.deepEqual(await seen(id), { state: "granted", outcome: null, isGrant: true });
      const { rows } = await owner.query<{ type: string }>(
        "select type from parcelkeep.audit_outbox where facts ->> 'transfer' = $1 order by id",
        [id],
      );
      assert.deepEqual(
        rows.map(({ type }) => type),
        ["transfer.requested", "transfer.granted"],
      );
      const notices = await owner.query("select from parcelkeep.approval_notices where request = $1", [id]);
      assert.equal(notices.rowCount, 0);
    });

    test("is not granted where a person would have to decide, or the register is another by now", async () => {
      const held = register;
      try {
        for (const [changes, outcome] of [
          [{ country: "US", transferTool: "standard-contractual-clauses" }, "release-refused"],
          [{ contract: null }, "release-refused"],
          [{ fieldsAllowed: [] }, "release-refused"],
          [{ handoverUrl: "https://carrier.example/elsewhere" }, "register-changed"],
        ] as const) {
          register = [{ ...held[0]!, entry: { ...eeaCarrier, ...changes } as unknown as RegisterEntry }];
          assert.deepEqual(await seen(await automatic()), { state: "failed", outcome, isGrant: false });
        }
      } finally {
        register = held;
      }
    });

    test("is no way around approvals: a front cannot ask for anything else under its rule", async () => {
      const scope = canonicalJson({
        v: 1,
        kind: "lane",
        request: randomUUID(),
        tenant,
        requester: "operator",
        rule: "automatic",
        policy: 1,
      } as never);
      const asked = { scope, country: "US", words: Buffer.of(), wordsKey: Buffer.of(), idempotency: null, content: null };
      assert.equal((await front.requestAutomatic(asked)).outcome, "other-policy");
      assert.equal((await front.request(asked)).outcome, "other-policy");
    });
  });

  const losses = {
    "revoked passkey": "update parcelkeep.passkeys set revoked_at = now() where person = $1",
    "passkey of somebody who was disabled": "update parcelkeep.people set state = 'disabled', disabled_at = now() where id = $1",
    "passkey of somebody who may decide no longer": "delete from parcelkeep.operator_roles where person = $1",
  };
  for (const [whose, lose] of Object.entries(losses))
    test(`grants nothing by a ${whose}, though the policy names it and it signed in time`, async () => {
      const leaving = new TestApprover("privacy");
      await enrolApprovers(owner, leaving);
      const { rows } = await owner.query<{ version: number }>(
        "insert into parcelkeep.approval_policies (version, content, sha256) select max(version) + 1, $1, '' from parcelkeep.approval_policies returning version",
        [testPolicy([privacy, other, leaving])],
      );
      const { id, scope } = await ask({ policy: rows[0]!.version });
      assert.equal(await approve(id, leaving, leaving.decide(scope)), "approved");
      await owner.query(lose, [leaving.person]);
      await granterThat(delivered).turn();
      assert.equal(await stateOf(id), "requested");
      assert.equal((await front.decisions(id))[0]!.refused, true);
      assert.equal(await approve(id, other, other.decide(scope)), "approved");
      await granterThat(delivered).turn();
      assert.equal(await stateOf(id), "granted");
      await owner.query("delete from parcelkeep.approval_decisions");
      await owner.query("delete from parcelkeep.approval_notices");
      await owner.query("delete from parcelkeep.approval_requests");
      await owner.query("delete from parcelkeep.approval_policies where version > 1");
    });

  test("applies no change whose content is not what was signed", async () => {
    const content = testPolicy([privacy, new TestApprover("privacy")]);
    const change = { kind: "change", change: "approval-policy", rule: "change", tenant: null, recipient: null, fields: undefined };
    const forged = testPolicy([new TestApprover("privacy"), new TestApprover("privacy")]);
    const { fields: _, ...without } = { ...change, sha256: contentSha256(content) };
    const { id, scope } = await ask(without, forged);
    assert.equal(await approve(id, privacy, privacy.decide(scope)), "approved");
    await granterThat(delivered).turn();
    const { state, outcome } = (await front.get(null, id))!;
    assert.deepEqual([state, outcome], ["failed", "content-changed"]);
    assert.equal((await front.policy(null))!.version, 1);
  });

  test("starts an opener for each granted transfer, again where it did not come to use the grant, and calls its end unknown where it did", async () => {
    const { id, scope } = await ask();
    await approve(id, privacy, privacy.decide(scope));
    await owner.query("update parcelkeep.approval_requests set kind = 'transfer', execute_within = '5 minutes' where id = $1", [id]);
    opened.length = 0;
    const failing = granterThat(async () => {
      throw new OpenerError("failed", "as planned");
    });
    await failing.turn();
    await failing.settled();
    assert.equal(await stateOf(id), "granted");
    const dying = granterThat(async (request) => {
      assert.ok(request.purpose === "transfer");
      await owner.query("update parcelkeep.approval_requests set state = 'opening', used_at = now() where grant_id = $1", [
        request.approved,
      ]);
      throw new OpenerError("failed", "as planned");
    });
    await dying.turn();
    await dying.settled();
    assert.equal(await stateOf(id), "unknown");
    assert.equal(opened.length, 2);
    await dying.turn();
    assert.equal(opened.length, 2, "what was used is not used again");
  });
});
