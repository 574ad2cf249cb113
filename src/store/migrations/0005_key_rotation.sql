-- Rotation of keys: wraps move to a newer epoch while ingest goes on. Its state is here, so that a run that was killed goes on where it was.

-- Of wraps: those below the minimum are refused. Raised before the provider destroys what opens them.
create table parcelkeep.wrap_epochs (
  one boolean primary key default true check (one),
  minimum integer not null default 1
);
insert into parcelkeep.wrap_epochs default values;
create index ingest_sessions_epoch on parcelkeep.ingest_sessions (epoch, id);

-- A run. `to_version` is null until the provider has made the epoch.
create table parcelkeep.rotations (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('epoch', 'root', 'blind-index', 'retire')),
  -- Of one tenant; null: of all.
  tenant uuid,
  operator text not null,
  from_version integer not null,
  to_version integer,
  -- How far a run over the index has come.
  place uuid,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);
-- One unfinished run of a sort; the root is rotated by an epoch.
create unique index rotations_unfinished on parcelkeep.rotations ((case kind when 'root' then 'epoch' else kind end)) where finished_at is null;

-- The register of re-encryptions: one row for the three wraps of a session, or for a batch of index entries. Nobody changes or removes a row.
create table parcelkeep.reencryptions (
  id bigint generated always as identity primary key,
  rotation uuid not null references parcelkeep.rotations,
  tenant uuid not null,
  session integer,
  from_version integer not null,
  to_version integer not null,
  entries integer not null,
  at timestamptz not null default now()
);
create index reencryptions_rotation on parcelkeep.reencryptions (rotation);
create index reencryptions_session on parcelkeep.reencryptions (session) where session is not null;

-- As before, and refuses an epoch that is retired. The row lock orders it with `retire_epochs`: whichever comes second sees the other.
create or replace function parcelkeep.open_ingest_session(p_tenant uuid, p_epoch integer, p_raw bytea, p_values bytea, p_numbers bytea) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_id integer := nextval('parcelkeep.ingest_session_ids');
begin
  if p_epoch < (select minimum from wrap_epochs for share) then
    raise exception using errcode = 'PKE01', message = 'the epoch is retired';
  end if;
  insert into ingest_sessions (id, tenant, epoch, wrapped_raw, wrapped_values, wrapped_numbers) values (v_id, p_tenant, p_epoch, p_raw, p_values, p_numbers);
  return v_id;
end $$;

-- The unfinished run of this sort, or a new one from the newest epoch that anything was wrapped for.
create function parcelkeep.begin_wrap_rotation(p_kind text, p_operator text)
returns table (id uuid, from_version integer, to_version integer, resumed boolean)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
begin
  return query select r.id, r.from_version, r.to_version, true from rotations r where r.kind in ('epoch', 'root') and r.finished_at is null;
  if not found then
    return query insert into rotations as r (kind, operator, from_version)
      select p_kind, p_operator, greatest(1, (select max(s.epoch) from ingest_sessions s), (select max(made.to_version) from rotations made where made.kind in ('epoch', 'root')))
      returning r.id, r.from_version, r.to_version, false;
  end if;
end $$;

create function parcelkeep.aim_rotation(p_rotation uuid, p_to integer) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  update rotations set to_version = p_to where id = p_rotation and to_version is null
$$;

create function parcelkeep.finish_rotation(p_rotation uuid) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  update rotations set finished_at = now() where id = p_rotation and finished_at is null
$$;

-- The oldest wraps first; `p_after` is the session after which to go on, so that one that cannot be moved holds no other back.
create function parcelkeep.wraps_to_move(p_epoch integer, p_after integer, p_limit integer)
returns table (id integer, tenant uuid, epoch integer, wrapped_raw bytea, wrapped_values bytea, wrapped_numbers bytea)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select id, tenant, epoch, wrapped_raw, wrapped_values, wrapped_numbers from ingest_sessions where epoch < p_epoch and id > p_after order by id limit p_limit
$$;

-- Replaces wraps and registers it, in one transaction. A session that is of another epoch by now, or gone, is left alone and not registered.
create function parcelkeep.move_wraps(p_rotation uuid, p_id integer[], p_from integer[], p_raw bytea[], p_values bytea[], p_numbers bytea[]) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_to integer := (select to_version from rotations where id = p_rotation and kind in ('epoch', 'root') and finished_at is null);
  v_moved integer;
begin
  with moved as (
    update ingest_sessions s set epoch = v_to, wrapped_raw = n.wrapped_raw, wrapped_values = n.wrapped_values, wrapped_numbers = n.wrapped_numbers
    from unnest(p_id, p_from, p_raw, p_values, p_numbers) as n(id, epoch, wrapped_raw, wrapped_values, wrapped_numbers)
    where s.id = n.id and s.epoch = n.epoch and s.epoch < v_to
    returning s.id, s.tenant, n.epoch
  )
  insert into reencryptions (rotation, tenant, session, from_version, to_version, entries) select p_rotation, tenant, id, epoch, v_to, 3 from moved;
  get diagnostics v_moved = row_count;
  return v_moved;
end $$;

create function parcelkeep.wraps_by_epoch() returns table (epoch integer, sessions bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select epoch, count(*) from ingest_sessions group by epoch order by epoch
$$;

-- Refuses new wraps of the epochs before this one, unless there are wraps of them. Returns how many sessions hold it up; with 0 it is done, for good.
create function parcelkeep.retire_epochs(p_minimum integer, p_operator text) returns bigint
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_before integer;
  v_left bigint;
begin
  select minimum into v_before from wrap_epochs for update;
  -- A statement of its own, which sees what was opened while the lock was waited for.
  select count(*) into v_left from ingest_sessions where epoch < p_minimum;
  if v_left = 0 and p_minimum > v_before then
    update wrap_epochs set minimum = p_minimum;
    insert into rotations (kind, operator, from_version, to_version, finished_at) values ('retire', p_operator, v_before, p_minimum, now());
  end if;
  return v_left;
end $$;

grant usage on schema parcelkeep to parcelkeep_rekeyer;
grant select on parcelkeep.rotations, parcelkeep.reencryptions, parcelkeep.wrap_epochs to parcelkeep_rekeyer;
grant execute on function parcelkeep.begin_wrap_rotation, parcelkeep.aim_rotation, parcelkeep.finish_rotation, parcelkeep.wraps_to_move, parcelkeep.move_wraps,
  parcelkeep.wraps_by_epoch, parcelkeep.retire_epochs to parcelkeep_rekeyer;
