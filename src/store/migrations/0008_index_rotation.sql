-- Rotation of the blind index without its originals (EDPB guidelines 01/2025, paragraph 91): the new entry of a value is a second keyed hash over its
-- old one. Entries move while ingest goes on, so for that time a value is looked for under both.

-- Versions of a tenant's index key after the first, which has no row. Each is a hash over the one before it.
create table parcelkeep.index_versions (
  tenant uuid not null,
  version smallint not null,
  -- Of the derivation root that the key comes from.
  root_epoch integer not null,
  rotation uuid not null references parcelkeep.rotations,
  -- Null while entries of the version before may be left.
  moved_at timestamptz,
  primary key (tenant, version)
);
create index index_versions_rotation on parcelkeep.index_versions (rotation);
alter table parcelkeep.token_index add column version smallint not null default 1;

-- Newest last.
create function parcelkeep.index_versions_of(p_tenant uuid) returns table (version smallint, root_epoch integer, is_moving boolean)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select version, root_epoch, moved_at is null from index_versions where tenant = p_tenant order by version
$$;

-- Of whoever enters values, in the same transaction: refuses those that know an older key only, and holds off newer keys until the transaction ends. So
-- once a version is announced there is no entry of an older one that its announcer does not see.
create function parcelkeep.hold_index_versions(p_tenant uuid[], p_version smallint[]) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform pg_advisory_xact_lock_shared(7204120);
  -- A statement after the lock, which sees what was announced before.
  if exists (
    select from (select distinct c.tenant, c.version from unnest(p_tenant, p_version) as c(tenant, version)) known
    join index_versions newer on newer.tenant = known.tenant and newer.version > known.version
  ) then
    raise exception using errcode = 'PKI01', message = 'the blind index has a newer key';
  end if;
end $$;

-- As before, with the entry under the former key (null: there is none) and the version of the key for each claim. No value is entered under the newest
-- key while it stands under the former one: an entry is seen under exactly one of them, since moving it is one row change.
drop function parcelkeep.claim_tokens;
create function parcelkeep.claim_tokens(
  p_blind uuid[], p_tenant uuid[], p_token bytea[], p_group integer[], p_strength smallint[], p_former uuid[], p_version smallint[],
  p_group_id bytea[], p_group_tenant uuid[], p_group_subject uuid[], p_group_record uuid[], p_group_session integer[],
  p_group_purpose "char"[], p_group_salt bytea[], p_group_commitment bytea[], p_group_sealed bytea[]
) returns table (ord bigint, token bytea, subject uuid)
language plpgsql security definer set search_path = parcelkeep, pg_temp
-- A plan that was made when the index was empty must not scan it when it is large.
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  perform set_config('synchronous_commit', 'off', true);
  perform hold_index_versions(p_tenant, p_version);
  insert into token_index (blind, tenant, token, subject, version)
    select blind, tenant, token, p_group_subject[grp], version
    from unnest(p_blind, p_tenant, p_token, p_group, p_former, p_version) as claim(blind, tenant, token, grp, former, version)
    where former is null or not exists (select from token_index moving where moving.blind = claim.former)
    order by blind
    on conflict do nothing;
  return query
    with claim as materialized (
      select c.ord, held.blind, c.grp, c.strength, held.token, held.subject, held.token = c.token as won
      from unnest(p_blind, p_token, p_group, p_strength, p_former) with ordinality as c(blind, token, grp, strength, former, ord)
      join lateral (
        select blind, token, subject from token_index where blind = c.blind
        union all
        select blind, token, subject from token_index where blind = c.former
      ) held on true
    ), person as materialized (
      -- The strongest identifier of the person in this record that was known before says who it is; none known: somebody new.
      select g.ord, coalesce((
          select claim.subject from claim
          where p_group_subject[claim.grp] = g.subject and p_group_record[claim.grp] = g.record and not claim.won order by claim.strength limit 1
        ), g.subject) as subject
      from unnest(p_group_subject, p_group_record) with ordinality as g(subject, record, ord)
    ), stored as (
      insert into sealed_groups (id, tenant, subject, record, session, purpose, salt, commitment, sealed)
      select g.id, g.tenant, person.subject, g.record, g.session, g.purpose, g.salt, g.commitment, g.sealed
      from unnest(p_group_id, p_group_tenant, p_group_record, p_group_session, p_group_purpose, p_group_salt, p_group_commitment, p_group_sealed)
        with ordinality as g(id, tenant, record, session, purpose, salt, commitment, sealed, ord)
      join person on person.ord = g.ord
    ), adopted as (
      update token_index set subject = person.subject
      from claim join person on person.ord = claim.grp
      where claim.won and token_index.blind = claim.blind and token_index.subject <> person.subject
    ), linked as (
      insert into subject_links (tenant, subject, same_as)
      select p_group_tenant[claim.grp], person.subject, claim.subject
      from claim join person on person.ord = claim.grp
      where not claim.won and claim.subject <> person.subject
      union
      -- Whom the process knew the person as, where a claim shows that it is somebody else.
      select p_group_tenant[claim.grp], person.subject, p_group_subject[claim.grp]
      from claim join person on person.ord = claim.grp
      where p_group_subject[claim.grp] <> person.subject and exists (select from sealed_groups k where k.subject = p_group_subject[claim.grp])
      on conflict do nothing
    )
    select claim.ord, claim.token, person.subject from claim join person on person.ord = claim.grp;
