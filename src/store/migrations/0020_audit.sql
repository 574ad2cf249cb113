-- The audit log. Whoever does something writes what was done into the outbox, in the same transaction; one sequencer gives entries their places.

create table parcelkeep.audit_outbox (
  id bigint generated always as identity primary key,
  entry uuid not null default gen_random_uuid(),
  at timestamptz not null default clock_timestamp(),
  type text not null,
  tenant uuid,
  -- Names and values as `audit/entry.ts` lists them for the type.
  facts jsonb not null
);

-- A log is one shard, a year. `hashes` are the complete subtrees of its tree (RFC 6962); `epoch` grows with each sequencer that takes over, and whoever has an older
-- one can write nothing.
create table parcelkeep.audit_logs (
  shard text primary key,
  origin text not null,
  size bigint not null default 0,
  hashes bytea[] not null default '{}',
  epoch bigint not null default 0,
  opened_at timestamptz not null default now(),
  closed_at timestamptz
);

create table parcelkeep.audit_entries (
  shard text not null references parcelkeep.audit_logs (shard),
  index bigint not null,
  entry uuid not null unique,
  at timestamptz not null,
  type text not null,
  tenant uuid,
  -- The bytes in the log.
  body bytea not null,
  primary key (shard, index)
);
alter table parcelkeep.audit_outbox enable row level security;
alter table parcelkeep.audit_logs enable row level security;
alter table parcelkeep.audit_entries enable row level security;
create index audit_entries_tenant on parcelkeep.audit_entries (tenant, shard, index);
alter table parcelkeep.audit_entries alter column body set storage external;

-- Called by what changes something, in its transaction. The wake-up is one for each transaction, however many entries it has.
create function parcelkeep.audit(p_type text, p_tenant uuid, p_facts jsonb) returns uuid
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_entry uuid;
begin
  insert into audit_outbox (type, tenant, facts) values (p_type, p_tenant, p_facts) returning entry into v_entry;
  perform pg_notify('parcelkeep_audit', '');
  return v_entry;
end $$;

-- Which role may write entries of which types by itself; all others come out of the functions and triggers that do the thing.
create table parcelkeep.audit_powers (
  role name not null,
  type text not null,
  primary key (role, type)
);

alter table parcelkeep.audit_powers enable row level security;

create function parcelkeep.append_audit(p_type text, p_tenant uuid, p_facts jsonb) returns uuid
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  if not exists (select from audit_powers p where p.role = session_user and p.type = p_type) then
    raise exception 'this role writes no entries of this type' using errcode = '42501';
  end if;
  return audit(p_type, p_tenant, p_facts);
end $$;

