-- Retention: values, texts and raw records are destroyed at the end of their term, in batches that can be cut short anywhere. The age of a value is that of its
-- ingest session, which lives for a minute; that of a record stands in its id, a UUID of version 7.

create index sealed_groups_session on parcelkeep.sealed_groups (session);
create index ingest_sessions_created on parcelkeep.ingest_sessions (created_at);

-- How far the sweeps that visit everything once have come. Where a hold is released they begin anew.
create table parcelkeep.retention_places (
  one boolean primary key default true check (one),
  texts integer not null default 0,
  records uuid not null default '00000000-0000-0000-0000-000000000000'
);
insert into parcelkeep.retention_places default values;

create or replace function parcelkeep.release_hold(p_tenant uuid, p_subject uuid) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  delete from legal_holds where subject = p_subject and tenant = p_tenant;
  if not found then
    return false;
  end if;
  update retention_places set texts = 0, records = '00000000-0000-0000-0000-000000000000';
  return true;
end $$;

-- Everybody under a hold, with all that are the same person.
create function parcelkeep.held_subjects() returns uuid[]
language sql stable set search_path = parcelkeep, pg_temp as $$
  select coalesce(array_agg(distinct same.subject), '{}') from legal_holds h, lateral same_subjects(h.tenant, h.subject) same
$$;

-- Whether a record has named the person since.
create function parcelkeep.is_active(p_tenant uuid, p_subject uuid, p_since timestamptz) returns boolean
language sql stable set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
  select exists (
    select from same_subjects(p_tenant, p_subject) same where
      exists (select from record_subjects r where r.subject = same.subject and uuid_extract_timestamp(r.record) >= p_since)
      or exists (select from sealed_groups g where g.subject = same.subject and uuid_extract_timestamp(g.record) >= p_since)
  )
$$;

-- Texts of the next session that is old enough: groups that hold nothing else. How many went; null at the end.
create function parcelkeep.sweep_texts(p_before timestamptz) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
declare
  v_place integer;
  v_session integer;
  v_gone integer;
begin
  select texts into v_place from retention_places for update;
  select s.id into v_session from ingest_sessions s where s.id > v_place and s.created_at < p_before order by s.id limit 1;
  if v_session is null then
    return null;
  end if;
  delete from sealed_groups where session = v_session and purpose = 't' and subject <> all(held_subjects());
  get diagnostics v_gone = row_count;
  update retention_places set texts = v_session;
  return v_gone;
end $$;

-- Values of the first session after a place that is old enough and still has some. Numbers go at their age, since carriers give them out again. A group with
-- another identifier stays while records go on naming the person: they name the value by this group's token. Null at the end.
create function parcelkeep.sweep_values(p_before timestamptz, p_after integer, out o_gone integer, out o_session integer)
language plpgsql security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
declare
  v_last integer := (select s.id from ingest_sessions s where s.created_at < p_before order by s.created_at desc limit 1);
  v_held uuid[] := held_subjects();
  v_ids bytea[];
  v_subjects uuid[];
begin
  select min(g.session) into o_session from sealed_groups g where g.session > p_after and g.session <= v_last;
  if o_session is null then
    return;
  end if;
  with old as materialized (
    select g.id, g.tenant, g.subject, g.purpose = 'p' and exists (
        select from token_index t where t.subject = g.subject and substr(t.token, 1, 19) = g.id
      ) as is_identified
    from sealed_groups g join ingest_sessions s on s.id = g.session
    where g.session = o_session and s.created_at < p_before and g.subject <> all(v_held)
  ), active as materialized (
    select person.subject from (select distinct tenant, subject from old where is_identified) person where is_active(person.tenant, person.subject, p_before)
  ), gone as (
    delete from sealed_groups g using old where g.id = old.id and not (old.is_identified and old.subject in (select subject from active))
    returning g.id, g.subject
  )
  select array_agg(id), array_agg(distinct subject), count(*) into v_ids, v_subjects, o_gone from gone;
  delete from token_index where subject = any(v_subjects) and substr(token, 1, 19) = any(v_ids);
end $$;

-- The keys of the next raw records that are old enough. How many went; null at the end.
create function parcelkeep.sweep_records(p_before uuid, p_limit integer) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
declare
  v_place uuid;
  v_ids uuid[];
  v_held uuid[] := held_subjects();
  v_gone integer;
begin
  select records into v_place from retention_places for update;
  v_ids := array(select id from records where id > v_place and id < p_before order by id limit p_limit);
  if cardinality(v_ids) = 0 then
    return null;
  end if;
  update records set salt = null where id = any(v_ids) and salt is not null
    and (cardinality(v_held) = 0 or id not in (select records_of(v_held)));
  get diagnostics v_gone = row_count;
  update retention_places set records = v_ids[cardinality(v_ids)];
  return v_gone;
end $$;

grant execute on function parcelkeep.sweep_texts, parcelkeep.sweep_values, parcelkeep.sweep_records to parcelkeep_keeper;
