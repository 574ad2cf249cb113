import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { testDatabase } from "../support/database.ts";

/** Policies that let a role see the rows of every tenant. */
const openPolicies: Readonly<Record<string, string>> = {
  ingress_endpoints: "a webhook names its endpoint before anything says whose it is",
  archivist_records: "segments hold the records of all tenants; what is in them is sealed",
  api_inbox_depth: "the depth of the inbox is counted, in columns that say nothing of a message",
  api_new_keys: "a tenant's first key is made with the tenant",
  api_queue_state: "what the queue says of itself: three counts of the whole program",
  rekeyer_rotations: "keys are rotated for all tenants",
  rekeyer_reencryptions: "keys are rotated for all tenants",
};

/** Everything that is kept for one tenant, of each kind, so that a call for another tenant would find something if it looked. */
interface Kept {
  readonly tenant: string;
  readonly subject: string;
  readonly record: string;
  readonly shipment: string;
  readonly number: string;
  readonly blind: string;
  readonly token: Buffer;
  readonly code: Buffer;
  readonly erasure: string;
  readonly deadLetter: string;
  readonly account: string;
  readonly letter: string;
  readonly webhook: string;
  readonly event: string;
}

describe("tenants are apart", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  const api = database.pool("parcelkeep_api");
  const rows = async (text: string, values: unknown[] = []): Promise<readonly Record<string, unknown>[]> =>
    (await owner.query<Record<string, unknown>>(text, values)).rows;
  let mine: Kept;
  let theirs: Kept;

  before(async () => {
    await rows("insert into parcelkeep.register_entries (source, version, content, changed_by) values ('gls', 1, '{}', 'test')");
    mine = await keep();
    theirs = await keep();
  });

  async function keep(): Promise<Kept> {
    const ids = Array.from({ length: 11 }, () => randomUUID());
    const [tenant, subject, record, shipment, blind, erasure, deadLetter, account, letter, webhook, event] = ids;
    const group = randomBytes(19);
    const token = Buffer.concat([group, Buffer.of(0)]);
    const [code, number] = [randomBytes(13), `ptk_${randomUUID()}`];
    const insert = (table: string, row: Record<string, unknown>) =>
      owner.query(
        `insert into parcelkeep.${table} (${Object.keys(row).join(", ")}) values (${Object.keys(row)
          .map((_, at) => `$${at + 1}`)
          .join(", ")})`,
        Object.values(row),
      );
    const inbox = { record, tenant, lane: 0, message: "", received_at: new Date() };
    await insert("tenants", { id: tenant, name: "T" });
    await insert("ingest_sessions", {
      id: randomBytes(3).readUIntBE(0, 3),
      tenant,
      epoch: 1,
      wrapped_raw: "",
      wrapped_values: "",
      wrapped_numbers: "",
    });
    await insert("sealed_groups", { id: group, tenant, subject, record, session: 1, purpose: "p", salt: "", commitment: "", sealed: "" });
    await insert("token_index", { blind, tenant, token, subject });
    await insert("record_subjects", { subject, record });
    await insert("short_tokens", { code, tenant, group_id: group, position: 0 });
    await insert("masked_views", { group_id: group, position: 0, tenant, category: "phone", sealed: "view" });
    await insert("beacons", { tenant, category: "city", partition: 0, beacon: 7, group_id: group, position: 0 });
    await insert("vault_policies", { tenant, masked: ["phone"] });
    await insert("index_versions", { tenant, version: 2, root_epoch: 1, rotation: await rotation(), moved_at: new Date() });
    await insert("records", { id: record, dedupe: randomUUID(), content: randomUUID(), tenant, endpoint: "e", source: "s", received_at: new Date(), session: 1, batch: 1, batch_offset: 0, sealed_bytes: 0, message_count: 1 }); // prettier-ignore
    await insert("shipments", { id: shipment, public_id: randomUUID(), tenant, state: "{}" });
    await insert("shipment_numbers", { number, place: 0, tenant, shipment });
    await insert("outcomes", { record, shipment, jobs: 1 });
    await insert("dead_letters", { id: deadLetter, ...inbox, code: "c" });
    await insert("carrier_accounts", { id: account, tenant, source: "gls", carriers: ["gls"], rank: 0, credential: account, epoch: 1, wrapped: "", sealed: "" }); // prettier-ignore
    await insert("outbound_letters", { id: letter, tenant, account, source: "gls", code: "c" });
    await insert("letter_triage", { letter: deadLetter, tenant, state: "acknowledged", reason: "other", decided_by: "test" });
    await insert("quota_use", { credential: account, quota: "calls/1/1000", free_at: new Date() });
    await insert("transfer_policies", { tenant, version: 1, content: "{}", changed_by: "test" });
    await insert("legal_holds", { subject, tenant });
    await insert("erasures", { id: erasure, tenant, subject: randomUUID(), reason: "objection" });
    await insert("tenant_agreements", { tenant, source: "gls", version: 1, content: "{}", changed_by: "test" });
    await insert("webhook_endpoints", { id: webhook, tenant, url: "https://shop.example/", signature: "h" });
    await insert("webhook_events", { id: event, tenant, shipment, body: "{}" });
    await insert("webhook_deliveries", { endpoint: webhook, event, state: "x", finished_at: new Date() });
    return { tenant, subject, record, shipment, number, blind, token, code, erasure, deadLetter, account, letter, webhook, event } as Kept;
  }

  async function rotation(): Promise<unknown> {
    const [row] = await rows(
      "insert into parcelkeep.rotations (kind, operator, from_version, finished_at) values ('blind-index', 'test', 1, now()) returning id",
    );
    return row!["id"];
  }

  test("by row-level security on every table that names one and that a role reads or writes itself, and on the vault's", async () => {
    const bare = await rows(
      `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant' and not a.attisdropped
       where c.relnamespace = 'parcelkeep'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity and (c.relname = any($1) or exists (
         select from pg_roles r where r.rolname like 'parcelkeep_%' and not r.rolsuper
           and (has_any_column_privilege(r.oid, c.oid, 'select, insert, update') or has_table_privilege(r.oid, c.oid, 'delete'))))`,
      [["sealed_groups", "token_index", "frozen_index", "ingest_sessions", "subject_links", "short_tokens", "masked_views", "beacons"]],
    );
    assert.deepEqual(bare, []);
  });

  test("by policies that compare the tenant, but for those that say why not", async () => {
    const policies = await rows(
      "select policyname as name, coalesce(qual, '') || coalesce(with_check, '') as rule from pg_policies where schemaname = 'parcelkeep'",
    );
    const open = policies
      .filter(({ rule }) => !/current_tenant\(\)|FROM parcelkeep\.records/.test(String(rule)))
      .map(({ name }) => String(name));
    assert.deepEqual(open.toSorted(), Object.keys(openPolicies).toSorted());
  });

  test("in tables that a role reads itself: none while no tenant is set", async () => {
    for (const table of ["shipments", "shipment_numbers", "outcomes", "dead_letters", "endpoints", "egress_refusals"])
      assert.equal((await api.query(`select from parcelkeep.${table}`)).rowCount, 0, table);
    assert.equal((await api.query("select id from parcelkeep.records")).rowCount, 0);
  });

  /** What the API asks for one tenant about the things of one, and whether the answer says anything. */
  const calls: Readonly<
    Record<string, { readonly values: (tenant: string, of: Kept) => unknown[]; readonly says?: (row: any) => boolean }>
  > = {
    "add_carrier_account(gen_random_uuid(), $1, 'ups', '{ups}', 0::smallint, gen_random_uuid(), 1, '', '')": {
      values: (tenant) => [tenant],
      says: (row) => row.add_carrier_account,
    },
    "carrier_accounts_of($1)": { values: (tenant) => [tenant] },
    "poll_backlog($1)": { values: (tenant) => [tenant] },
    "remove_carrier_account($1, $2)": { values: (tenant, { account }) => [tenant, account], says: (row) => row.remove_carrier_account },
    "retry_outbound_letters($1, array[$2::uuid], null, null)": {
      values: (tenant, { letter }) => [tenant, letter],
      says: (row) => row.retry_outbound_letters > 0,
    },
    "agree_with_recipient($1, 'gls', '{}', 'test', null)": { values: (tenant) => [tenant], says: (row) => row.agree_with_recipient },
    "agreements_with($1, 'gls')": { values: (tenant) => [tenant] },
    "set_transfer_policy($1, '{\"refusedRecipients\": []}', 'test', null)": {
      values: (tenant) => [tenant],
      says: (row) => row.set_transfer_policy !== null,
    },
    "transfer_policy_of($1)": { values: (tenant) => [tenant] },
    "account_quotas($1)": { values: (tenant) => [tenant] },
    "triage_letters($1, array[$2::uuid], null, null, 'acknowledged', 'other', null, 'test')": {
      values: (tenant, { letter }) => [tenant, letter],
      says: (row) => row.triage_letters > 0,
    },
    "change_webhook_endpoint($1, $2, null, 'd')": {
      values: (tenant, { webhook }) => [tenant, webhook],
      says: (row) => row.change_webhook_endpoint,
    },
    "dead_deliveries($1, $2, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 10)": {
      values: (tenant, { webhook }) => [tenant, webhook],
    },
    "delete_webhook_endpoint($1, $2)": {
      values: (tenant, { webhook }) => [tenant, webhook],
      says: (row) => row.delete_webhook_endpoint,
    },
    "register_of($1)": { values: (tenant) => [tenant], says: (row) => row.agreement !== null },
    "replay_webhook_events($1, $2, '2000-01-01', 'infinity', 10)": {
      values: (tenant, { webhook }) => [tenant, webhook],
      says: (row) => row.replay_webhook_events !== null,
    },
    "retry_delivery($1, $2, $3)": {
      values: (tenant, { webhook, event }) => [tenant, webhook, event],
      says: (row) => row.retry_delivery,
    },
    "rotate_webhook_secret($1, $2, '', null, 1)": {
      values: (tenant, { webhook }) => [tenant, webhook],
      says: (row) => row.rotate_webhook_secret,
    },
    "webhook_endpoints_of($1, $2)": { values: (tenant, { webhook }) => [tenant, webhook] },
    "dead_letter_page($1, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 10, null)": {
      values: (tenant) => [tenant],
      says: (row) => [mine, theirs].some(({ deadLetter }) => deadLetter === row.id),
    },
    "erasure($1, $2)": { values: (tenant, { erasure }) => [tenant, erasure] },
    "index_versions_of($1)": { values: (tenant) => [tenant] },
    "person_overview($1, array[$2::uuid])": {
      values: (tenant, { subject }) => [tenant, subject],
      says: (row) => row.records !== "0" || row.value_groups !== "0" || row.is_held || row.first_seen !== null,
    },
    "person_shipments($1, array[$2::uuid], 10)": { values: (tenant, { subject }) => [tenant, subject] },
    "place_hold($1, $2, 'r')": { values: (tenant, { subject }) => [tenant, subject], says: (row) => row.place_hold },
    "receipt($1, $2)": { values: (tenant, { record }) => [tenant, record] },
    "release_hold($1, $2)": { values: (tenant, { subject }) => [tenant, subject], says: (row) => row.release_hold },
    "request_erasure($1, $2, gen_random_uuid(), 'objection', null)": {
      values: (tenant, { subject }) => [tenant, subject],
      says: (row) => row.request_erasure !== null,
    },
    "retry_dead_letter($1, $2)": { values: (tenant, { deadLetter }) => [tenant, deadLetter], says: (row) => row.retry_dead_letter },
    "search_persons('c', 9, 9, 9, $1, array[$2::uuid], array[null::uuid])": {
      values: (tenant, { blind }) => [tenant, blind],
      says: (row) => row.misses === 0 || row.persons.length > 0,
    },
    "set_vault_policy($1, '{phone}', '{\"city\": 1}')": { values: (tenant) => [tenant], says: (row) => row.set_vault_policy },
    "shipments_by_id($1, array[$2::uuid])": { values: (tenant, { shipment }) => [tenant, shipment] },
    "shipments_by_number($1, array[$2::text])": { values: (tenant, { number }) => [tenant, number] },
    "shipments_page($1, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 10)": { values: (tenant) => [tenant] },
    "token_metadata($1, $2)": { values: (tenant, { token }) => [tenant, token] },
    "token_of_short($1, $2)": { values: (tenant, { code }) => [tenant, code], says: (row) => row.token_of_short !== null },
    "tokens_by_beacon($1, 'city', '{0}', '{7}', '', 10)": { values: (tenant) => [tenant] },
    "tokens_of($1, array[$2::uuid])": { values: (tenant, { blind }) => [tenant, blind] },
    "vault_policy($1)": { values: (tenant) => [tenant] },
  };

  test("in functions: each that the API may call with a tenant looks at it", async () => {
    const named = await rows(
      `select p.proname as name, p.prosrc as body from pg_proc p where p.pronamespace = 'parcelkeep'::regnamespace and 'p_tenant' = any(p.proargnames)
       and has_function_privilege('parcelkeep_api', p.oid, 'execute')`,
    );
    assert.deepEqual(
      named.filter(({ body }) => !/\bp_tenant\b/.test(String(body))).map(({ name }) => name),
      [],
    );
    const names = new Set(named.map(({ name }) => name));
    for (const call of Object.keys(calls)) assert.ok(names.has(call.split("(")[0]), call);
  });

  for (const [call, { values, says = () => true }] of Object.entries(calls)) {
    test(`${call.split("(")[0]} answers for its tenant, and nothing of another's`, async () => {
      const answers = async (tenant: string, of: Kept): Promise<boolean> => {
        const client = await api.connect();
        try {
          await client.query("begin");
          const { rows: found } = await client.query(`select * from parcelkeep.${call}`, values(tenant, of));
          return found.some(says);
        } finally {
          await client.query("rollback");
          client.release();
        }
      };
      assert.equal(await answers(theirs.tenant, theirs), true, "its own");
      // A call that names no thing of a tenant's lists the caller's: a tenant that has nothing gets nothing.
      const stranger = values(mine.tenant, theirs).length === 1 ? randomUUID() : mine.tenant;
      assert.equal(await answers(stranger, theirs), false, "another's");
    });
  }
});
