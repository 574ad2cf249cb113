-- Upkeep of what faces carriers: key sets that senders publish, triage of dead letters, and what is seen of calls.

-- Key sets by address (RFC 7517). The front says which are wanted and reads them; the process that calls out fetches them. Public keys, of no tenant.
create table parcelkeep.key_sets (
  url text primary key,
  source text not null,
  -- As it is verified with; null until it was fetched.
  content text,
  fetched_at timestamptz,
  expires_at timestamptz,
  -- A key was looked for that was not in it.
  wanted_at timestamptz not null default now(),
  -- Not fetched before.
  next_at timestamptz not null default now(),
  failures integer not null default 0
);
alter table parcelkeep.key_sets enable row level security;

create function parcelkeep.want_key_set(p_url text, p_source text) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  insert into key_sets (url, source) values (p_url, p_source) on conflict do nothing;
  if found then
    notify parcelkeep_outbound;
  end if;
end $$;

-- A sender signed with a key that is not in its set.
create function parcelkeep.miss_key(p_url text) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  update key_sets set wanted_at = now() where url = p_url and wanted_at <= fetched_at;
  if found then
    notify parcelkeep_outbound;
  end if;
end $$;

-- A set that could not be renewed for so long is not believed any more.
create function parcelkeep.key_set(p_url text) returns text
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select content from key_sets where url = p_url and fetched_at > now() - interval '7 days'
$$;

create function parcelkeep.due_key_sets() returns table (url text, source text, failures integer)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select url, source, failures from key_sets where next_at <= now() and (content is null or expires_at <= now() or wanted_at > fetched_at) order by next_at limit 20
$$;

-- What verifies senders is a root of trust: a change of it stands in the audit log.
create function parcelkeep.keep_key_set(p_url text, p_content text, p_expires timestamptz, p_rest interval) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_before text;
  v_source text;
begin
  select content, source into v_before, v_source from key_sets where url = p_url for update;
  update key_sets set content = p_content, fetched_at = now(), expires_at = p_expires, next_at = now() + p_rest, failures = 0 where url = p_url;
  if found and v_before is distinct from p_content then
    perform audit('key-set.changed', null, jsonb_build_object('source', v_source, 'sha256', encode(sha256(convert_to(p_content, 'UTF8')), 'hex')));
  end if;
end $$;

create function parcelkeep.fail_key_set(p_url text, p_rest interval) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  update key_sets set failures = failures + 1, next_at = now() + p_rest where url = p_url
$$;

-- What a person has said of a dead letter, whatever its kind. None: it is open.
create table parcelkeep.letter_triage (
  letter uuid primary key,
  tenant uuid not null,
  state text not null check (state in ('acknowledged', 'dismissed')),
  reason text not null,
  -- A ticket's id or the like; no text of people.
  reference text,
  decided_by text not null,
  decided_at timestamptz not null default now()
);
alter table parcelkeep.letter_triage enable row level security;
create policy tenant_letter_triage on parcelkeep.letter_triage for select to parcelkeep_api using (tenant = parcelkeep.current_tenant());
grant select on parcelkeep.letter_triage to parcelkeep_api;

-- Letters of a tenant by id, or by source and code; null: any.
create function parcelkeep.letters_of(p_tenant uuid, p_ids uuid[], p_source text, p_code text) returns table (letter uuid, kind text)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select id, kind from (
    select r.id, 'quarantined' as kind, r.source, r.failure as code from records r where r.tenant = p_tenant and r.state = 'q'
    union all
    select d.id, 'failed', '', d.code from dead_letters d where d.tenant = p_tenant
    union all
    select l.id, 'outbound', l.source, l.code from outbound_letters l where l.tenant = p_tenant
  ) letters where (p_ids is null or id = any(p_ids)) and (p_source is null or source = p_source) and (p_code is null or code = p_code)
$$;

-- `p_state`: acknowledged, dismissed, or open, which takes back what was said. Returns how many letters it was said of.
create function parcelkeep.triage_letters(
  p_tenant uuid, p_ids uuid[], p_source text, p_code text, p_state text, p_reason text, p_reference text, p_by text
) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_letter record;
  v_count integer := 0;
begin
  for v_letter in select letter, kind from letters_of(p_tenant, p_ids, p_source, p_code) limit 1000 loop
    if p_state = 'open' then
      delete from letter_triage where letter = v_letter.letter;
    else
      insert into letter_triage (letter, tenant, state, reason, reference, decided_by) values (v_letter.letter, p_tenant, p_state, p_reason, p_reference, p_by)
        on conflict (letter) do update set state = p_state, reason = p_reason, reference = p_reference, decided_by = p_by, decided_at = now();
    end if;
    perform audit('letter.triaged', p_tenant, jsonb_build_object('letter', v_letter.letter, 'kind', v_letter.kind, 'state', p_state, 'reason', p_reason, 'by', p_by));
    v_count := v_count + 1;
  end loop;
  return v_count;
end $$;