end $$;

-- Of the tokens API, likewise.
drop function parcelkeep.claim_values;
create function parcelkeep.claim_values(
  p_caller text, p_tokens_per_day integer, p_misses_per_hour integer, p_alarm_identifiers integer, p_alarm_ratio double precision,
  p_tenant uuid, p_values integer, p_identifiers integer, p_blind uuid[], p_token bytea[], p_subject uuid[], p_former uuid[], p_version smallint
) returns table (refused text, retry_s integer, misses integer, alarm boolean, tokens bytea, subjects bytea)
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_hour timestamptz := date_trunc('hour', now(), 'UTC');
  v_day timestamptz := date_trunc('day', now(), 'UTC');
  v_before token_usage;
  v_today bigint;
  v_misses integer := 0;
  v_alarm boolean;
  v_tokens bytea := '';
  v_subjects bytea := '';
begin
  insert into token_usage as u (caller, hour) values (p_caller, v_hour) on conflict (caller, hour) do update set tokens = u.tokens returning * into v_before;
  select coalesce(sum(u.tokens), 0) into v_today from token_usage u where u.caller = p_caller and u.hour >= v_day;
  if v_today + p_values > p_tokens_per_day then
    return query select 'tokens', ceil(extract(epoch from v_day + interval '1 day' - now()))::integer, 0, false, v_tokens, v_subjects;
    return;
  end if;
  -- Not only new identifiers: which ones are new is what must not be learned any more.
  if p_identifiers > 0 and v_before.misses >= p_misses_per_hour then
    return query select 'misses', ceil(extract(epoch from v_hour + interval '1 hour' - now()))::integer, 0, false, v_tokens, v_subjects;
    return;
  end if;
  if cardinality(p_blind) > 0 then
    perform hold_index_versions(array[p_tenant], array[p_version]);
    insert into token_index (blind, tenant, token, subject, version)
      select blind, p_tenant, token, subject, p_version from unnest(p_blind, p_token, p_subject, p_former) as claim(blind, token, subject, former)
      where former is null or not exists (select from token_index moving where moving.blind = claim.former)
      order by blind
      on conflict do nothing;
    get diagnostics v_misses = row_count;
    select string_agg(held.token, ''::bytea order by c.ord), string_agg(uuid_send(held.subject), ''::bytea order by c.ord) into v_tokens, v_subjects
      from unnest(p_blind, p_former) with ordinality as c(blind, former, ord)
      join lateral (
        select token, subject from token_index where blind = c.blind
        union all
        select token, subject from token_index where blind = c.former
      ) held on true;
  end if;
  v_alarm := v_before.identifiers + p_identifiers >= p_alarm_identifiers
    and v_before.misses + v_misses >= p_alarm_ratio * (v_before.identifiers + p_identifiers);
  update token_usage u set tokens = u.tokens + p_values, identifiers = u.identifiers + p_identifiers, misses = u.misses + v_misses, alarmed = u.alarmed or v_alarm
    where u.caller = p_caller and u.hour = v_hour;
  if v_before.tokens = 0 then
    delete from token_usage u where u.caller = p_caller and u.hour < v_day - interval '7 days';
  end if;
  return query select null::text, 0, v_misses, v_alarm and not v_before.alarmed, v_tokens, v_subjects;
