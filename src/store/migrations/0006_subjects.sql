-- Persons: who is kept, legal holds, erasure. Whoever is being erased is closed first: nothing is stored under a closed subject any more.

-- A record that names a person by tokens that were known before holds no sealed value of that person; an erasure finds it here.
create table parcelkeep.record_subjects (
  subject uuid not null,
  record uuid not null,
  primary key (subject, record)
);
create index token_index_subject on parcelkeep.token_index (subject);

create table parcelkeep.legal_holds (
  subject uuid primary key,
  tenant uuid not null,
  reference text,
  held_since timestamptz not null default now()
);

-- The states are described in `process/erase.ts`. Holds no personal data: a subject's id is random.
create table parcelkeep.erasures (
  id uuid primary key,
  tenant uuid not null,
  subject uuid not null,
  reason text not null,
  requested_by text,
  state text not null default 'requested' check (state in ('requested', 'frozen', 'refused', 'destroyed', 'probed', 'proven')),
  -- Re-applied to a database that was restored from before it.
  reapplied boolean not null default false,
  requested_at timestamptz not null default now(),
  frozen_at timestamptz,
  refused_at timestamptz,
  destroyed_at timestamptz,
  probed_at timestamptz,
  proven_at timestamptz,
  -- The subject and all that are the same person.
  subjects uuid[] not null default '{}',
  values_groups bigint,
  index_entries bigint,
  raw_records bigint,
  commitments bytea[] not null default '{}',
  -- Batches of the raw records, for the segments that hold them.
  batches bigint[] not null default '{}',
  tombstone_at timestamptz,
  probe jsonb,
  -- Canonical JSON, and who signed it.
  proof text,
  signature jsonb
);
create index erasures_open on parcelkeep.erasures (requested_at) where state not in ('refused', 'proven');
create index erasures_subject on parcelkeep.erasures (subject);

-- Closed subjects; they stay closed for ever, unless a legal hold refuses the erasure.
create table parcelkeep.tombstones (
  subject uuid primary key,
  tenant uuid not null,
  erasure uuid not null,
  closed_at timestamptz not null default now(),
  destroyed_at timestamptz
);
create index tombstones_erasure on parcelkeep.tombstones (erasure);

-- Index entries of a closed subject, out of the way: the same value gets a new token and a new subject meanwhile. Back in their place, or gone.
create table parcelkeep.frozen_index (
  blind uuid primary key,
  tenant uuid not null,
  token bytea not null,
  subject uuid not null,
  erasure uuid not null
);
create index frozen_index_erasure on parcelkeep.frozen_index (erasure);

-- Processes that hold tokens and persons in memory, and what they have forgotten.
create table parcelkeep.cache_holders (
  id uuid primary key,
  since timestamptz not null default now(),
  seen_at timestamptz not null default now()
);
create table parcelkeep.eviction_acks (
  erasure uuid not null,
  holder uuid not null,
  acknowledged_at timestamptz not null default now(),
  primary key (erasure, holder)
);

-- The closed among these, with all that were closed with them, as text; null where none is. The lock is the border between a commit and a closing:
-- whoever stores under a subject holds it shared until the commit, whoever closes one holds it alone, so one of both sees the other.
create function parcelkeep.closed_of(p_subjects uuid[]) returns text
language plpgsql set search_path = parcelkeep, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_erasures uuid[];
begin
  perform pg_advisory_xact_lock_shared(78, 0);
  select array_agg(closed.erasure) into v_erasures
    from unnest(p_subjects) as n(subject) cross join lateral (select t.erasure from tombstones t where t.subject = n.subject limit 1) closed;
  if v_erasures is null then
    return null;
  end if;
  return (select string_agg(t.subject::text, ',') from tombstones t where t.erasure = any(v_erasures));
end $$;

create function parcelkeep.refuse_closed_groups() returns trigger
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_closed text := closed_of(array(select subject from added));
begin
  if v_closed is not null then
    raise exception 'the subject is closed' using errcode = 'PK001', detail = v_closed;
  end if;
  return null;
end $$;
create trigger refuse_closed after insert on parcelkeep.sealed_groups referencing new table as added
  for each statement execute function parcelkeep.refuse_closed_groups();

