import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type PowerRole, powerRoles } from "../../src/store/roles.ts";
import { testDatabase } from "../support/database.ts";

/** What each role may do, as DESIGN section 5 has it; everything that is not named here must be refused. */
const reads: Readonly<Record<string, readonly PowerRole[]>> = {
  "select * from parcelkeep.tenants": ["parcelkeep_ingress", "parcelkeep_api"],
  "select * from parcelkeep.api_keys": [],
  "select * from parcelkeep.api_key('x')": ["parcelkeep_api"],
  "select * from parcelkeep.endpoints": ["parcelkeep_ingress", "parcelkeep_api"],
  "select * from parcelkeep.ingest_sessions": [],
  "select * from parcelkeep.token_index": [],
  "select * from parcelkeep.sealed_groups": [],
  "select * from parcelkeep.subject_links": [],
  "select salt from parcelkeep.records": [],
  "select dedupe from parcelkeep.records": [],
  "select id, state from parcelkeep.records": ["parcelkeep_api"],
  "select message from parcelkeep.inbox": [],
  "select * from parcelkeep.raw_batches": ["parcelkeep_archivist"],
  "select * from parcelkeep.raw_pieces": ["parcelkeep_archivist"],
  "select * from parcelkeep.shipments": ["parcelkeep_api"],
  "select * from parcelkeep.outcomes": ["parcelkeep_api"],
  "select * from parcelkeep.dead_letters": ["parcelkeep_api"],
  "select * from parcelkeep.segments": ["parcelkeep_archivist", "parcelkeep_api"],
  "delete from parcelkeep.records": [],
  "delete from parcelkeep.sealed_groups": [],
  "delete from parcelkeep.segments": [],
  "delete from parcelkeep.shipments": [],
  "delete from parcelkeep.inbox": [],
  "delete from parcelkeep.raw_batches": ["parcelkeep_archivist"],
  "delete from parcelkeep.raw_pieces": ["parcelkeep_archivist"],
  "update parcelkeep.records set salt = null": [],
  "update parcelkeep.records set state = 'p'": [],
  "update parcelkeep.shipments set state = ''": [],
  "insert into parcelkeep.outcomes (record, jobs) select null, null where false": [],
  "update parcelkeep.segments set records = 0": ["parcelkeep_archivist"],
  "insert into parcelkeep.records (id) select null where false": [],
  "insert into parcelkeep.inbox (lane, record, tenant, received_at, message) select 0, null, null, now(), '' where false": [
    "parcelkeep_api",
  ],
  "select * from parcelkeep.claim_jobs(0, 1, 1)": ["parcelkeep_worker"],
  "select * from parcelkeep.lock_shipments('{}')": ["parcelkeep_worker"],
  "select * from parcelkeep.track('{}')": ["parcelkeep_api"],
  "select * from parcelkeep.known_records('{}')": ["parcelkeep_ingress"],
  "select * from parcelkeep.tokens_of(gen_random_uuid(), '{}')": ["parcelkeep_api"],
  "select parcelkeep.link_subjects('{}', '{}', '{}')": ["parcelkeep_ingress"],
  "select * from parcelkeep.record_subjects": [],
  "select * from parcelkeep.legal_holds": [],
  "select * from parcelkeep.erasures": [],
  "select * from parcelkeep.tombstones": [],
  "select * from parcelkeep.frozen_index": [],
  "select * from parcelkeep.search_persons('x', 1, 1, 1, gen_random_uuid(), '{}', '{}')": ["parcelkeep_api"],
  "select * from parcelkeep.person_overview(gen_random_uuid(), '{}')": ["parcelkeep_api"],
  "select * from parcelkeep.person_shipments(gen_random_uuid(), '{}', 1)": ["parcelkeep_api"],
  "select parcelkeep.request_erasure(gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '', null)": ["parcelkeep_api"],
  "select * from parcelkeep.erasure(gen_random_uuid(), gen_random_uuid())": ["parcelkeep_api"],
  "select parcelkeep.place_hold(gen_random_uuid(), gen_random_uuid(), null)": ["parcelkeep_api"],
  "select parcelkeep.release_hold(gen_random_uuid(), gen_random_uuid())": ["parcelkeep_api"],
  "select parcelkeep.pending_evictions(gen_random_uuid())": ["parcelkeep_api"],
  "select parcelkeep.acknowledge_evictions(gen_random_uuid(), '{}')": ["parcelkeep_api"],
  "select * from parcelkeep.open_erasures(true)": ["parcelkeep_keeper"],
  "select parcelkeep.freeze_erasure(gen_random_uuid())": ["parcelkeep_keeper"],
  "select parcelkeep.missing_evictions(gen_random_uuid())": ["parcelkeep_keeper"],
  "select parcelkeep.destroy_erasure(gen_random_uuid())": ["parcelkeep_keeper"],
  "select * from parcelkeep.erasure_facts(gen_random_uuid())": ["parcelkeep_keeper"],
  "select parcelkeep.note_tombstone(gen_random_uuid())": ["parcelkeep_keeper"],
  "select parcelkeep.note_probe(gen_random_uuid(), '{}')": ["parcelkeep_keeper"],
  "select parcelkeep.note_proof(gen_random_uuid(), '', '{}')": ["parcelkeep_keeper"],
  "select parcelkeep.unknown_erasures('{}')": ["parcelkeep_keeper"],
  "select parcelkeep.reapply_erasure(gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '{}', '', now())": ["parcelkeep_keeper"],
  "select * from parcelkeep.retention_places": [],
  "select parcelkeep.sweep_texts('1970-01-01')": ["parcelkeep_keeper"],
  "select parcelkeep.sweep_values('1970-01-01', 0)": ["parcelkeep_keeper"],
  "select parcelkeep.sweep_records('00000000-0000-0000-0000-000000000000', 1)": ["parcelkeep_keeper"],
  "select parcelkeep.held_subjects()": [],
  "select parcelkeep.is_active(gen_random_uuid(), gen_random_uuid(), now())": [],
  "select parcelkeep.destroy_subjects(gen_random_uuid(), '{}')": [],
  "select parcelkeep.records_of('{}')": [],

  "select parcelkeep.closed_of('{}')": [],
  "select parcelkeep.open_ingest_session(gen_random_uuid(), 1, '', '', '')": ["parcelkeep_ingress"],
  "select * from parcelkeep.vault_policies": [],
  "select * from parcelkeep.vault_policy(gen_random_uuid())": ["parcelkeep_ingress", "parcelkeep_api"],
  "select * from parcelkeep.short_tokens": [],
  "select * from parcelkeep.masked_views": [],
  "select * from parcelkeep.beacons": [],
  "select * from parcelkeep.token_usage": [],
  "update parcelkeep.vault_policies set masked = '{}'": [],
  "update parcelkeep.token_usage set misses = 0": [],
  "select parcelkeep.claim_values('x', 1, 1, 1, 1, gen_random_uuid(), 1, 1, '{}', '{}', '{}', '{}', 1::smallint)": ["parcelkeep_ingress"],
  "select parcelkeep.store_values(gen_random_uuid(), gen_random_uuid(), 1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')":
    ["parcelkeep_ingress"],
  "select * from parcelkeep.token_metadata(gen_random_uuid(), decode(repeat('00', 20), 'hex'))": ["parcelkeep_api"],
  "select parcelkeep.token_of_short(gen_random_uuid(), '')": ["parcelkeep_api"],
  "select * from parcelkeep.tokens_by_beacon(gen_random_uuid(), '', '{}', '{}', '', 1)": ["parcelkeep_api"],
  "select parcelkeep.spend_token_search('x', 1)": ["parcelkeep_api"],
  "select parcelkeep.set_vault_policy(gen_random_uuid(), '{}', '{}')": ["parcelkeep_api"],
  "select * from parcelkeep.used_grants": [],
  "select parcelkeep.use_grant(gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'access-export')": ["parcelkeep_opener"],
  "select * from parcelkeep.groups_to_open(gen_random_uuid(), 1)": ["parcelkeep_opener"],
  "select parcelkeep.use_replay_grant(gen_random_uuid(), gen_random_uuid(), gen_random_uuid())": ["parcelkeep_opener"],
  "select * from parcelkeep.record_to_open(gen_random_uuid())": ["parcelkeep_opener"],
  "select parcelkeep.note_replay(gen_random_uuid(), gen_random_uuid(), gen_random_uuid())": ["parcelkeep_api"],
  "select * from parcelkeep.quarantined_record(gen_random_uuid(), gen_random_uuid())": ["parcelkeep_api"],
  "select * from parcelkeep.waiting_for_persons()": ["parcelkeep_api"],
  "select * from parcelkeep.same_subjects(gen_random_uuid(), gen_random_uuid())": [],
  "select * from parcelkeep.audit_outbox": [],
  "select * from parcelkeep.audit_entries": [],
  "select * from parcelkeep.audit_logs": [],
  "update parcelkeep.audit_entries set body = ''": [],
  "delete from parcelkeep.audit_outbox": [],
  "insert into parcelkeep.audit_powers (role, type) select null, null where false": [],
  "select parcelkeep.audit('log.opened', null, '{}')": [],
  "select parcelkeep.open_audit_log('x', 'x', '{}')": [],
  "select parcelkeep.append_audit('log.closed', null, '{}')": ["parcelkeep_sequencer"],
  "select * from parcelkeep.audit_place(gen_random_uuid())": [
    "parcelkeep_api",
    "parcelkeep_opener",
    "parcelkeep_keeper",
    "parcelkeep_rekeyer",
    "parcelkeep_outbound",
    "parcelkeep_sequencer",
  ],
  "select * from parcelkeep.lead_audit_log('x', 'x', '{}')": ["parcelkeep_sequencer"],
  "select * from parcelkeep.open_audit_shards()": ["parcelkeep_api", "parcelkeep_sequencer"],
  "select * from parcelkeep.take_audit_outbox('x', 1, 1)": ["parcelkeep_sequencer"],
  "select parcelkeep.place_audit_entries('x', 1, 0, '{}', '{}', '{}', '{}', '{}', '{}')": ["parcelkeep_sequencer"],
  "select parcelkeep.close_audit_log('x', 1, 'y', 'y', '{}')": ["parcelkeep_sequencer"],
  "select * from parcelkeep.audit_bodies('x', 0, 1)": ["parcelkeep_sequencer"],
  "select * from parcelkeep.audit_page(null, 'x', 1, null, 1)": ["parcelkeep_api"],
  "select * from parcelkeep.audit_entry(null, 'x', 1)": ["parcelkeep_api"],
  "select * from parcelkeep.audit_backlog()": ["parcelkeep_api"],
  "set role parcelkeep_owner": [],
  "select * from parcelkeep.wraps_to_move(1, 0, 1)": ["parcelkeep_rekeyer"],
  "select parcelkeep.move_wraps(gen_random_uuid(), '{}', '{}', '{}', '{}', '{}')": ["parcelkeep_rekeyer"],
  "select * from parcelkeep.begin_wrap_rotation('epoch', 'test')": ["parcelkeep_rekeyer"],
  "select * from parcelkeep.wraps_by_epoch()": ["parcelkeep_rekeyer"],
  "select parcelkeep.retire_epochs(1, 'test')": ["parcelkeep_rekeyer"],
  "select * from parcelkeep.rotations": ["parcelkeep_rekeyer"],
  "select * from parcelkeep.reencryptions": ["parcelkeep_rekeyer"],
  "select * from parcelkeep.begin_index_rotation('test', null, 1)": ["parcelkeep_rekeyer"],
  "select * from parcelkeep.index_versions_in(gen_random_uuid())": ["parcelkeep_rekeyer"],
  "select * from parcelkeep.index_entries_to_move(gen_random_uuid(), null, 1)": ["parcelkeep_rekeyer"],
  "select parcelkeep.move_index_entries(gen_random_uuid(), '{}', '{}', '{}', gen_random_uuid())": ["parcelkeep_rekeyer"],
  "select parcelkeep.finish_index_rotation(gen_random_uuid())": ["parcelkeep_rekeyer"],
  "select * from parcelkeep.index_versions_of(gen_random_uuid())": [
    "parcelkeep_ingress",
    "parcelkeep_api",
    "parcelkeep_keeper",
    "parcelkeep_rekeyer",
    "parcelkeep_outbound",
  ],
  "select parcelkeep.hold_index_versions('{}', '{}')": [],
  "select * from parcelkeep.index_versions": [],
  "update parcelkeep.token_index set blind = null where false": [],
  "update parcelkeep.wrap_epochs set minimum = 1": [],
  "update parcelkeep.ingest_sessions set epoch = 1": [],
  "update parcelkeep.reencryptions set entries = 0": [],
  "delete from parcelkeep.reencryptions": [],
  "delete from parcelkeep.rotations": [],
  "select parcelkeep.known_blinds(gen_random_uuid(), '{}')": ["parcelkeep_outbound"],
  "select parcelkeep.note_egress_refusal(gen_random_uuid(), 'gls', 'leak', '[]')": ["parcelkeep_outbound"],
  "select * from parcelkeep.egress_refusals": ["parcelkeep_api"],
  "select * from parcelkeep.register_entries": [],
  "select * from parcelkeep.tenant_agreements": [],
  "select parcelkeep.load_register('[]')": [],
  "select * from parcelkeep.register_of(gen_random_uuid())": ["parcelkeep_api", "parcelkeep_outbound", "parcelkeep_opener"],
  "select parcelkeep.agree_with_recipient(gen_random_uuid(), 'gls', '{}', 'x')": ["parcelkeep_api"],
  "delete from parcelkeep.egress_refusals": [],
  "select id, source from parcelkeep.carrier_accounts": ["parcelkeep_api"],
  "select sealed from parcelkeep.carrier_accounts": [],
  "select wrapped from parcelkeep.carrier_accounts": [],
  "update parcelkeep.carrier_accounts set held_until = null": [],
  "select * from parcelkeep.poll_due": [],
  "select * from parcelkeep.poll_tenants": [],
  "select * from parcelkeep.quota_use": [],
  "update parcelkeep.quota_use set free_at = now()": [],
  "select * from parcelkeep.releases": ["parcelkeep_api"],
  "update parcelkeep.releases set outcome = ''": [],
  "delete from parcelkeep.releases": [],
  "select * from parcelkeep.source_hours": [],
  "select parcelkeep.add_carrier_account(gen_random_uuid(), gen_random_uuid(), '', '{}', 0::smallint, gen_random_uuid(), 1, '', '')": [
    "parcelkeep_api",
  ],
  "select parcelkeep.remove_carrier_account(gen_random_uuid(), gen_random_uuid())": ["parcelkeep_api"],
  "select * from parcelkeep.carrier_accounts_of(gen_random_uuid())": ["parcelkeep_api"],
  "select * from parcelkeep.poll_backlog(gen_random_uuid())": ["parcelkeep_api"],
  "select * from parcelkeep.source_health()": ["parcelkeep_api", "parcelkeep_outbound"],
  "select * from parcelkeep.outbound_accounts()": ["parcelkeep_outbound"],
  "select * from parcelkeep.quota_uses('{}')": ["parcelkeep_outbound"],
  "select parcelkeep.hold_account(gen_random_uuid(), null, null)": ["parcelkeep_outbound"],
  "select parcelkeep.enrol_shipments(1)": ["parcelkeep_outbound"],
  "select parcelkeep.assign_polls(1)": ["parcelkeep_outbound"],
  "select * from parcelkeep.due_accounts()": ["parcelkeep_outbound"],
  "select * from parcelkeep.claim_polls(gen_random_uuid(), 1, '1 second')": ["parcelkeep_outbound"],
  "select parcelkeep.settle_polls('{}', '{}', '{}', '{}', '{}', '{}')": ["parcelkeep_outbound"],
  "select * from parcelkeep.begin_call(gen_random_uuid(), gen_random_uuid(), '', '', '{}', '{}', '{}', '{}', '{}')": [
    "parcelkeep_outbound",
  ],
  "select parcelkeep.end_call(gen_random_uuid(), '', 'gls', false, 0, 0)": ["parcelkeep_outbound"],
  "select parcelkeep.record_release(gen_random_uuid(), gen_random_uuid(), '', '', '', '{}', '', null, '{}')": [],
  "select parcelkeep.account_for(gen_random_uuid(), '')": [],
  "select parcelkeep.token_bytes('')": [],
  "select * from parcelkeep.credential_wraps_to_move(1, 1)": ["parcelkeep_rekeyer"],
  "select parcelkeep.move_credential_wraps(gen_random_uuid(), '{}', '{}', '{}')": ["parcelkeep_rekeyer"],
  "select * from parcelkeep.credential_wraps_by_epoch()": ["parcelkeep_rekeyer"],
  "create table parcelkeep.mine (x int)": [],
  "create table public.mine (x int)": [],
  "select pg_read_file('postgresql.conf')": [],
  "create temporary table mine (x int)": [],
};
const roles: readonly PowerRole[] = powerRoles;