end $$;

-- Entries of a person who is being erased are out of the index and come back to it where the erasure is refused, of the version that they are of. A
-- run does not end before they are back or gone.
alter table parcelkeep.frozen_index add column version smallint not null default 1;
create or replace function parcelkeep.freeze_erasure(p_id uuid) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_erasure erasures;
  v_subjects uuid[];
begin
  perform pg_advisory_xact_lock(78, 0);
  select * into v_erasure from erasures where id = p_id for update;
  if v_erasure.state is distinct from 'requested' then
    return;
  end if;
  -- Who was closed by another erasure meanwhile is that one's.
  v_subjects := array(select same.subject from same_subjects(v_erasure.tenant, v_erasure.subject) same
    where not exists (select from tombstones t where t.subject = same.subject) order by same.subject);
  insert into tombstones (subject, tenant, erasure) select s, v_erasure.tenant, p_id from unnest(v_subjects) s;
  with taken as (delete from token_index where subject = any(v_subjects) and tenant = v_erasure.tenant returning blind, tenant, token, subject, version)
  insert into frozen_index (blind, tenant, token, subject, version, erasure) select blind, tenant, token, subject, version, p_id from taken;
  update erasures set state = 'frozen', frozen_at = clock_timestamp(), subjects = v_subjects where id = p_id;
  notify parcelkeep_evictions;
end $$;
create or replace function parcelkeep.destroy_erasure(p_id uuid) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_erasure erasures;
  v_done record;
begin
  perform pg_advisory_xact_lock(78, 0);
  select * into v_erasure from erasures where id = p_id for update;
  if v_erasure.state is distinct from 'frozen' then
    return v_erasure.state;
  end if;
  if exists (select from legal_holds where subject = any(v_erasure.subjects)) then
    delete from tombstones where erasure = p_id;
    insert into subject_links (tenant, subject, same_as)
      select distinct f.tenant, f.subject, held.subject from frozen_index f join token_index held on held.blind = f.blind
      where f.erasure = p_id and held.subject <> f.subject on conflict do nothing;
    insert into token_index (blind, tenant, token, subject, version) select blind, tenant, token, subject, version from frozen_index where erasure = p_id on conflict do nothing;
    delete from frozen_index where erasure = p_id;
    update erasures set state = 'refused', refused_at = clock_timestamp() where id = p_id;
    return 'refused';
  end if;
  select * into v_done from destroy_subjects(v_erasure.tenant, v_erasure.subjects);
  update tombstones set destroyed_at = clock_timestamp() where erasure = p_id;
  update erasures set state = 'destroyed', destroyed_at = clock_timestamp(), values_groups = v_done.o_groups, index_entries = v_done.o_index,
    raw_records = v_done.o_records, commitments = v_done.o_commitments, batches = v_done.o_batches where id = p_id;
  return 'destroyed';
end $$;

-- The unfinished run, or a new one over the index of one tenant or of all. Each of them has its new version from here on.
create function parcelkeep.begin_index_rotation(p_operator text, p_tenant uuid, p_root_epoch integer)
returns table (id uuid, tenant uuid, from_version integer, to_version integer, place uuid, resumed boolean)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
declare
  v_id uuid;
begin
  return query select r.id, r.tenant, r.from_version, r.to_version, r.place, true from rotations r where r.kind = 'blind-index' and r.finished_at is null;
  if found then
    return;
  end if;
  perform pg_advisory_xact_lock(7204120);
  insert into rotations as r (kind, tenant, operator, from_version)
    select 'blind-index', p_tenant, p_operator, coalesce(max(v.version), 1) from index_versions v where p_tenant is null or v.tenant = p_tenant
    returning r.id into v_id;
  insert into index_versions (tenant, version, root_epoch, rotation)
    select t.id, coalesce((select max(v.version) from index_versions v where v.tenant = t.id), 1) + 1, p_root_epoch, v_id
    from tenants t where p_tenant is null or t.id = p_tenant;
  return query update rotations r set to_version = r.from_version + 1 where r.id = v_id
    returning r.id, r.tenant, r.from_version, r.to_version, r.place, false;