create function parcelkeep.refuse_closed_links() returns trigger
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_subjects uuid[] := array(select subject from added union select same_as from added);
  v_closed text;
begin
  if cardinality(v_subjects) > 0 then
    v_closed := closed_of(v_subjects);
    if v_closed is not null then
      raise exception 'the subject is closed' using errcode = 'PK001', detail = v_closed;
    end if;
  end if;
  return null;
end $$;
create trigger refuse_closed after insert on parcelkeep.subject_links referencing new table as added
  for each statement execute function parcelkeep.refuse_closed_links();

-- As before, with the persons that each record names by tokens alone.
drop function parcelkeep.commit_records;
create function parcelkeep.commit_records(
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
  v_closed text;
begin
  if cardinality(p_named_subject) > 0 then
    v_closed := closed_of(p_named_subject);
    if v_closed is not null then
      raise exception 'the subject is closed' using errcode = 'PK001', detail = v_closed;
    end if;
    insert into record_subjects (subject, record) select distinct subject, record from unnest(p_named_subject, p_named_record) as n(subject, record);
  end if;
  insert into records (id, dedupe, content, tenant, endpoint, source, received_at, session, salt, batch, batch_offset, sealed_bytes, message_count, state, failure)
    select id, dedupe, content, tenant, endpoint, source, received, session, salt, v_batch, batch_offset, bytes, messages,
      case when failure = '' then case when messages = 0 then 'p' else 'a' end else 'q' end::"char", nullif(failure, '')
    from unnest(p_id, p_dedupe, p_content, p_tenant, p_endpoint, p_source, p_received, p_session, p_salt, p_offset, p_bytes, p_messages, p_failure)
      as r(id, dedupe, content, tenant, endpoint, source, received, session, salt, batch_offset, bytes, messages, failure);
  insert into raw_batches (id, records, bytes) select v_batch, cardinality(p_id), sum(octet_length(body)) from unnest(p_pieces) as body;
  insert into raw_pieces (batch, piece, body) select v_batch, piece, body from unnest(p_pieces) with ordinality as p(body, piece);
  if cardinality(p_group_id) > 0 then
    insert into sealed_groups (id, tenant, subject, record, session, purpose, salt, commitment, sealed)
      select * from unnest(p_group_id, p_group_tenant, p_group_subject, p_group_record, p_group_session, p_group_purpose, p_group_salt, p_group_commitment, p_group_sealed);
  end if;
  insert into inbox (lane, record, tenant, received_at, message)
    select * from unnest(p_job_lane, p_job_record, p_job_tenant, p_job_received, p_job_message);
  return v_batch;
end $$;
grant execute on function parcelkeep.commit_records to parcelkeep_ingress;

-- What the API may ask and order; each call names the tenant, and finds nothing of another. ------------------------------------------

-- One row for each person that one of these index entries belongs to.
create function parcelkeep.find_persons(p_tenant uuid, p_blinds uuid[]) returns table (subjects uuid[])
language sql stable security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
  select distinct array(select same.subject from same_subjects(p_tenant, t.subject) same order by same.subject) from token_index t where t.blind = any(p_blinds) and t.tenant = p_tenant
$$;

create function parcelkeep.records_of(p_subjects uuid[]) returns setof uuid
language sql stable set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
  select record from sealed_groups where subject = any(p_subjects) union select record from record_subjects where subject = any(p_subjects)
$$;

create function parcelkeep.person_overview(p_tenant uuid, p_subjects uuid[])
returns table (records bigint, value_groups bigint, first_seen timestamptz, last_seen timestamptz, is_held boolean)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select count(*), (select count(*) from sealed_groups g where g.subject = any(p_subjects) and g.tenant = p_tenant), min(r.received_at), max(r.received_at),
    exists (select from legal_holds h where h.subject = any(p_subjects) and h.tenant = p_tenant)
  from records r where r.tenant = p_tenant and r.id in (select records_of(p_subjects))
$$;

create function parcelkeep.person_shipments(p_tenant uuid, p_subjects uuid[], p_limit integer) returns table (id uuid, state text)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select s.id, s.state from shipments s where s.tenant = p_tenant and s.id in (
    select coalesce(asked.shown_as, asked.id) from outcomes o join shipments asked on asked.id = o.shipment
    where o.record in (select records_of(p_subjects)) and asked.tenant = p_tenant
  ) order by s.created_at desc, s.id limit p_limit
$$;

create function parcelkeep.is_kept(p_tenant uuid, p_subject uuid) returns boolean
language sql stable set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
  select exists (select from sealed_groups where subject = p_subject and tenant = p_tenant)
    or exists (select from record_subjects s join records r on r.id = s.record where s.subject = p_subject and r.tenant = p_tenant)
    or exists (select from token_index where subject = p_subject and tenant = p_tenant)
$$;

-- Null where nobody of the tenant has this id. A person who is erased, or being erased, has one erasure however often it is asked for.
create function parcelkeep.request_erasure(p_tenant uuid, p_subject uuid, p_id uuid, p_reason text, p_requested_by text) returns uuid
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_id uuid;
begin
  perform pg_advisory_xact_lock(79, hashtext(p_subject::text));
  select t.erasure into v_id from tombstones t where t.subject = p_subject and t.tenant = p_tenant;
  if v_id is null then
    select e.id into v_id from erasures e where e.subject = p_subject and e.tenant = p_tenant and e.state <> 'refused';
  end if;
  if v_id is not null or not is_kept(p_tenant, p_subject) then
    return v_id;
  end if;
  insert into erasures (id, tenant, subject, reason, requested_by) values (p_id, p_tenant, p_subject, p_reason, p_requested_by);
  notify parcelkeep_erasures;
  return p_id;
end $$;

create function parcelkeep.erasure(p_tenant uuid, p_id uuid)
returns table (id uuid, subject uuid, reason text, requested_by text, state text, requested_at timestamptz, frozen_at timestamptz, refused_at timestamptz,
  destroyed_at timestamptz, probed_at timestamptz, proven_at timestamptz, probe jsonb, proof text, signature jsonb)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select e.id, e.subject, e.reason, e.requested_by, e.state, e.requested_at, e.frozen_at, e.refused_at, e.destroyed_at, e.probed_at, e.proven_at, e.probe, e.proof, e.signature
  from erasures e where e.id = p_id and e.tenant = p_tenant
$$;

-- False where nobody of the tenant has this id, or has it any more.
create function parcelkeep.place_hold(p_tenant uuid, p_subject uuid, p_reference text) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  -- A hold that is placed while a person is destroyed comes too late, or stops it: never both.
  perform pg_advisory_xact_lock_shared(78, 0);
  if not is_kept(p_tenant, p_subject) or exists (select from tombstones where subject = p_subject and destroyed_at is not null) then
    return false;
  end if;
  insert into legal_holds (subject, tenant, reference) values (p_subject, p_tenant, p_reference)
    on conflict (subject) do update set reference = excluded.reference;
  return true;
end $$;

create function parcelkeep.release_hold(p_tenant uuid, p_subject uuid) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  delete from legal_holds where subject = p_subject and tenant = p_tenant;
  return found;
end $$;

-- What this process has not yet forgotten. To be called now and then: whoever calls is waited for.
create function parcelkeep.pending_evictions(p_holder uuid) returns table (erasure uuid, subjects uuid[])
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
declare
  v_since timestamptz;
begin
  insert into cache_holders as h (id) values (p_holder) on conflict (id) do update set seen_at = now() returning h.since into v_since;
  return query select e.id, e.subjects from erasures e
    where e.frozen_at >= v_since and e.frozen_at > now() - interval '1 day' and e.state <> 'refused'
      and not exists (select from eviction_acks a where a.erasure = e.id and a.holder = p_holder);
end $$;
create index erasures_frozen on parcelkeep.erasures (frozen_at);

create function parcelkeep.acknowledge_evictions(p_holder uuid, p_erasures uuid[]) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  insert into eviction_acks (erasure, holder) select erasure, p_holder from unnest(p_erasures) as e(erasure) on conflict do nothing
$$;

grant execute on function parcelkeep.find_persons, parcelkeep.person_overview, parcelkeep.person_shipments, parcelkeep.request_erasure, parcelkeep.erasure,
  parcelkeep.place_hold, parcelkeep.release_hold, parcelkeep.pending_evictions, parcelkeep.acknowledge_evictions to parcelkeep_api;

-- The keeper's steps: each is one transaction, and a step that was done changes nothing when it is taken again. ------------------------

grant usage on schema parcelkeep to parcelkeep_keeper;

-- Oldest first. Destroyed ones wait for a proof, or for a probe where somebody can probe.
create function parcelkeep.open_erasures(p_can_probe boolean) returns table (id uuid, tenant uuid, subject uuid, state text)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select e.id, e.tenant, e.subject, e.state from erasures e
  where e.state not in ('refused', 'proven') and (e.state <> 'destroyed' or e.proof is null or p_can_probe)
  order by e.requested_at limit 100
$$;

-- Closes the person: from the commit on nothing is stored under any of the ids, and the person's values are new ones when they come again.
create function parcelkeep.freeze_erasure(p_id uuid) returns void
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
  with taken as (delete from token_index where subject = any(v_subjects) and tenant = v_erasure.tenant returning blind, tenant, token, subject)
  insert into frozen_index (blind, tenant, token, subject, erasure) select blind, tenant, token, subject, p_id from taken;
  update erasures set state = 'frozen', frozen_at = clock_timestamp(), subjects = v_subjects where id = p_id;
  notify parcelkeep_evictions;
end $$;

-- Processes that were seen in the last 15 seconds and have not forgotten the person yet.
create function parcelkeep.missing_evictions(p_id uuid) returns integer
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select count(*)::integer from cache_holders h join erasures e on e.id = p_id
  where h.seen_at > now() - interval '15 seconds' and h.since <= e.frozen_at
    and not exists (select from eviction_acks a where a.erasure = p_id and a.holder = h.id)
$$;

-- All that opens or finds what is kept about these. Segments and batches stay as they are: what is in them has lost its keys.
create function parcelkeep.destroy_subjects(p_tenant uuid, p_subjects uuid[],
  out o_groups bigint, out o_index bigint, out o_records bigint, out o_commitments bytea[], out o_batches bigint[])
language plpgsql set search_path = parcelkeep, pg_temp as $$
declare
  v_records uuid[] := array(select records_of(p_subjects));
  v_frozen bigint;
begin
  with gone as (delete from sealed_groups where subject = any(p_subjects) and tenant = p_tenant returning commitment)
    select count(*), coalesce(array_agg(commitment order by commitment), '{}') into o_groups, o_commitments from gone;
  delete from token_index where subject = any(p_subjects) and tenant = p_tenant;
  get diagnostics o_index = row_count;
  delete from frozen_index where subject = any(p_subjects) and tenant = p_tenant;
  get diagnostics v_frozen = row_count;
  o_index := o_index + v_frozen;
  with gone as (update records set salt = null where id = any(v_records) and tenant = p_tenant and salt is not null returning batch)
    select count(*), coalesce(array_agg(distinct batch), '{}') into o_records, o_batches from gone;
  delete from record_subjects where subject = any(p_subjects);
end $$;

-- Destroys, or refuses where one of the person's ids is under a legal hold: then everything is as it was, and what came meanwhile is linked to it.
create function parcelkeep.destroy_erasure(p_id uuid) returns text
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
    insert into token_index (blind, tenant, token, subject) select blind, tenant, token, subject from frozen_index where erasure = p_id on conflict do nothing;
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

-- What a proof says.
create function parcelkeep.erasure_facts(p_id uuid)
returns table (id uuid, tenant uuid, subject uuid, subjects uuid[], reason text, state text, reapplied boolean, requested_at timestamptz, frozen_at timestamptz, destroyed_at timestamptz, probed_at timestamptz,
  values_groups bigint, index_entries bigint, raw_records bigint, commitments bytea[], evictions bigint, evictions_missing bigint, unarchived bigint,
  segments jsonb, tombstone_at timestamptz, probe jsonb, proof text)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select e.id, e.tenant, e.subject, e.subjects, e.reason, e.state, e.reapplied, e.requested_at, e.frozen_at, e.destroyed_at, e.probed_at,
    e.values_groups, e.index_entries, e.raw_records, e.commitments,
    (select count(*) from eviction_acks a where a.erasure = e.id),
    (select count(*) from cache_holders h where h.since <= e.frozen_at and h.seen_at > e.frozen_at - interval '15 seconds'
      and not exists (select from eviction_acks a where a.erasure = e.id and a.holder = h.id)),
    (select count(*) from unnest(e.batches) b(batch) where not exists (
      select from segment_batches sb join segments s on s.id = sb.segment where sb.batch = b.batch and s.sealed_at is not null)),
    (select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'sha256', encode(s.sha256, 'hex')) order by s.id), '[]') from segments s
      where s.sealed_at is not null and s.id in (select sb.segment from segment_batches sb where sb.batch = any(e.batches))),
    e.tombstone_at, e.probe, e.proof
  from erasures e where e.id = p_id
