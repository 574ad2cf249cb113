-- What ingest writes for each record costs less: arrays are unfolded in the select list, where each row is made in place (in the from clause each array is
-- first copied into a store of its own); what is closed is asked for once for all rows that a call writes; and values that are new need no second look.

-- Whoever stores something under a subject asks this before, in the same transaction. It was a trigger on the table, for which every row was copied.
create function parcelkeep.refuse_closed(p_subjects uuid[]) returns void
language plpgsql set search_path = parcelkeep, pg_temp as $$
declare
  v_closed text := closed_of(p_subjects);
begin
  if v_closed is not null then
    raise exception 'the subject is closed' using errcode = 'PK001', detail = v_closed;
  end if;
end $$;
drop trigger refuse_closed on parcelkeep.sealed_groups;
drop function parcelkeep.refuse_closed_groups;

create or replace function parcelkeep.closed_of(p_subjects uuid[]) returns text
language plpgsql set search_path = parcelkeep, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_erasures uuid[];
begin
  perform pg_advisory_xact_lock_shared(78, 0);
  -- A statement after the lock, which sees who was closed while it was waited for.
  select array_agg(distinct t.erasure) into v_erasures from tombstones t where t.subject = any(p_subjects);
  if v_erasures is null then
    return null;
  end if;
  return (select string_agg(t.subject::text, ',') from tombstones t where t.erasure = any(v_erasures));
end $$;

-- As before. Returns no row where every value was new: then all hold as they were claimed. Otherwise one row per claim. A person whom several records of
-- the call name by a candidate is one person, whichever record's claim shows who it is.
create or replace function parcelkeep.claim_tokens(
  p_blind uuid[], p_tenant uuid[], p_token bytea[], p_group integer[], p_strength smallint[], p_former uuid[], p_version smallint[],
  p_group_id bytea[], p_group_tenant uuid[], p_group_subject uuid[], p_group_record uuid[], p_group_session integer[],
  p_group_purpose "char"[], p_group_salt bytea[], p_group_commitment bytea[], p_group_sealed bytea[]
) returns table (ord bigint, token bytea, subject uuid)
language plpgsql security definer set search_path = parcelkeep, pg_temp
-- A plan that was made when the index was empty must not scan it when it is large.
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_new integer;
  v_subject uuid[];
begin
  perform set_config('synchronous_commit', 'off', true);
  perform hold_index_versions(p_tenant, p_version);
  perform refuse_closed(p_group_subject);
  insert into token_index (blind, tenant, token, subject, version)
    select blind, tenant, token, p_group_subject[grp], version
    from (select unnest(p_blind), unnest(p_tenant), unnest(p_token), unnest(p_group), unnest(p_former), unnest(p_version))
      as claim(blind, tenant, token, grp, former, version)
    where former is null or not exists (select from token_index moving where moving.blind = claim.former)
    order by blind
    on conflict do nothing;
  get diagnostics v_new = row_count;
  if v_new = cardinality(p_blind) then
    insert into sealed_groups (id, tenant, subject, record, session, purpose, salt, commitment, sealed)
      select unnest(p_group_id), unnest(p_group_tenant), unnest(p_group_subject), unnest(p_group_record), unnest(p_group_session), unnest(p_group_purpose),
        unnest(p_group_salt), unnest(p_group_commitment), unnest(p_group_sealed);
    return;
  end if;
  return query
    with claim as materialized (
      select c.ord, held.blind, c.grp, c.strength, p_group_subject[c.grp] as candidate, held.token, held.subject, held.token = c.token as won
      from unnest(p_blind, p_token, p_group, p_strength, p_former) with ordinality as c(blind, token, grp, strength, former, ord)
      join lateral (
        select blind, token, subject from token_index where blind = c.blind
        union all
        select blind, token, subject from token_index where blind = c.former
      ) held on true
    ), known as materialized (
      -- The strongest identifier of the person that was known before says who it is.
      select distinct on (candidate) candidate, subject from claim where not won order by candidate, strength, ord
    ), person as materialized (
      -- None known: somebody new.
      select g.ord, g.subject as candidate, coalesce(known.subject, g.subject) as subject
      from unnest(p_group_subject) with ordinality as g(subject, ord) left join known on known.candidate = g.subject
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
      select p_group_tenant[claim.grp], person.subject, person.candidate
      from claim join person on person.ord = claim.grp
      where person.candidate <> person.subject and exists (select from sealed_groups k where k.subject = person.candidate)
      on conflict do nothing
    )
    select claim.ord, claim.token, person.subject from claim join person on person.ord = claim.grp;
  -- Persons that were found here; the lock is held, so none of them can be closed from here on.
  v_subject := array(select t.subject from token_index t where t.blind = any(p_blind) or t.blind = any(p_former));
  perform refuse_closed(v_subject);
end $$;

-- As before, with each pair of a record and a person once.
create or replace function parcelkeep.commit_records(
  p_pieces bytea[],
  p_id uuid[], p_dedupe uuid[], p_content uuid[], p_tenant uuid[], p_endpoint text[], p_source text[], p_received timestamptz[], p_session integer[], p_salt bytea[],
  p_offset integer[], p_bytes integer[], p_messages smallint[], p_failure text[],
  p_group_id bytea[], p_group_tenant uuid[], p_group_subject uuid[], p_group_record uuid[], p_group_session integer[],
  p_group_purpose "char"[], p_group_salt bytea[], p_group_commitment bytea[], p_group_sealed bytea[],
  p_job_lane smallint[], p_job_record uuid[], p_job_tenant uuid[], p_job_received timestamptz[], p_job_message text[],
  p_named_record uuid[], p_named_subject uuid[]
) returns bigint
language plpgsql security definer set search_path = parcelkeep, pg_temp
-- A plan made anew for each batch's arrays costs as much as writing twenty records.
set plan_cache_mode = force_generic_plan as $$
declare
  v_batch bigint := nextval('parcelkeep.raw_batch_ids');
