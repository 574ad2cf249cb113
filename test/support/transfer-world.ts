import { hash, randomBytes, randomUUID } from "node:crypto";
import type { after as afterTests } from "node:test";
import { scopeSha256, type TransferScope } from "../../src/approvals/scope.ts";
import { canonicalJson, type CanonicalValue } from "../../src/audit/canonical-json.ts";
import { KeyedHash } from "../../src/domain/keyed-hash.ts";
import type { RegisterEntry } from "../../src/domain/register-entry.ts";
import { nothingForbidden } from "../../src/domain/release-decision.ts";
import { type Egress, type EgressCall } from "../../src/outbound/egress.ts";
import { granterStore } from "../../src/store/approval-store.ts";
import { transferUse, type GrantedGroup } from "../../src/store/transfer-use.ts";
import { sealGroup } from "../../src/vault/seal-group.ts";
import { formatToken, tokenOf } from "../../src/vault/token.ts";
import { testDatabase } from "./database.ts";
import { enrolApprovers, TestApprover, testPolicy } from "./test-approver.ts";
import { type TransferParts } from "../../src/main/releases/transfer-opening.ts";

export const tenant = randomUUID();
export const url = "https://carrier.example/addresses";
export const asker = randomUUID();
export const sessionKey = randomBytes(32);
export const groupId = randomBytes(19);
export const values = { name: "Ottilie Zwirnbaum", street: "Quittenstieg 117" };
export const fields = ["name", "street"] as const;
export const tokens = fields.map((field, at) => formatToken("eu1", field, tokenOf(groupId, at)));
export const entry = {
  source: "fedex",
  country: "US",
  ultimateOwner: { name: "X", country: "US" },
  role: "carrier",
  contract: { reference: "M", date: "2026-01-01" },
  transferTool: "standard-contractual-clauses",
  lawfulBasis: "contract",
  fieldsAllowed: fields,
  hosts: ["carrier.example"],
  path: "public",
  handoverUrl: url,
} as unknown as RegisterEntry;