-- As before, with what was said of each. `p_state`: null for all; `waiting` for those that are not dismissed; `open`, `acknowledged` or `dismissed`.
drop function parcelkeep.dead_letter_page;
create function parcelkeep.dead_letter_page(p_tenant uuid, p_before timestamptz, p_before_id uuid, p_limit integer, p_state text)
returns table (id uuid, kind text, record uuid, source text, code text, at timestamptz, shipment uuid, failures integer, state text, reason text, reference text,
  decided_by text, decided_at timestamptz)
language plpgsql as $$
#variable_conflict use_column
begin
  perform parcelkeep.as_tenant(p_tenant);
  return query select letters.*, coalesce(t.state, 'open'), t.reason, t.reference, t.decided_by, t.decided_at from (
    select r.id, 'quarantined'::text, r.id as record, r.source, r.failure, r.received_at as at, null::uuid, 1 from parcelkeep.records r where r.state = 'q'
    union all
    select d.id, 'failed'::text, d.record, ''::text, d.code, d.failed_at, null::uuid, 1 from parcelkeep.dead_letters d
    union all
    select l.id, 'outbound'::text, null::uuid, l.source, l.code, l.failed_at, l.shipment, l.failures from parcelkeep.outbound_letters l
  ) letters(id, kind, record, source, code, at, shipment, failures) left join parcelkeep.letter_triage t on t.letter = letters.id
  where (at, letters.id) < (p_before, p_before_id) and (p_state is null or coalesce(t.state, 'open') = p_state or (p_state = 'waiting' and t.state is distinct from 'dismissed')) order by at desc, letters.id desc limit p_limit;
end $$;

-- What somebody dismissed and happens again is open again.
create or replace function parcelkeep.note_outbound_letters(p_account uuid, p_shipment uuid[], p_code text) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_account record;
begin
  select tenant, source into v_account from carrier_accounts where id = p_account;
  if not found then
    return;
  end if;
  with noted as (
    insert into outbound_letters as l (tenant, account, source, shipment, code)
      select v_account.tenant, p_account, v_account.source, shipment, p_code
      from unnest(case when cardinality(p_shipment) = 0 then array[null::uuid] else p_shipment end) as s(shipment)
      on conflict (account, code, coalesce(shipment, account)) do update set failures = l.failures + 1, failed_at = now()
      returning l.id
  )
  delete from letter_triage t using noted where t.letter = noted.id and t.state = 'dismissed';
  update poll_due set next_at = 'infinity' where shipment = any(p_shipment);
end $$;

-- As before; of many at once those that somebody dismissed are left.
create or replace function parcelkeep.retry_outbound_letters(p_tenant uuid, p_ids uuid[], p_source text, p_code text) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_account uuid[];
  v_shipment uuid[];
begin
  with gone as (
    delete from outbound_letters l
    where l.tenant = p_tenant and (p_ids is null or l.id = any(p_ids)) and (p_source is null or l.source = p_source) and (p_code is null or l.code = p_code)
      and (p_ids is not null or not exists (select from letter_triage t where t.letter = l.id and t.state = 'dismissed'))
    returning l.account, l.shipment
  )
  select array_agg(account), array_agg(shipment) into v_account, v_shipment from gone;
  if v_account is null then
    return 0;
  end if;
  update carrier_accounts set held_until = null, held_reason = null where id = any(v_account);
  update poll_due set next_at = now(), failures = 0 where shipment = any(v_shipment);
  notify parcelkeep_outbound;
  return cardinality(v_account);
end $$;

-- A letter that is gone has nothing said of it.
create function parcelkeep.forget_triage() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  delete from letter_triage using gone where letter = gone.id;
  return null;
end $$;
create trigger triaged after delete on parcelkeep.outbound_letters referencing old table as gone for each statement execute function parcelkeep.forget_triage();
create trigger triaged after delete on parcelkeep.dead_letters referencing old table as gone for each statement execute function parcelkeep.forget_triage();