describe("the table of powers", async () => {
  const database = await testDatabase({ after });
  for (const role of roles) {
    test(`${role} can do what stands in it and nothing else`, async () => {
      const pool = database.pool(role);
      const client = await pool.connect();
      try {
        for (const [statement, allowed] of Object.entries(reads)) {
          await client.query("begin");
          const refusal = await client.query(statement).then(
            () => null,
            (error: { code: string }) => error.code,
          );
          await client.query("rollback");
          assert.equal(refusal, allowed.includes(role) ? null : "42501", statement);
        }
      } finally {
        client.release();
      }
    });
  }

  test("the API sees nothing while no tenant is set, and only the one that is", async () => {
    const owner = database.pool("parcelkeep_owner");
    const [one, two] = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"];
    for (const tenant of [one, two]) {
      await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'T')", [tenant]);
      await owner.query(
        "insert into parcelkeep.shipments (id, public_id, tenant, state) values (gen_random_uuid(), $1::uuid::text, $1, '{}')",
        [tenant],
      );
    }
    const api = database.pool("parcelkeep_api");
    assert.equal((await api.query("select * from parcelkeep.shipments")).rowCount, 0);
    const { rows } = await api.query(
      "select s.* from parcelkeep.shipments_page($1, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 10) s",
      [one],
    );
    assert.deepEqual(
      rows.map((row: { public_id: string }) => row.public_id),
      [one],
    );
  });
});