-- The place of an entry; null while it waits. `published` is for the one who asks the files.
create function parcelkeep.audit_place(p_entry uuid) returns table (shard text, index bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select e.shard, e.index from audit_entries e where e.entry = p_entry
$$;

-- A new log's first entry says so, in the same transaction.
create function parcelkeep.open_audit_log(p_shard text, p_origin text, p_opened jsonb) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  insert into audit_logs (shard, origin) values (p_shard, p_origin) on conflict (shard) do nothing;
  if found then
    perform audit('log.opened', null, p_opened);
  end if;
end $$;

-- The sequencer. It takes over: the epoch of whoever had it before is over.
create function parcelkeep.lead_audit_log(p_shard text, p_origin text, p_opened jsonb) returns table (epoch bigint, size bigint, hashes bytea[], origin text, closed boolean)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
begin
  perform open_audit_log(p_shard, p_origin, p_opened);
  -- In a database that was restored, something may wait that has its place in the log already.
  delete from audit_outbox o using audit_entries e where e.entry = o.entry;
  return query update audit_logs l set epoch = l.epoch + 1 where l.shard = p_shard
    returning l.epoch, l.size, l.hashes, l.origin, l.closed_at is not null;
end $$;

create function parcelkeep.open_audit_shards() returns table (shard text, origin text, size bigint, hashes bytea[])
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select shard, origin, size, hashes from audit_logs where closed_at is null order by shard
$$;

-- Takes what waits, oldest first, out of the outbox; it is given back if the transaction does not end. Null where a newer sequencer leads.
create function parcelkeep.take_audit_outbox(p_shard text, p_epoch bigint, p_max integer)
returns table (size bigint, hashes bytea[], entries uuid[], ats timestamptz[], types text[], tenants uuid[], facts text[])
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
declare
  v_size bigint;
  v_hashes bytea[];
begin
  select l.size, l.hashes into v_size, v_hashes from audit_logs l where l.shard = p_shard and l.epoch = p_epoch and l.closed_at is null for update;
  if not found then
    return;
  end if;
  return query with taken as (
    delete from audit_outbox o where o.id in (select w.id from audit_outbox w order by w.id limit p_max for update skip locked)
    returning o.id, o.entry, o.at, o.type, o.tenant, o.facts
  ), ordered as (select * from taken order by id)
  select v_size, v_hashes, coalesce(array_agg(t.entry order by t.id), '{}'), coalesce(array_agg(t.at order by t.id), '{}'),
    coalesce(array_agg(t.type order by t.id), '{}'), coalesce(array_agg(t.tenant order by t.id), '{}'), coalesce(array_agg(t.facts::text order by t.id), '{}')
  from ordered t;
end $$;

create function parcelkeep.place_audit_entries(
  p_shard text, p_epoch bigint, p_size bigint, p_hashes bytea[], p_entries uuid[], p_ats timestamptz[], p_types text[], p_tenants uuid[], p_bodies bytea[]
) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_from bigint := p_size - cardinality(p_entries);
begin
  update audit_logs set size = p_size, hashes = p_hashes where shard = p_shard and epoch = p_epoch and size = v_from;
  if not found then
    return false;
  end if;
  insert into audit_entries (shard, index, entry, at, type, tenant, body)
    select p_shard, v_from + n.ord - 1, n.entry, n.at, n.type, n.tenant, n.body
    from unnest(p_entries, p_ats, p_types, p_tenants, p_bodies) with ordinality as n(entry, at, type, tenant, body, ord);
  return true;
end $$;

-- Closes a log and opens the next one.
create function parcelkeep.close_audit_log(p_shard text, p_epoch bigint, p_next text, p_origin text, p_opened jsonb) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  update audit_logs set closed_at = now() where shard = p_shard and epoch = p_epoch and closed_at is null;
  if not found then
    return false;
  end if;
  perform open_audit_log(p_next, p_origin, p_opened);
  return true;
end $$;

create function parcelkeep.audit_bodies(p_shard text, p_from bigint, p_to bigint) returns table (body bytea)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select body from audit_entries where shard = p_shard and index >= p_from and index < p_to order by index
$$;

-- A page of entries for whoever reads the log here; a tenant sees its own. Newest first.
create function parcelkeep.audit_page(p_tenant uuid, p_shard text, p_before bigint, p_type text, p_limit integer)
returns table (shard text, index bigint, body bytea)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select e.shard, e.index, e.body from audit_entries e
  where e.shard = p_shard and e.index < p_before and (p_tenant is null or e.tenant = p_tenant) and (p_type is null or e.type = p_type)
  order by e.index desc limit p_limit
$$;
create function parcelkeep.audit_entry(p_tenant uuid, p_shard text, p_index bigint) returns table (body bytea)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select e.body from audit_entries e where e.shard = p_shard and e.index = p_index and (p_tenant is null or e.tenant = p_tenant)
$$;
create function parcelkeep.audit_backlog() returns table (waiting bigint, oldest_s double precision)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select count(*), coalesce(extract(epoch from clock_timestamp() - min(at)), 0)::double precision from audit_outbox
$$;

grant usage on schema parcelkeep to parcelkeep_sequencer;
revoke execute on function parcelkeep.audit, parcelkeep.append_audit, parcelkeep.audit_place, parcelkeep.open_audit_log, parcelkeep.lead_audit_log, parcelkeep.open_audit_shards,
  parcelkeep.take_audit_outbox, parcelkeep.place_audit_entries, parcelkeep.close_audit_log, parcelkeep.audit_bodies, parcelkeep.audit_page, parcelkeep.audit_entry,
  parcelkeep.audit_backlog from public;
grant execute on function parcelkeep.lead_audit_log, parcelkeep.open_audit_shards, parcelkeep.take_audit_outbox, parcelkeep.place_audit_entries,
  parcelkeep.close_audit_log, parcelkeep.audit_bodies, parcelkeep.append_audit, parcelkeep.audit_place to parcelkeep_sequencer;
grant execute on function parcelkeep.append_audit, parcelkeep.audit_place, parcelkeep.audit_page, parcelkeep.audit_entry, parcelkeep.audit_backlog,
  parcelkeep.open_audit_shards to parcelkeep_api;
grant execute on function parcelkeep.append_audit, parcelkeep.audit_place to parcelkeep_opener, parcelkeep_keeper, parcelkeep_outbound, parcelkeep_rekeyer;

insert into parcelkeep.audit_powers (role, type) values
  ('parcelkeep_sequencer', 'log.closed');
