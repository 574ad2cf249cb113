-- Asking carriers: what merchants ask them with, what is due, and what was released to them. The role was made with 0014.

-- What a merchant asks a source with. The credential is sealed under a data key of its own, of a root that ingress does not open.
create table parcelkeep.carrier_accounts (
  id uuid primary key,
  tenant uuid not null references parcelkeep.tenants,
  source text not null,
  -- Carriers whose parcels are asked about here: the source itself, or companies of its group. Of several accounts for a carrier the lowest rank goes first.
  carriers text[] not null,
  rank smallint not null,
  -- Keyed hash of the credential: whoever shares one shares its quota.
  credential uuid not null,
  epoch integer not null,
  wrapped bytea not null,
  sealed bytea not null,
  created_at timestamptz not null default now(),
  -- Not asked until then: the carrier said so, or refused the credential.
  held_until timestamptz,
  held_reason text
);
create index carrier_accounts_tenant on parcelkeep.carrier_accounts (tenant, rank, created_at, id);

-- Up to where a merchant's shipments have been looked through for some to ask about.
create table parcelkeep.poll_tenants (
  tenant uuid primary key,
  enrolled_to timestamptz not null
);

-- A row for each shipment that is asked about. Taking one moves its `next_at` on, so whoever dies with it leaves it due a while later. `account` is null
-- while nobody can be asked: its carrier is not known yet, or the merchant has no account there.
create table parcelkeep.poll_due (
  shipment uuid primary key,
  tenant uuid not null,
  account uuid,
  next_at timestamptz not null,
  polled_at timestamptz,
  failures smallint not null default 0
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
create index poll_due_next on parcelkeep.poll_due (account, next_at);
create index poll_due_unassigned on parcelkeep.poll_due (next_at) where account is null;
create index poll_due_tenant on parcelkeep.poll_due (tenant) where account is null;

-- One instant for each quota of a credential (`quota.ts`).
create table parcelkeep.quota_use (
  credential uuid not null,
  quota text not null,
  free_at timestamptz not null,
  primary key (credential, quota)
);

-- Personal data that left to a recipient. Written before the call goes out; the outcome afterwards. Ids only.
create table parcelkeep.releases (
  id uuid primary key,
  tenant uuid not null,
  recipient text not null,
  purpose text not null,
  basis text not null,
  fields text[] not null,
  decision text not null,
  account uuid,
  shipments uuid[] not null,
  released_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  -- Null: not known, as after a crash. Whatever it is, the data may have arrived.
  outcome text
);
create index releases_tenant on parcelkeep.releases (tenant, released_at desc, id);
create index releases_shipments on parcelkeep.releases using gin (shipments);

-- Calls to each source by the hour, for its service level over 30 days.
create table parcelkeep.source_hours (
  source text not null,
  hour timestamptz not null,
  calls integer not null default 0,
  failures integer not null default 0,
  numbers integer not null default 0,
  latency_ms bigint not null default 0,
  primary key (source, hour)
);

-- Reading and writing, as functions: neither role holds a right on a table but what stands at the end. ------------------------------------------------

-- The 20 bytes of a token's text (docs/tokens.md): 32 characters of Crockford's base 32, 5 bits each.
create function parcelkeep.token_bytes(p_token text) returns bytea
language sql immutable strict set search_path = parcelkeep, pg_temp as $$
  select decode(string_agg(lpad(to_hex(part), 10, '0'), '' order by piece), 'hex') from (
    select piece, sum((strpos('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substr(right(upper(p_token), 38), piece * 8 + place, 1)) - 1)::bigint << (40 - 5 * place))::bigint as part
    from generate_series(0, 3) piece, generate_series(1, 8) place group by piece
  ) parts
$$;

-- Wraps of a retired epoch are refused, as in `open_ingest_session`.
create function parcelkeep.add_carrier_account(
  p_id uuid, p_tenant uuid, p_source text, p_carriers text[], p_rank smallint, p_credential uuid, p_epoch integer, p_wrapped bytea, p_sealed bytea
) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  if p_epoch < (select minimum from wrap_epochs for share) then
    raise exception using errcode = 'PKE01', message = 'the epoch is retired';
  end if;
  if not exists (select from tenants where id = p_tenant) then
    return false;
  end if;
  insert into carrier_accounts (id, tenant, source, carriers, rank, credential, epoch, wrapped, sealed)
    values (p_id, p_tenant, p_source, p_carriers, p_rank, p_credential, p_epoch, p_wrapped, p_sealed);
  insert into poll_tenants (tenant, enrolled_to) values (p_tenant, now() - interval '60 days') on conflict do nothing;
  update poll_due set next_at = now() where tenant = p_tenant and account is null;
  notify parcelkeep_outbound;
  return true;
end $$;

-- The row is the only copy of the wrapped key: with it the credential is gone.
create function parcelkeep.remove_carrier_account(p_tenant uuid, p_id uuid) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_found boolean;
begin
  delete from carrier_accounts where tenant = p_tenant and id = p_id;
  v_found := found;
  update poll_due set account = null, next_at = now() where account = p_id;
  notify parcelkeep_outbound;
  return v_found;
end $$;

create function parcelkeep.carrier_accounts_of(p_tenant uuid)
returns table (id uuid, source text, carriers text[], rank smallint, created_at timestamptz, held_until timestamptz, held_reason text)
language plpgsql as $$
#variable_conflict use_column
begin
  perform parcelkeep.as_tenant(p_tenant);
  return query select id, source, carriers, rank, created_at, held_until, held_reason from parcelkeep.carrier_accounts order by rank, created_at, id;
end $$;

-- Every account, with what its calls need. `pushed`: the merchant has an address that the source sends to.
create function parcelkeep.outbound_accounts()
returns table (id uuid, tenant uuid, source text, carriers text[], rank smallint, credential uuid, epoch integer, wrapped bytea, sealed bytea,
  held_until timestamptz, held_reason text, pushed boolean)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select a.id, a.tenant, a.source, a.carriers, a.rank, a.credential, a.epoch, a.wrapped, a.sealed, a.held_until, a.held_reason,
    exists (select from endpoints e where e.tenant = a.tenant and e.source = a.source)
  from carrier_accounts a order by a.tenant, a.rank, a.created_at, a.id
$$;

create function parcelkeep.quota_uses(p_credentials uuid[]) returns table (credential uuid, quota text, free_at timestamptz)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select credential, quota, free_at from quota_use where credential = any(p_credentials)
$$;

create function parcelkeep.hold_account(p_account uuid, p_until timestamptz, p_reason text) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  update carrier_accounts set held_until = p_until, held_reason = p_reason where id = p_account
$$;

-- Takes up shipments of merchants that have accounts, oldest first, and returns how many. A shipment's time is its transaction's beginning, which may have
-- committed after later ones: the last ten seconds are looked through again.
create function parcelkeep.enrol_shipments(p_limit integer) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_tenant record;
  v_found integer;
  v_total integer := 0;
  v_newest timestamptz;
begin
  for v_tenant in
    select t.tenant, t.enrolled_to from poll_tenants t where exists (select from carrier_accounts a where a.tenant = t.tenant) order by t.enrolled_to for update skip locked
  loop
    with fresh as (
      select s.id, s.carrier, s.created_at from shipments s
      where s.tenant = v_tenant.tenant and s.shown_as is null and s.created_at > v_tenant.enrolled_to
        and not exists (select from poll_due d where d.shipment = s.id)
      order by s.created_at limit p_limit
    ), taken as (
      insert into poll_due (shipment, tenant, account, next_at)
        select fresh.id, v_tenant.tenant, account_for(v_tenant.tenant, fresh.carrier), clock_timestamp() from fresh on conflict do nothing
    )
    select count(*), max(created_at) into v_found, v_newest from fresh;
    v_total := v_total + v_found;
    update poll_tenants set enrolled_to = greatest(enrolled_to, least(case when v_found < p_limit then now() else v_newest end, now() - interval '10 seconds'))
      where tenant = v_tenant.tenant and v_tenant.enrolled_to < now() - interval '11 seconds';
  end loop;
  return v_total;
end $$;

-- Whom to ask about a carrier's parcels first.
create function parcelkeep.account_for(p_tenant uuid, p_carrier text) returns uuid
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select a.id from carrier_accounts a where a.tenant = p_tenant and p_carrier = any(a.carriers) order by a.rank, a.created_at, a.id limit 1
$$;

-- Looks again at shipments that nobody could be asked about: the carrier may be known by now. They are left alone when they are old, part of another, or gone.
create function parcelkeep.assign_polls(p_limit integer) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_assigned integer;
begin
  with due as (
    select shipment, tenant from poll_due where account is null and next_at <= clock_timestamp() order by next_at limit p_limit for update skip locked
  ), seen as (
    select due.shipment, s.id, s.created_at, account_for(due.tenant, s.carrier) as account
    from due left join shipments s on s.id = due.shipment and s.shown_as is null
  ), gone as (
    delete from poll_due using seen where poll_due.shipment = seen.shipment and (seen.id is null or seen.created_at < now() - interval '60 days')
  ), moved as (
    update poll_due d set account = seen.account,
      next_at = case when seen.account is not null then now() else now() + greatest(interval '10 minutes', least(interval '1 day', (now() - seen.created_at) / 4)) end
    from seen where d.shipment = seen.shipment and seen.id is not null and seen.created_at >= now() - interval '60 days'
    returning seen.account
  )
  select count(account) into v_assigned from moved;
  return v_assigned;
end $$;

-- When each account next has something due; none where it has nothing.
create function parcelkeep.due_accounts() returns table (account uuid, next_at timestamptz)
language sql stable security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
  select a.id, first.next_at from carrier_accounts a,
    lateral (select d.next_at from poll_due d where d.account = a.id order by d.next_at limit 1) first
$$;

-- Takes what is due of one account for so long, the longest due first. Of a shipment's state only what was said of its progress and its numbers: no tokens of
-- names, texts or references. A state that is null: the shipment is gone or part of another.
create function parcelkeep.claim_polls(p_account uuid, p_limit integer, p_lease interval)
returns table (shipment uuid, carrier text, state text, created_at timestamptz, updated_at timestamptz, polled_at timestamptz, failures smallint)
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_tenant uuid := (select tenant from carrier_accounts where id = p_account);
begin
  return query with due as materialized (
    select d.shipment from poll_due d where d.account = p_account and d.next_at <= clock_timestamp() order by d.next_at limit p_limit for update skip locked
  ), taken as (
    update poll_due d set next_at = clock_timestamp() + p_lease from due where d.shipment = due.shipment returning d.shipment, d.polled_at, d.failures
  )
  select taken.shipment, s.carrier, (s.state::jsonb - '{personal,texts,references,parents}'::text[])::text, s.created_at, s.updated_at, taken.polled_at, taken.failures
  from taken left join shipments s on s.id = taken.shipment and s.shown_as is null and s.tenant = v_tenant;
end $$;

-- What was decided of claimed shipments. `p_polled`: null leaves what stands.
create function parcelkeep.settle_polls(p_shipment uuid[], p_account uuid[], p_next timestamptz[], p_polled timestamptz[], p_failures smallint[], p_dropped uuid[]) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
  -- Lost in a crash, it is decided again.
  perform set_config('synchronous_commit', 'off', true);
  update poll_due d set account = n.account, next_at = n.next_at, polled_at = coalesce(n.polled, d.polled_at), failures = n.failures
    from unnest(p_shipment, p_account, p_next, p_polled, p_failures) as n(shipment, account, next_at, polled, failures) where d.shipment = n.shipment;
  if cardinality(p_dropped) > 0 then
    delete from poll_due where shipment = any(p_dropped);
  end if;
end $$;

-- The one place that records a release; an audit entry will be appended here.
create function parcelkeep.record_release(
  p_id uuid, p_tenant uuid, p_recipient text, p_purpose text, p_basis text, p_fields text[], p_decision text, p_account uuid, p_shipments uuid[]
) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  insert into releases (id, tenant, recipient, purpose, basis, fields, decision, account, shipments)
    values (p_id, p_tenant, p_recipient, p_purpose, p_basis, p_fields, p_decision, p_account, p_shipments)
$$;

-- Before a call: spends its quota, records what it releases and gives the sealed numbers, in one durable transaction. Only numbers of shipments of the account's
-- merchant and carriers, each under the token that the shipment goes by; others are left out, and are not in the release.
-- Raises PKQ01 where somebody else has spent of the quota meanwhile.
create function parcelkeep.begin_call(
  p_release uuid, p_account uuid, p_purpose text, p_basis text, p_shipments uuid[], p_numbers text[], p_quota text[], p_was timestamptz[], p_free timestamptz[]
) returns table (shipment uuid, group_id bytea, place integer, session integer, epoch integer, wrapped bytea, salt bytea, commitment bytea, sealed bytea)
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_account record;
  v_spent integer;
  v_found uuid[];
  v_numbers text[];
begin
  select a.tenant, a.source, a.carriers, a.credential into v_account from carrier_accounts a where a.id = p_account for share;
  if not found then
    return;
  end if;
  insert into quota_use as q (credential, quota, free_at) select v_account.credential, n.quota, n.free_at from unnest(p_quota, p_was, p_free) as n(quota, was, free_at)
    on conflict (credential, quota) do update set free_at = excluded.free_at
    where q.free_at is not distinct from (select n.was from unnest(p_quota, p_was) as n(quota, was) where n.quota = excluded.quota);
  get diagnostics v_spent = row_count;
  if v_spent < cardinality(p_quota) then
    raise exception using errcode = 'PKQ01', message = 'the quota was spent of meanwhile';
  end if;
  select array_agg(s.id), array_agg(n.number) into v_found, v_numbers
    from unnest(p_shipments, p_numbers) as n(shipment, number)
    join shipment_numbers held on held.number = n.number and held.shipment = n.shipment
    join shipments s on s.id = n.shipment and s.tenant = v_account.tenant and s.shown_as is null and s.carrier = any(v_account.carriers)
    join sealed_groups g on g.id = substr(token_bytes(n.number), 1, 19) and g.tenant = v_account.tenant and g.purpose = 'n';
  if v_found is null then
    return;
  end if;
  perform record_release(p_release, v_account.tenant, v_account.source, p_purpose, p_basis, '{trackingNumber}', 'automatic', p_account, v_found);
  return query select n.shipment, g.id, get_byte(n.token, 19), g.session, i.epoch, i.wrapped_numbers, g.salt, g.commitment, g.sealed
    from (select shipment, token_bytes(number) as token from unnest(v_found, v_numbers) as found(shipment, number)) n
    join sealed_groups g on g.id = substr(n.token, 1, 19) and g.tenant = v_account.tenant and g.purpose = 'n'
    join ingest_sessions i on i.id = g.session;
end $$;

-- After a call: what came of it, and the hour's counts of its source.
create function parcelkeep.end_call(p_release uuid, p_outcome text, p_source text, p_failed boolean, p_numbers integer, p_latency_ms integer) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  update releases set outcome = p_outcome, ended_at = clock_timestamp() where id = p_release and ended_at is null;
  insert into source_hours as h (source, hour, calls, failures, numbers, latency_ms)
    values (p_source, date_trunc('hour', now(), 'UTC'), 1, p_failed::integer, p_numbers, p_latency_ms)
    on conflict (source, hour) do update set calls = h.calls + 1, failures = h.failures + excluded.failures, numbers = h.numbers + excluded.numbers,
      latency_ms = h.latency_ms + excluded.latency_ms;
end $$;

-- Each source over the last 30 days and the last hour; no merchant's own numbers.
create function parcelkeep.source_health()
returns table (source text, calls bigint, failures bigint, latency_ms bigint, hour_calls bigint, hour_failures bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select source, sum(calls), sum(failures), sum(latency_ms),
    sum(calls) filter (where hour > now() - interval '2 hours'), sum(failures) filter (where hour > now() - interval '2 hours')
  from source_hours where hour > now() - interval '30 days' group by source order by source
$$;

-- What a merchant's parcels are waiting for, by source.
create function parcelkeep.poll_backlog(p_tenant uuid) returns table (source text, tracked bigint, overdue bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select a.source, count(d.shipment), count(d.shipment) filter (where d.next_at <= now())
  from carrier_accounts a left join poll_due d on d.account = a.id where a.tenant = p_tenant group by a.source order by a.source
$$;

-- Credentials move to a newer epoch with the wraps of the sessions (0005).
create function parcelkeep.credential_wraps_to_move(p_epoch integer, p_limit integer) returns table (id uuid, tenant uuid, epoch integer, wrapped bytea)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select id, tenant, epoch, wrapped from carrier_accounts where epoch < p_epoch order by id limit p_limit
$$;
create function parcelkeep.move_credential_wraps(p_rotation uuid, p_id uuid[], p_from integer[], p_wrapped bytea[]) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_to integer := (select to_version from rotations where id = p_rotation and kind in ('epoch', 'root') and finished_at is null);
  v_moved integer;
begin
  with moved as (
    update carrier_accounts a set epoch = v_to, wrapped = n.wrapped from unnest(p_id, p_from, p_wrapped) as n(id, epoch, wrapped)
    where a.id = n.id and a.epoch = n.epoch and a.epoch < v_to returning a.tenant, n.epoch
  )
  insert into reencryptions (rotation, tenant, from_version, to_version, entries) select p_rotation, tenant, epoch, v_to, 1 from moved;
  get diagnostics v_moved = row_count;
  if v_moved > 0 then
    notify parcelkeep_outbound;
  end if;
  return v_moved;
end $$;
create function parcelkeep.credential_wraps_by_epoch() returns table (epoch integer, wraps bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select epoch, count(*) from carrier_accounts group by epoch order by epoch
$$;
create or replace function parcelkeep.retire_epochs(p_minimum integer, p_operator text) returns bigint
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_before integer;
  v_left bigint;
begin
  select minimum into v_before from wrap_epochs for update;
  -- A statement of its own, which sees what was opened while the lock was waited for.
  select (select count(*) from ingest_sessions where epoch < p_minimum) + (select count(*) from carrier_accounts where epoch < p_minimum) into v_left;
  if v_left = 0 and p_minimum > v_before then
    update wrap_epochs set minimum = p_minimum;
    insert into rotations (kind, operator, from_version, to_version, finished_at) values ('retire', p_operator, v_before, p_minimum, now());
  end if;
  return v_left;
end $$;

alter table parcelkeep.poll_tenants enable row level security;
alter table parcelkeep.poll_due enable row level security;
alter table parcelkeep.quota_use enable row level security;
alter table parcelkeep.source_hours enable row level security;
alter table parcelkeep.carrier_accounts enable row level security;
alter table parcelkeep.releases enable row level security;
create policy tenant_carrier_accounts on parcelkeep.carrier_accounts to parcelkeep_api using (tenant = parcelkeep.current_tenant());
create policy tenant_releases on parcelkeep.releases to parcelkeep_api using (tenant = parcelkeep.current_tenant());

grant select (id, tenant, source, carriers, rank, created_at, held_until, held_reason) on parcelkeep.carrier_accounts to parcelkeep_api;
grant select on parcelkeep.releases to parcelkeep_api;
revoke execute on function parcelkeep.token_bytes, parcelkeep.add_carrier_account, parcelkeep.remove_carrier_account, parcelkeep.carrier_accounts_of, parcelkeep.outbound_accounts,
  parcelkeep.quota_uses, parcelkeep.hold_account, parcelkeep.enrol_shipments, parcelkeep.account_for, parcelkeep.assign_polls, parcelkeep.due_accounts, parcelkeep.claim_polls,
  parcelkeep.settle_polls, parcelkeep.record_release, parcelkeep.begin_call, parcelkeep.end_call, parcelkeep.source_health, parcelkeep.poll_backlog,
  parcelkeep.credential_wraps_to_move, parcelkeep.move_credential_wraps, parcelkeep.credential_wraps_by_epoch from public;
grant execute on function parcelkeep.add_carrier_account, parcelkeep.remove_carrier_account, parcelkeep.carrier_accounts_of, parcelkeep.source_health, parcelkeep.poll_backlog
  to parcelkeep_api;
grant execute on function parcelkeep.outbound_accounts, parcelkeep.quota_uses, parcelkeep.hold_account, parcelkeep.enrol_shipments, parcelkeep.assign_polls, parcelkeep.due_accounts,
  parcelkeep.claim_polls, parcelkeep.settle_polls, parcelkeep.begin_call, parcelkeep.end_call, parcelkeep.source_health to parcelkeep_outbound;
grant execute on function parcelkeep.credential_wraps_to_move, parcelkeep.move_credential_wraps, parcelkeep.credential_wraps_by_epoch to parcelkeep_rekeyer;
