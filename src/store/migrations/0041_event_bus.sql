-- An event bus is told of every changed shipment, of all tenants: noted in the transaction that changes it, as for webhooks (0016), while a bus is followed.

create table parcelkeep.event_bus (
  only_one boolean primary key default true check (only_one),
  since timestamptz not null default now()
);
create table parcelkeep.bus_changes (
  seq bigint generated always as identity primary key,
  tenant uuid not null,
  shipment uuid not null,
  noted_at timestamptz not null default now(),
  -- Why it is not told, where telling it again would change nothing.
  refused text
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
alter table parcelkeep.event_bus enable row level security;
alter table parcelkeep.bus_changes enable row level security;

-- As before, and for the bus.
create or replace function parcelkeep.note_shipment_changes(p_shipment uuid[], p_tenant uuid[]) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  insert into bus_changes (tenant, shipment)
    select tenant, shipment from event_bus, unnest(p_shipment, p_tenant) as changed(shipment, tenant);
  insert into webhook_changes (tenant, shipment)
    select tenant, shipment from unnest(p_shipment, p_tenant) as changed(shipment, tenant)
    where exists (select from webhook_endpoints e where e.tenant = changed.tenant and e.state = 'a')
$$;

-- Whether changes are noted from now on. What was noted before stays, and is told when a bus is followed again.
create function parcelkeep.follow_event_bus(p_followed boolean) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  insert into event_bus (only_one) select true where p_followed on conflict do nothing;
  delete from event_bus where not p_followed
$$;

-- The oldest changes, locked for the rest of the transaction; several of a shipment are told as one, with its state of now. Nothing while another process tells:
-- so that a shipment's events leave in their order.
create function parcelkeep.claim_bus_changes(p_limit integer)
returns table (seqs bigint[], tenant uuid, shipment uuid, public_id text, state text, created_at timestamptz, updated_at timestamptz)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
begin
  if not pg_try_advisory_xact_lock(91, 0) then
    return;
  end if;
  return query
    with claimed as (
      select c.seq, c.tenant, c.shipment from bus_changes c where c.refused is null order by c.seq limit p_limit
    ), grouped as (
      select array_agg(seq order by seq) as seqs, tenant, shipment from claimed group by tenant, shipment
    )
    select g.seqs, g.tenant, g.shipment, s.public_id, s.state, s.created_at, s.updated_at
    from grouped g left join shipments s on s.id = g.shipment and s.tenant = g.tenant and s.shown_as is null and s.public_id is not null
    order by g.seqs[1];
end $$;

create function parcelkeep.settle_bus_changes(p_told bigint[], p_refused bigint[], p_code text) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  delete from bus_changes where seq = any(p_told);
  update bus_changes set refused = p_code where seq = any(p_refused)
$$;

create function parcelkeep.event_bus_backlog() returns table (waiting bigint, oldest_s double precision, refused bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select count(*) filter (where refused is null), coalesce(extract(epoch from now() - min(noted_at) filter (where refused is null)), 0), count(refused) from bus_changes
$$;

revoke execute on function parcelkeep.follow_event_bus, parcelkeep.claim_bus_changes, parcelkeep.settle_bus_changes, parcelkeep.event_bus_backlog from public;
grant execute on function parcelkeep.follow_event_bus, parcelkeep.claim_bus_changes, parcelkeep.settle_bus_changes to parcelkeep_worker;
grant execute on function parcelkeep.event_bus_backlog to parcelkeep_api;
