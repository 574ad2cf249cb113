-- What could not be asked and does not mend itself: a person looks at it, and it is tried again as it stands.

create table parcelkeep.outbound_letters (
  id uuid primary key default gen_random_uuid(),
  tenant uuid not null,
  account uuid not null,
  source text not null,
  -- Null: of the whole account.
  shipment uuid,
  code text not null,
  failures integer not null default 1,
  first_at timestamptz not null default now(),
  failed_at timestamptz not null default now()
);
create unique index outbound_letters_open on parcelkeep.outbound_letters (account, code, coalesce(shipment, account));
create index outbound_letters_tenant on parcelkeep.outbound_letters (tenant, failed_at desc, id);
alter table parcelkeep.outbound_letters enable row level security;
create policy tenant_outbound_letters on parcelkeep.outbound_letters for select to parcelkeep_api using (tenant = parcelkeep.current_tenant());
grant select on parcelkeep.outbound_letters to parcelkeep_api;

-- Shipments of a letter are not due until somebody has it tried again. An empty list: the letter is of the account.
create function parcelkeep.note_outbound_letters(p_account uuid, p_shipment uuid[], p_code text) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_account record;
begin
  select tenant, source into v_account from carrier_accounts where id = p_account;
  if not found then
    return;
  end if;
  insert into outbound_letters as l (tenant, account, source, shipment, code)
    select v_account.tenant, p_account, v_account.source, shipment, p_code
    from unnest(case when cardinality(p_shipment) = 0 then array[null::uuid] else p_shipment end) as s(shipment)
    on conflict (account, code, coalesce(shipment, account)) do update set failures = l.failures + 1, failed_at = now();
  update poll_due set next_at = 'infinity' where shipment = any(p_shipment);
end $$;

-- Puts letters back: their shipments are due now, their account is not held any more. Null ids: all of this source and code, where those are given.
create function parcelkeep.retry_outbound_letters(p_tenant uuid, p_ids uuid[], p_source text, p_code text) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_account uuid[];
  v_shipment uuid[];
begin
  with gone as (
    delete from outbound_letters l
    where l.tenant = p_tenant and (p_ids is null or l.id = any(p_ids)) and (p_source is null or l.source = p_source) and (p_code is null or l.code = p_code)
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

-- As before, and what could not be asked.
drop function parcelkeep.dead_letter_page;
create function parcelkeep.dead_letter_page(p_tenant uuid, p_before timestamptz, p_before_id uuid, p_limit integer)
returns table (id uuid, kind text, record uuid, source text, code text, at timestamptz, shipment uuid, failures integer)
language plpgsql as $$
#variable_conflict use_column
begin
  perform parcelkeep.as_tenant(p_tenant);
  return query select * from (
    select r.id, 'quarantined'::text, r.id as record, r.source, r.failure, r.received_at as at, null::uuid, 1 from parcelkeep.records r where r.state = 'q'
    union all
    select d.id, 'failed'::text, d.record, ''::text, d.code, d.failed_at, null::uuid, 1 from parcelkeep.dead_letters d
    union all
    select l.id, 'outbound'::text, null::uuid, l.source, l.code, l.failed_at, l.shipment, l.failures from parcelkeep.outbound_letters l
  ) letters(id, kind, record, source, code, at, shipment, failures) where (at, id) < (p_before, p_before_id) order by at desc, id desc limit p_limit;
end $$;

-- How the process that asks sees each source now; a state that is old was told by a process that is gone.
create table parcelkeep.source_states (
  source text primary key,
  breaker text not null,
  told_at timestamptz not null default now()
);
alter table parcelkeep.source_states enable row level security;

create function parcelkeep.note_source_states(p_source text[], p_breaker text[]) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into source_states (source, breaker) select * from unnest(p_source, p_breaker)
    on conflict (source) do update set breaker = excluded.breaker, told_at = now();
  delete from source_hours where hour < now() - interval '31 days';
end $$;

drop function parcelkeep.source_health;
create function parcelkeep.source_health()
returns table (source text, calls bigint, failures bigint, latency_ms bigint, recent_calls bigint, recent_failures bigint, recent_latency_ms bigint, breaker text)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select h.source, sum(h.calls), sum(h.failures), sum(h.latency_ms), coalesce(sum(h.calls) filter (where h.hour > now() - interval '2 hours'), 0),
    coalesce(sum(h.failures) filter (where h.hour > now() - interval '2 hours'), 0), coalesce(sum(h.latency_ms) filter (where h.hour > now() - interval '2 hours'), 0),
    (select s.breaker from source_states s where s.source = h.source and s.told_at > now() - interval '5 minutes')
  from source_hours h where h.hour > now() - interval '30 days' group by h.source order by h.source
$$;

revoke execute on function parcelkeep.note_outbound_letters, parcelkeep.retry_outbound_letters, parcelkeep.dead_letter_page, parcelkeep.note_source_states, parcelkeep.source_health from public;
grant execute on function parcelkeep.note_outbound_letters, parcelkeep.note_source_states, parcelkeep.source_health to parcelkeep_outbound;
grant execute on function parcelkeep.retry_outbound_letters, parcelkeep.dead_letter_page, parcelkeep.source_health to parcelkeep_api;
