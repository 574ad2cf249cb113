-- The tracking index, and the worker that fills it out of the inbox.

create table parcelkeep.shipments (
  id uuid primary key,
  -- Null for one that was never shown.
  public_id text unique,
  tenant uuid not null,
  -- Which parcel of its numbers it is; null where that is not known.
  carrier text,
  discriminator text,
  -- The shipment that answers for this one: the same parcel, known more exactly.
  shown_as uuid,
  -- `packed-shipment.ts`; empty for one that has become part of another.
  state text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
) with (fillfactor = 50, toast_tuple_target = 4080);
-- Tokens do not compress, and a state is written whole with every message.
alter table parcelkeep.shipments alter column state set storage external;
-- No index has a column that messages change, so a new state needs no new index entry where its page has room: hence the half that is left free (four
-- updates in five find room then; with 0.7 it was two in three).
create index shipments_tenant on parcelkeep.shipments (tenant, created_at desc, id) where shown_as is null;
create index shipments_shown_as on parcelkeep.shipments (shown_as) where shown_as is not null;

-- The numbers in each shipment's state, as tokens. `place` tells the shipments of a number apart; two workers that both take a number for new
-- meet at its first place. No foreign key: it would be checked once more for each number.
create table parcelkeep.shipment_numbers (
  number text not null,
  place smallint not null,
  tenant uuid not null,
  shipment uuid not null,
  primary key (number, place)
);

-- What became of records' jobs: so many are done, and a shipment answers for them. Rows are added and never changed.
create table parcelkeep.outcomes (
  record uuid not null,
  shipment uuid,
  jobs smallint not null
);
create index outcomes_record on parcelkeep.outcomes (record);

alter table parcelkeep.shipments enable row level security;
alter table parcelkeep.shipment_numbers enable row level security;
alter table parcelkeep.outcomes enable row level security;
create policy tenant_shipments on parcelkeep.shipments to parcelkeep_api using (tenant = parcelkeep.current_tenant());
create policy tenant_numbers on parcelkeep.shipment_numbers to parcelkeep_api using (tenant = parcelkeep.current_tenant());
create policy tenant_outcomes on parcelkeep.outcomes to parcelkeep_api using (exists (select from parcelkeep.records where id = record));
grant select on parcelkeep.shipments, parcelkeep.shipment_numbers, parcelkeep.outcomes to parcelkeep_api;

-- A worker's turn: three calls in one transaction. The worker holds no right on a table. -----------------------------------------

-- Locks lanes that have jobs and nobody works on, for the rest of the transaction, and reads their oldest jobs. The read is a statement after the
-- locks: one statement for both would read as of before the locks, when another worker had not yet removed what it had done.
create function parcelkeep.claim_jobs(p_first_lane integer, p_lanes integer, p_jobs integer)
returns table (place tid, record uuid, tenant uuid, message text)
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_lanes smallint[];
begin
  v_lanes := array(
    select lane from (select ((p_first_lane + step) % 64)::smallint as lane from generate_series(0, 63) step) lanes
    where exists (select from inbox i where i.lane = lanes.lane) and pg_try_advisory_xact_lock(77, lane)
    limit p_lanes
  );
  return query
    select i.ctid, i.record, i.tenant, i.message
    from unnest(v_lanes) lanes(lane), lateral (
      select i.ctid, i.record, i.tenant, i.message from inbox i where i.lane = lanes.lane order by i.seq
      limit ceil(p_jobs::numeric / cardinality(v_lanes))
    ) i;
end $$;

-- Every shipment that has one of these numbers, locked in the order of ids. Raises 40001 where another worker changed in between which ones these are.
create function parcelkeep.lock_shipments(p_numbers text[])
returns table (id uuid, public_id text, tenant uuid, carrier text, discriminator text, shown_as uuid, state text)
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_ids uuid[] := array(select distinct shipment from shipment_numbers where number = any(p_numbers) order by shipment);
begin
  perform from shipments where id = any(v_ids) order by id for no key update;
  if v_ids is distinct from array(select distinct shipment from shipment_numbers where number = any(p_numbers) order by shipment) then
    raise serialization_failure using message = 'numbers were given to shipments meanwhile';
  end if;
  return query select id, public_id, tenant, carrier, discriminator, shown_as, state from shipments where id = any(v_ids);
end $$;