end $$;

-- Keys that a run moves entries to.
create function parcelkeep.index_versions_in(p_rotation uuid) returns table (tenant uuid, version smallint, root_epoch integer)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select tenant, version, root_epoch from index_versions where rotation = p_rotation
$$;

-- The entries to move among the next ones of the whole index, and last a row with the place that this has come to; no row at all: that was the end.
-- Tokens and persons are not told.
create function parcelkeep.index_entries_to_move(p_rotation uuid, p_after uuid, p_limit integer) returns table (blind uuid, tenant uuid, to_version smallint)
language sql stable security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
  with next as materialized (select blind, tenant, version from token_index where p_after is null or blind > p_after order by blind limit p_limit)
  (select next.blind, next.tenant, v.version from next join index_versions v on v.rotation = p_rotation and v.tenant = next.tenant and v.version > next.version)
  union all
  (select blind, null, null from next order by blind desc limit 1)
$$;

-- Moves entries, registers it and keeps the place, in one transaction. An entry that was moved or destroyed meanwhile is left alone. Where the value has an
-- entry under the new key already, it came again while its person's erasure was under way, which was refused then: the persons are one, as in `destroy_erasure`.
create function parcelkeep.move_index_entries(p_rotation uuid, p_old uuid[], p_new uuid[], p_to smallint[], p_place uuid) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_moved integer;
begin
  with gone as (
    delete from token_index t using unnest(p_old, p_new, p_to) as n(old, new, version), token_index held
    where t.blind = n.old and t.version = n.version - 1 and held.blind = n.new and held.tenant = t.tenant
    returning t.tenant, t.subject, held.subject as same_as
  )
  insert into subject_links (tenant, subject, same_as) select distinct tenant, subject, same_as from gone where subject <> same_as on conflict do nothing;
  with moved as (
    update token_index t set blind = n.new, version = n.version
    from unnest(p_old, p_new, p_to) as n(old, new, version), index_versions v
    where t.blind = n.old and t.version = n.version - 1 and v.tenant = t.tenant and v.version = n.version and v.rotation = p_rotation
    returning t.tenant, t.version
  ), registered as (
    insert into reencryptions (rotation, tenant, from_version, to_version, entries)
      select p_rotation, tenant, version - 1, version, count(*) from moved group by tenant, version
      returning entries
  )
  select coalesce(sum(entries), 0) into v_moved from registered;
  update rotations set place = p_place where id = p_rotation and finished_at is null;
  return v_moved;
end $$;

-- Ends the run unless entries are left; returns how many. Then the place is the beginning again.
create function parcelkeep.finish_index_rotation(p_rotation uuid) returns bigint
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_left bigint;
begin
  select count(*) into v_left
  from (select tenant, version from token_index union all select tenant, version from frozen_index) t
  join index_versions v on v.rotation = p_rotation and v.tenant = t.tenant and v.version > t.version;
  if v_left = 0 then
    update index_versions set moved_at = now() where rotation = p_rotation and moved_at is null;
    update rotations set finished_at = now() where id = p_rotation and finished_at is null;
  else
    update rotations set place = null where id = p_rotation and finished_at is null;
  end if;
  return v_left;
end $$;

create function parcelkeep.index_versions_summary() returns table (version smallint, tenants bigint, moving bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select newest.version, count(*), count(*) filter (where newest.is_moving) from (
    select coalesce(max(v.version), 1)::smallint as version, coalesce(bool_or(v.moved_at is null), false) and max(v.version) is not null as is_moving
    from tenants t left join index_versions v on v.tenant = t.id group by t.id
  ) newest group by newest.version order by newest.version
$$;

revoke execute on function parcelkeep.claim_tokens, parcelkeep.claim_values from public;
grant execute on function parcelkeep.claim_tokens, parcelkeep.claim_values to parcelkeep_ingress;
grant execute on function parcelkeep.index_versions_of to parcelkeep_ingress, parcelkeep_api, parcelkeep_keeper, parcelkeep_rekeyer;
grant execute on function parcelkeep.begin_index_rotation, parcelkeep.index_versions_in, parcelkeep.index_entries_to_move, parcelkeep.move_index_entries,
  parcelkeep.finish_index_rotation, parcelkeep.index_versions_summary to parcelkeep_rekeyer;