$$;

create function parcelkeep.note_tombstone(p_id uuid) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  update erasures set tombstone_at = clock_timestamp() where id = p_id and tombstone_at is null
$$;

create function parcelkeep.note_probe(p_id uuid, p_probe jsonb) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  update erasures set state = 'probed', probed_at = clock_timestamp(), probe = p_probe where id = p_id and state = 'destroyed'
$$;

-- A proof without a probe leaves the erasure where it is: the probe can come later.
create function parcelkeep.note_proof(p_id uuid, p_proof text, p_signature jsonb) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  update erasures set proof = p_proof, signature = p_signature,
    state = case state when 'probed' then 'proven' else state end, proven_at = case state when 'probed' then clock_timestamp() end
  where id = p_id and state in ('destroyed', 'probed')
$$;

-- Those that this database has not destroyed: it was restored from before them.
create function parcelkeep.unknown_erasures(p_ids uuid[]) returns setof uuid
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select i from unnest(p_ids) i where not exists (select from erasures e where e.id = i and e.destroyed_at is not null)
$$;

create function parcelkeep.reapply_erasure(p_id uuid, p_tenant uuid, p_subject uuid, p_subjects uuid[], p_reason text, p_requested_at timestamptz) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_done record;
begin
  perform pg_advisory_xact_lock(78, 0);
  perform from erasures where id = p_id and destroyed_at is not null;
  if found then
    return;
  end if;
  select * into v_done from destroy_subjects(p_tenant, p_subjects);
  insert into tombstones (subject, tenant, erasure, destroyed_at) select s, p_tenant, p_id, clock_timestamp() from unnest(p_subjects) s
    on conflict (subject) do update set erasure = p_id, destroyed_at = clock_timestamp();
  delete from legal_holds where subject = any(p_subjects);
  insert into erasures as e (id, tenant, subject, reason, state, reapplied, requested_at, frozen_at, destroyed_at, subjects, values_groups, index_entries, raw_records, commitments, batches, tombstone_at)
    values (p_id, p_tenant, p_subject, p_reason, 'destroyed', true, p_requested_at, clock_timestamp(), clock_timestamp(), p_subjects,
      v_done.o_groups, v_done.o_index, v_done.o_records, v_done.o_commitments, v_done.o_batches, clock_timestamp())
    on conflict (id) do update set state = 'destroyed', reapplied = true, frozen_at = excluded.frozen_at, destroyed_at = excluded.destroyed_at, subjects = excluded.subjects,
      values_groups = excluded.values_groups, index_entries = excluded.index_entries, raw_records = excluded.raw_records, commitments = excluded.commitments,
      batches = excluded.batches, tombstone_at = excluded.tombstone_at, proof = null, signature = null;
  notify parcelkeep_evictions;
end $$;

grant execute on function parcelkeep.open_erasures, parcelkeep.freeze_erasure, parcelkeep.missing_evictions, parcelkeep.destroy_erasure, parcelkeep.erasure_facts,
  parcelkeep.note_tombstone, parcelkeep.note_probe, parcelkeep.note_proof, parcelkeep.unknown_erasures, parcelkeep.reapply_erasure to parcelkeep_keeper;