begin
  if cardinality(p_group_id) + cardinality(p_named_subject) > 0 then
    perform refuse_closed(p_group_subject || p_named_subject);
  end if;
  if cardinality(p_named_subject) > 0 then
    insert into record_subjects (subject, record) select unnest(p_named_subject), unnest(p_named_record);
  end if;
  insert into records (id, dedupe, content, tenant, endpoint, source, received_at, session, salt, batch, batch_offset, sealed_bytes, message_count, state, failure)
    select id, dedupe, content, tenant, endpoint, source, received, session, salt, v_batch, batch_offset, bytes, messages,
      case when failure = '' then case when messages = 0 then 'p' else 'a' end else 'q' end::"char", nullif(failure, '')
    from (select unnest(p_id), unnest(p_dedupe), unnest(p_content), unnest(p_tenant), unnest(p_endpoint), unnest(p_source), unnest(p_received),
        unnest(p_session), unnest(p_salt), unnest(p_offset), unnest(p_bytes), unnest(p_messages), unnest(p_failure))
      as r(id, dedupe, content, tenant, endpoint, source, received, session, salt, batch_offset, bytes, messages, failure);
  insert into raw_batches (id, records, bytes)
    select v_batch, cardinality(p_id), sum(octet_length(body)) from (select unnest(p_pieces)) as p(body);
  insert into raw_pieces (batch, piece, body) select v_batch, generate_subscripts(p_pieces, 1), unnest(p_pieces);
  if cardinality(p_group_id) > 0 then
    insert into sealed_groups (id, tenant, subject, record, session, purpose, salt, commitment, sealed)
      select unnest(p_group_id), unnest(p_group_tenant), unnest(p_group_subject), unnest(p_group_record), unnest(p_group_session), unnest(p_group_purpose),
        unnest(p_group_salt), unnest(p_group_commitment), unnest(p_group_sealed);
  end if;
  if cardinality(p_job_lane) > 0 then
    insert into inbox (lane, record, tenant, received_at, message)
      select unnest(p_job_lane), unnest(p_job_record), unnest(p_job_tenant), unnest(p_job_received), unnest(p_job_message);
  end if;
  return v_batch;
end $$;

-- As before.
create or replace function parcelkeep.store_values(
  p_tenant uuid, p_record uuid, p_session integer,
  p_group_id bytea[], p_group_subject uuid[], p_group_purpose "char"[], p_group_salt bytea[], p_group_commitment bytea[], p_group_sealed bytea[],
  p_adopted_blind uuid[], p_adopted_subject uuid[], p_link_subject uuid[], p_link_same_as uuid[],
  p_short_token bytea[], p_short_code bytea[], p_mask_token bytea[], p_mask_category text[], p_mask_sealed bytea[],
  p_beacon_token bytea[], p_beacon_category text[], p_beacon_partition smallint[], p_beacon integer[]
) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
  perform refuse_closed(p_group_subject);
  insert into sealed_groups (id, tenant, subject, record, session, purpose, salt, commitment, sealed)
    select id, p_tenant, subject, p_record, p_session, purpose, salt, commitment, sealed
    from unnest(p_group_id, p_group_subject, p_group_purpose, p_group_salt, p_group_commitment, p_group_sealed)
      as g(id, subject, purpose, salt, commitment, sealed)
    -- A repeated batch: its values are there.
    on conflict (id) do nothing;
  if cardinality(p_adopted_blind) > 0 then
    update token_index t set subject = a.subject from unnest(p_adopted_blind, p_adopted_subject) as a(blind, subject) where t.blind = a.blind;
  end if;
  if cardinality(p_link_subject) > 0 then
    insert into subject_links (tenant, subject, same_as)
      select p_tenant, subject, same_as from unnest(p_link_subject, p_link_same_as) as l(subject, same_as) order by subject, same_as
      on conflict do nothing;
  end if;
  if cardinality(p_short_token) > 0 then
    insert into short_tokens (code, tenant, group_id, position)
      select s.code, p_tenant, g.id, get_byte(s.token, 19) from unnest(p_short_token, p_short_code) as s(token, code)
      join sealed_groups g on g.id = substr(s.token, 1, 19) order by s.code
      on conflict do nothing;
  end if;
  if cardinality(p_mask_token) > 0 then
    insert into masked_views (group_id, position, tenant, category, sealed)
      select g.id, get_byte(m.token, 19), p_tenant, m.category, m.sealed from unnest(p_mask_token, p_mask_category, p_mask_sealed) as m(token, category, sealed)
      join sealed_groups g on g.id = substr(m.token, 1, 19) order by m.token
      on conflict do nothing;
  end if;
  if cardinality(p_beacon_token) > 0 then
    insert into beacons (tenant, category, partition, beacon, group_id, position)
      select p_tenant, b.category, b.partition, b.beacon, g.id, get_byte(b.token, 19)
      from unnest(p_beacon_token, p_beacon_category, p_beacon_partition, p_beacon) as b(token, category, partition, beacon)
      join sealed_groups g on g.id = substr(b.token, 1, 19)
      on conflict do nothing;
  end if;
end $$;

revoke execute on function parcelkeep.refuse_closed from public;

-- These tables empty again and again. Whenever autovacuum found the end of one empty it cut the file short, and every commit waited for that; what is
-- free is used again anyway.
alter table parcelkeep.inbox set (vacuum_truncate = false);
alter table parcelkeep.raw_pieces set (vacuum_truncate = false);
alter table parcelkeep.raw_batches set (vacuum_truncate = false);