/** A database with approvers and a merchant, grants as they are after approval, and the parts of an opener that can be made to fail. */
export async function transferWorld({ after }: { readonly after: typeof afterTests }) {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  const granter = granterStore(database.pool("parcelkeep_granter"));
  const use = transferUse(database.pool("parcelkeep_opener"));
  const [privacy, other] = [new TestApprover("privacy"), new TestApprover("privacy")];
  await owner.query("insert into parcelkeep.approval_policies (version, content, sha256) values (1, $1, '')", [
    testPolicy([privacy, other]),
  ]);

  await enrolApprovers(owner, privacy, other);

  const ownedKey = "a".repeat(16);
  await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'Shop')", [tenant]);
  await owner.query("insert into parcelkeep.api_keys (id, tenant, secret_sha256, scopes, owner) values ($1, $2, '', '{transfers}', $3)", [
    ownedKey,
    tenant,
    privacy.person,
  ]);

  const sealed = sealGroup({ id: 7, keys: { "personal-values": new KeyedHash(sessionKey) } } as never, tenant, {
    id: groupId,
    purpose: "personal-values",
    fields: fields.map((category, position) => ({ position, category, value: values[category] })),
  } as never);
  const groups = tokens.map((token, place): GrantedGroup => {
    return { ...sealed, token, groupId, place, session: 7, epoch: 1, purpose: "personal-values", wrapped: Buffer.of(1) };
  });

  const scopeOf = (more: Partial<TransferScope> = {}): TransferScope => ({
    v: 1,
    kind: "transfer",
    request: randomUUID(),
    tenant,
    requester: `person:${asker}`,
    person: asker,
    policy: 1,
    rule: "transfer",
    approveBy: new Date(Date.now() + 60_000).toISOString(),
    executeSeconds: 300,
    reason: "carrier-needs-address",
    evidence: "00",
    nonce: "x",
    shipment: randomUUID(),
    fields,
    tokens,
    recipient: { source: "fedex", registerVersion: 1, agreementVersion: 1, url },
    purpose: "delivery",
    basis: "contract",
    derogation: null,
    lane: null,
    breakGlass: false,
    ...more,
  });

  /** A grant as the database has it after approval. @param by whose passkey signed. @param signs what it signed, where that is not the scope. */
  const granted = async (more: Partial<TransferScope> = {}, by = privacy, signs?: TransferScope) => {
    const scope = scopeOf(more);
    const text = canonicalJson(scope as unknown as CanonicalValue);
    const signed = signs === undefined ? text : canonicalJson({ ...signs, request: scope.request } as unknown as CanonicalValue);
    const grant = randomUUID();
    await owner.query(
      `insert into parcelkeep.approval_requests (id, tenant, kind, state, requester, scope, scope_sha256, policy, rule, needed, reason, recipient, fields, tokens,
         approve_by, execute_within, granted_at, execute_by, grant_id)
       values ($1, $2, 'transfer', 'granted', $3, $4, $5, 1, 'transfer', 1, 'x', 'fedex', $6, $7, now(), '5 minutes', now(), now() + interval '5 minutes', $8)`,
      [scope.request, tenant, scope.requester, text, scopeSha256(text), fields, tokens, grant],
    );
    await owner.query("insert into parcelkeep.approval_decisions (request, person, decision, evidence) values ($1, $2, 'approve', $3)", [
      scope.request,
      by.person,
      by.decide(signed),
    ]);
    return { id: scope.request, grant };
  };

  const parts = (more: Partial<TransferParts> = {}, answers: Egress["send"] = async () => answered) => {
    const sent: EgressCall[] = [];
    const taken: Uint8Array[] = [];
    const egress: Egress = {
      send: async (call) => {
        sent.push({ ...call, body: Buffer.from(call.body!) });
        return answers(call);
      },
    };
    const given: TransferParts = {
      tenant,
      use: { ...use, groups: async () => groups },
      registerOf: async () => [{ entry, version: 1, validFrom: new Date(), agreementVersion: 1 }],
      policyOf: async () => nothingForbidden,
      isLogged: async () => true,
      keys: { unwrap: async () => Buffer.from(sessionKey) } as never,
      egressFor: () => egress,
      ingress: { take: async (_tenant, _source, payload) => taken.push(Buffer.from(payload)) > 0 },
      now: () => new Date(),
      ...more,
    };
    return { given, sent, taken, egress };
  };
  const answered = { status: 200, headers: {}, body: Buffer.from('{"deliveredTo":"Ottilie Zwirnbaum"}') };

  const stateOf = async (id: string) =>
    (
      await owner.query<{ state: string; outcome: string | null }>(
        "select state, outcome from parcelkeep.approval_requests where id = $1",
        [id],
      )
    ).rows[0]!;
  const entriesOf = async (grant: string): Promise<readonly string[]> =>
    (
      await owner.query<{ type: string }>("select type from parcelkeep.audit_outbox where facts ->> 'grant' = $1 order by id", [grant])
    ).rows.map(({ type }) => type);

  /** A second version, and its end with the test. @param by whose passkey signed it; null: nobody's. */
  const withSecondPolicy = async (content: object, by: TestApprover | null, work: () => Promise<void>): Promise<void> => {
    const id = randomUUID();
    const sha256 = hash("sha256", canonicalJson(content as CanonicalValue), "hex");
    const scope = canonicalJson({
      v: 1,
      kind: "change",
      change: "approval-policy",
      rule: "change",
      policy: 1,
      requester: `person:${asker}`,
      person: asker,
      request: id,
      sha256,
    });
    await owner.query(
      `insert into parcelkeep.approval_requests (id, kind, state, requester, scope, scope_sha256, policy, rule, needed, reason, approve_by, execute_within)
       values ($1, 'change', 'delivered', $3, $2, '', 1, 'change', 1, 'staff-change', now(), '0')`,
      [id, scope, `person:${asker}`],
    );
    if (by !== null)
      await owner.query("insert into parcelkeep.approval_decisions (request, person, decision, evidence) values ($1, $2, 'approve', $3)", [
        id,
        by.person,
        by.decide(scope),
      ]);
    await owner.query("insert into parcelkeep.approval_policies (version, content, sha256, request) values (2, $1, '', $2)", [content, id]);
    try {
      await work();
    } finally {
      await owner.query("delete from parcelkeep.approval_policies where version = 2");
    }
  };

  return {
    database,
    answered,
    owner,
    granter,
    use,
    privacy,
    other,
    ownedKey,
    groups,
    scopeOf,
    granted,
    parts,
    stateOf,
    entriesOf,
    withSecondPolicy,
  };
}
