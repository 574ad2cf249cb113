-- Tenants apart (DESIGN section 5). A role reads rows under row-level security, or through a function that names the tenant; a table that no role reads refuses
-- everybody but its owner's functions, so that a grant too many would still show nothing.

alter table parcelkeep.ingest_sessions enable row level security;
alter table parcelkeep.token_index enable row level security;
alter table parcelkeep.frozen_index enable row level security;
alter table parcelkeep.index_versions enable row level security;
alter table parcelkeep.sealed_groups enable row level security;
alter table parcelkeep.subject_links enable row level security;
alter table parcelkeep.record_subjects enable row level security;
alter table parcelkeep.short_tokens enable row level security;
alter table parcelkeep.masked_views enable row level security;
alter table parcelkeep.beacons enable row level security;
alter table parcelkeep.vault_policies enable row level security;
alter table parcelkeep.token_usage enable row level security;
alter table parcelkeep.used_grants enable row level security;
alter table parcelkeep.legal_holds enable row level security;
alter table parcelkeep.erasures enable row level security;
alter table parcelkeep.tombstones enable row level security;
alter table parcelkeep.api_keys enable row level security;

-- Keys are rotated for all tenants.
alter table parcelkeep.rotations enable row level security;
alter table parcelkeep.reencryptions enable row level security;
create policy rekeyer_rotations on parcelkeep.rotations for select to parcelkeep_rekeyer using (true);
create policy rekeyer_reencryptions on parcelkeep.reencryptions for select to parcelkeep_rekeyer using (true);

-- The API counts what waits, of all tenants, and reads no message; what it puts there is its tenant's.
alter table parcelkeep.inbox enable row level security;
create policy api_inbox_depth on parcelkeep.inbox for select to parcelkeep_api using (true);
create policy tenant_inbox on parcelkeep.inbox for insert to parcelkeep_api with check (tenant = parcelkeep.current_tenant());

-- A key says whose it is, so it is looked for by its id before the tenant is known. Nobody lists them.
revoke select on parcelkeep.api_keys from parcelkeep_api;
create policy api_new_keys on parcelkeep.api_keys for insert to parcelkeep_api with check (true);
create function parcelkeep.api_key(p_id text) returns table (tenant uuid, secret_sha256 bytea)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select tenant, secret_sha256 from api_keys where id = p_id and revoked_at is null
$$;

revoke select on parcelkeep.vault_policies from parcelkeep_ingress, parcelkeep_api;
create function parcelkeep.vault_policy(p_tenant uuid) returns table (masked text[], beacons jsonb)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select masked, beacons from vault_policies where tenant = p_tenant
$$;

-- As before, and of one tenant.
drop function parcelkeep.tokens_of;
create function parcelkeep.tokens_of(p_tenant uuid, p_blind uuid[]) returns table (blind uuid, token bytea, subject uuid)
language sql stable security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
  select blind, token, subject from token_index where blind = any(p_blind) and tenant = p_tenant
$$;

-- Persons behind these index entries (one element each: the ids that are that person), in one account with the tokens API: an identifier that nobody has is a
-- miss, and whoever has spent the hour's misses is not answered, known identifiers either. `retry_s` is null where it is answered.
drop function parcelkeep.find_persons;
create function parcelkeep.search_persons(
  p_caller text, p_misses_per_hour integer, p_alarm_identifiers integer, p_alarm_ratio double precision, p_tenant uuid, p_blind uuid[], p_former uuid[]
) returns table (retry_s integer, misses integer, alarm boolean, persons jsonb)
language plpgsql security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_hour timestamptz := date_trunc('hour', now(), 'UTC');
  v_identifiers integer := cardinality(p_blind);
  v_before token_usage;
  v_misses integer;
  v_alarm boolean;
  v_persons jsonb;
begin
  insert into token_usage as u (caller, hour) values (p_caller, v_hour) on conflict (caller, hour) do update set tokens = u.tokens returning * into v_before;
  if v_before.misses >= p_misses_per_hour then
    return query select ceil(extract(epoch from v_hour + interval '1 hour' - now()))::integer, 0, false, '[]'::jsonb;
    return;
  end if;
  with asked as materialized (
    select a.ord, held.subject from unnest(p_blind, p_former) with ordinality as a(blind, former, ord)
    left join lateral (select t.subject from token_index t where t.blind in (a.blind, a.former) and t.tenant = p_tenant) held on true
  ), person as (
    select distinct array(select same.subject from same_subjects(p_tenant, found.subject) same order by same.subject) as subjects
    from (select distinct subject from asked where subject is not null) found
  )
  select (select count(*) from asked where subject is null), (select coalesce(jsonb_agg(subjects), '[]') from person) into v_misses, v_persons;
  v_alarm := v_before.identifiers + v_identifiers >= p_alarm_identifiers
    and v_before.misses + v_misses >= p_alarm_ratio * (v_before.identifiers + v_identifiers);
  update token_usage u set identifiers = u.identifiers + v_identifiers, misses = u.misses + v_misses, alarmed = u.alarmed or v_alarm
    where u.caller = p_caller and u.hour = v_hour;
  return query select null::integer, v_misses, v_alarm and not v_before.alarmed, v_persons;
end $$;

revoke execute on function parcelkeep.api_key, parcelkeep.vault_policy, parcelkeep.tokens_of, parcelkeep.search_persons from public;
grant execute on function parcelkeep.api_key, parcelkeep.tokens_of, parcelkeep.search_persons to parcelkeep_api;
grant execute on function parcelkeep.vault_policy to parcelkeep_ingress, parcelkeep_api;