-- What waits for a person: letters that nobody has dismissed.
drop function parcelkeep.waiting_for_persons;
create function parcelkeep.waiting_for_persons(out quarantined bigint, out failed bigint, out outbound bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  with dismissed as (select letter from letter_triage where state = 'dismissed')
  select
    (select count(*) from records where state = 'q') - (select count(*) from dismissed join records r on r.id = letter where r.state = 'q'),
    (select count(*) from dead_letters where id not in (select letter from dismissed)),
    (select count(*) from outbound_letters where id not in (select letter from dismissed))
$$;

-- Calls of a source that it put off count by themselves; how each process sees a source, with the calls that are under way there.
alter table parcelkeep.source_hours add column rate_limited integer not null default 0;
alter table parcelkeep.source_states add column under_way integer not null default 0;

create or replace function parcelkeep.end_call(p_release uuid, p_outcome text, p_source text, p_failed boolean, p_numbers integer, p_latency_ms integer) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  update releases set outcome = p_outcome, ended_at = clock_timestamp() where id = p_release and ended_at is null;
  insert into source_hours as h (source, hour, calls, failures, numbers, latency_ms, rate_limited)
    values (p_source, date_trunc('hour', now(), 'UTC'), 1, p_failed::integer, p_numbers, p_latency_ms, (p_outcome = 'rate-limited')::integer)
    on conflict (source, hour) do update set calls = h.calls + 1, failures = h.failures + excluded.failures, numbers = h.numbers + excluded.numbers,
      latency_ms = h.latency_ms + excluded.latency_ms, rate_limited = h.rate_limited + excluded.rate_limited;
end $$;

drop function parcelkeep.note_source_states;
create function parcelkeep.note_source_states(p_source text[], p_breaker text[], p_under_way integer[]) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into source_states (source, breaker, under_way) select * from unnest(p_source, p_breaker, p_under_way)
    on conflict (source) do update set breaker = excluded.breaker, under_way = excluded.under_way, told_at = now();
  delete from source_hours where hour < now() - interval '31 days';
end $$;

drop function parcelkeep.source_health;
create function parcelkeep.source_health()
returns table (source text, calls bigint, failures bigint, numbers bigint, rate_limited bigint, latency_ms bigint, recent_calls bigint, recent_failures bigint,
  recent_latency_ms bigint, breaker text, under_way integer, held integer, due bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  with hours as (
    select h.source, sum(h.calls) as calls, sum(h.failures) as failures, sum(h.numbers) as numbers, sum(h.rate_limited) as rate_limited, sum(h.latency_ms) as latency_ms,
      sum(h.calls) filter (where h.hour > now() - interval '2 hours') as recent_calls,
      sum(h.failures) filter (where h.hour > now() - interval '2 hours') as recent_failures,
      sum(h.latency_ms) filter (where h.hour > now() - interval '2 hours') as recent_latency_ms
    from source_hours h where h.hour > now() - interval '30 days' group by h.source
  ), accounts as (
    select a.source, count(*) filter (where a.held_until > now())::integer as held from carrier_accounts a group by a.source
  )
  select coalesce(h.source, a.source), coalesce(h.calls, 0), coalesce(h.failures, 0), coalesce(h.numbers, 0), coalesce(h.rate_limited, 0), coalesce(h.latency_ms, 0)::bigint,
    coalesce(h.recent_calls, 0), coalesce(h.recent_failures, 0), coalesce(h.recent_latency_ms, 0)::bigint, s.breaker, coalesce(s.under_way, 0), coalesce(a.held, 0),
    (select count(*) from carrier_accounts c join poll_due d on d.account = c.id where c.source = a.source and d.next_at <= now())
  from hours h full join accounts a on a.source = h.source
  left join source_states s on s.source = coalesce(h.source, a.source) and s.told_at > now() - interval '5 minutes' order by 1
$$;

-- What is left of a merchant's own quotas.
create function parcelkeep.account_quotas(p_tenant uuid) returns table (account uuid, quota text, free_at timestamptz)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select a.id, q.quota, q.free_at from carrier_accounts a join quota_use q on q.credential = a.credential where a.tenant = p_tenant
$$;

-- Counters of processes that nobody can ask over the network: what was added since they last said.
create table parcelkeep.told_counters (
  name text not null,
  -- Canonical JSON of names and values from closed lists.
  labels text not null,
  value double precision not null,
  primary key (name, labels)
);
alter table parcelkeep.told_counters enable row level security;
create function parcelkeep.tell_counters(p_name text[], p_labels text[], p_added double precision[]) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into told_counters as t (name, labels, value) select * from unnest(p_name, p_labels, p_added)
    on conflict (name, labels) do update set value = t.value + excluded.value;
end $$;
create function parcelkeep.told_counters() returns table (name text, labels text, value double precision)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select name, labels, value from told_counters order by name, labels limit 10000
$$;

revoke execute on function parcelkeep.want_key_set, parcelkeep.miss_key, parcelkeep.key_set, parcelkeep.due_key_sets, parcelkeep.keep_key_set, parcelkeep.fail_key_set,
  parcelkeep.letters_of, parcelkeep.triage_letters, parcelkeep.dead_letter_page, parcelkeep.forget_triage, parcelkeep.waiting_for_persons, parcelkeep.note_source_states,
  parcelkeep.source_health, parcelkeep.account_quotas, parcelkeep.tell_counters, parcelkeep.told_counters from public;
grant execute on function parcelkeep.miss_key, parcelkeep.key_set to parcelkeep_ingress;
grant execute on function parcelkeep.want_key_set, parcelkeep.triage_letters, parcelkeep.dead_letter_page, parcelkeep.waiting_for_persons, parcelkeep.source_health,
  parcelkeep.account_quotas, parcelkeep.told_counters to parcelkeep_api;
grant execute on function parcelkeep.due_key_sets, parcelkeep.keep_key_set, parcelkeep.fail_key_set, parcelkeep.note_source_states, parcelkeep.source_health,
  parcelkeep.tell_counters to parcelkeep_outbound;