-- Writes what the jobs did, and removes them. It is not flushed by itself: after a crash the jobs are there again and their effects are not.
-- Raises 23505 where another worker has meanwhile given one of the new numbers to a shipment of its own.
create function parcelkeep.finish_turn(
  p_done tid[], p_outcome_record uuid[], p_outcome_shipment uuid[], p_outcome_jobs smallint[],
  p_new_id uuid[], p_new_public_id text[], p_new_tenant uuid[], p_new_carrier text[], p_new_discriminator text[], p_new_shown_as uuid[], p_new_state text[],
  p_id uuid[], p_carrier text[], p_discriminator text[], p_shown_as uuid[], p_state text[],
  p_dropped_number text[], p_dropped_shipment uuid[],
  p_number text[], p_number_tenant uuid[], p_number_shipment uuid[], p_number_nth smallint[], p_number_is_new boolean[],
  p_merged uuid[], p_merged_shown_as uuid[], p_from uuid[], p_to uuid[], p_dead tid[], p_dead_code text[]
) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  perform set_config('synchronous_commit', 'off', true);
  if cardinality(p_merged) > 0 then
    update shipments s set shown_as = m.shown_as, state = '', updated_at = now() from unnest(p_merged, p_merged_shown_as) as m(id, shown_as) where s.id = m.id;
    delete from shipments where id = any(p_merged) and public_id is null;
  end if;
  if cardinality(p_new_id) > 0 then
    insert into shipments (id, public_id, tenant, carrier, discriminator, shown_as, state)
      select * from unnest(p_new_id, p_new_public_id, p_new_tenant, p_new_carrier, p_new_discriminator, p_new_shown_as, p_new_state);
  end if;
  update shipments s set carrier = n.carrier, discriminator = n.discriminator, shown_as = n.shown_as, state = n.state, updated_at = now()
    from unnest(p_id, p_carrier, p_discriminator, p_shown_as, p_state) as n(id, carrier, discriminator, shown_as, state) where s.id = n.id;
  if cardinality(p_from) > 0 then
    update shipments s set shown_as = r.shown_as from unnest(p_from, p_to) as r(former, shown_as) where s.shown_as = r.former;
  end if;
  if cardinality(p_dropped_number) > 0 then
    delete from shipment_numbers n using unnest(p_dropped_number, p_dropped_shipment) as d(number, shipment) where n.number = d.number and n.shipment = d.shipment;
  end if;
  if cardinality(p_number) > 0 then
    insert into shipment_numbers (number, place, tenant, shipment)
      select number, case when is_new then nth else nth + coalesce((select max(place) + 1 from shipment_numbers held where held.number = added.number), 0) end, tenant, shipment
      from unnest(p_number, p_number_tenant, p_number_shipment, p_number_nth, p_number_is_new) as added(number, tenant, shipment, nth, is_new);
  end if;
  if cardinality(p_dead) > 0 then
    insert into dead_letters (id, tenant, record, message, lane, code, received_at)
      select gen_random_uuid(), i.tenant, i.record, i.message, i.lane, d.code, i.received_at
      from unnest(p_dead, p_dead_code) as d(place, code) join inbox i on i.ctid = d.place;
  end if;
  insert into outcomes (record, shipment, jobs) select * from unnest(p_outcome_record, p_outcome_shipment, p_outcome_jobs);
  delete from inbox where ctid = any(p_done);
end $$;

grant execute on function parcelkeep.claim_jobs, parcelkeep.lock_shipments, parcelkeep.finish_turn to parcelkeep_worker;

-- Reading the index. An id goes on being answered when another shipment answers for it. --------------------------------------------

-- The shopper's page knows a public id and no tenant.
create function parcelkeep.track(p_public_ids text[]) returns table (public_id text, state text, updated_at timestamptz)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select shown.public_id, shown.state, shown.updated_at
  from shipments asked join shipments shown on shown.id = coalesce(asked.shown_as, asked.id) where asked.public_id = any(p_public_ids)
$$;

create function parcelkeep.shipments_by_id(p_tenant uuid, p_ids uuid[])
returns table (id uuid, public_id text, state text, created_at timestamptz, updated_at timestamptz)
language plpgsql as $$
begin
  perform parcelkeep.as_tenant(p_tenant);
  return query select s.id, s.public_id, s.state, s.created_at, s.updated_at
    from parcelkeep.shipments asked join parcelkeep.shipments s on s.id = coalesce(asked.shown_as, asked.id) where asked.id = any(p_ids);
end $$;

create function parcelkeep.shipments_by_number(p_tenant uuid, p_numbers text[])
returns table (id uuid, public_id text, state text, created_at timestamptz, updated_at timestamptz)
language plpgsql as $$
begin
  perform parcelkeep.as_tenant(p_tenant);
  return query select s.id, s.public_id, s.state, s.created_at, s.updated_at from parcelkeep.shipments s
    where s.shown_as is null and s.id in (select n.shipment from parcelkeep.shipment_numbers n where n.number = any(p_numbers)) order by s.created_at, s.id;
end $$;

create function parcelkeep.shipments_page(p_tenant uuid, p_before timestamptz, p_before_id uuid, p_limit integer)
returns table (id uuid, public_id text, state text, created_at timestamptz, updated_at timestamptz)
language plpgsql as $$
#variable_conflict use_column
begin
  perform parcelkeep.as_tenant(p_tenant);
  return query select id, public_id, state, created_at, updated_at from parcelkeep.shipments
    where shown_as is null and (created_at, id) < (p_before, p_before_id) order by created_at desc, id desc limit p_limit;
end $$;

create function parcelkeep.receipt(p_tenant uuid, p_id uuid)
returns table (id uuid, source text, received_at timestamptz, state "char", failure text, shipments uuid[])
language plpgsql as $$
begin
  perform parcelkeep.as_tenant(p_tenant);
  return query select r.id, r.source, r.received_at,
      case when r.state = 'a' and (select sum(o.jobs) from parcelkeep.outcomes o where o.record = r.id) >= r.message_count then 'p' else r.state end,
      r.failure,
      array(select distinct coalesce(s.shown_as, s.id) from parcelkeep.outcomes o join parcelkeep.shipments s on s.id = o.shipment where o.record = r.id)
    from parcelkeep.records r where r.id = p_id;
end $$;

grant execute on function parcelkeep.track, parcelkeep.shipments_by_id, parcelkeep.shipments_by_number, parcelkeep.shipments_page, parcelkeep.receipt
  to parcelkeep_api;
