-- A quarantined record can be replayed: an opener opens that one record, it re-enters at ingress as a new one, and the old one's key goes.

-- As received: a accepted, p nothing to process, q quarantined; r replayed, as the record that `replayed_as` names.
alter table parcelkeep.records add column replayed_as uuid;

-- A grant names a subject or a record.
alter table parcelkeep.used_grants alter column subject drop not null;
alter table parcelkeep.used_grants add column record uuid;
alter table parcelkeep.used_grants add constraint used_grants_object check (num_nonnulls(subject, record) = 1);

-- False where the grant was used before, or where the record is not in this tenant's quarantine: then nothing may be opened.
create function parcelkeep.use_replay_grant(p_id uuid, p_tenant uuid, p_record uuid) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  insert into used_grants (id, tenant, record, purpose)
    select p_id, p_tenant, r.id, 'replay' from records r where r.id = p_record and r.tenant = p_tenant and r.state = 'q'
    on conflict do nothing;
  return found;
end $$;

-- The record that a grant names, sealed: its frame out of the batch that holds it, or where it stands in a segment once the batch is archived.
create function parcelkeep.record_to_open(p_grant uuid)
returns table (session integer, epoch integer, wrapped bytea, salt bytea, frame bytea, object_key text, object_offset bigint, frame_bytes integer)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select r.session, s.epoch, s.wrapped_raw, r.salt,
    (select substring(string_agg(p.body, '' order by p.piece) from r.batch_offset + 1 for 24 + r.sealed_bytes) from raw_pieces p where p.batch = r.batch),
    g.object_key, b.base_offset + r.batch_offset, 24 + r.sealed_bytes
  from used_grants u
  join records r on r.id = u.record and r.tenant = u.tenant
  join ingest_sessions s on s.id = r.session
  left join segment_batches b on b.batch = r.batch and b.base_offset is not null
  left join segments g on g.id = b.segment
  where u.id = p_grant
$$;

-- A replayed record lives on as the new one: with the old one's key gone, an erasure of the persons whom the new one names leaves nothing behind.
create function parcelkeep.note_replay(p_tenant uuid, p_record uuid, p_by uuid) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  update records set state = 'r', salt = null, replayed_as = p_by
    where id = p_record and tenant = p_tenant and state = 'q'
      and exists (select from records n where n.id = p_by and n.tenant = p_tenant and n.state in ('a', 'p'));
  return found;
end $$;

create function parcelkeep.quarantined_record(p_tenant uuid, p_id uuid) returns table (source text, endpoint text)
language plpgsql as $$
begin
  perform parcelkeep.as_tenant(p_tenant);
  return query select r.source, r.endpoint from parcelkeep.records r where r.id = p_id and r.state = 'q';
end $$;

-- What of a record's processing is over, by the record that it lives on as.
create or replace function parcelkeep.receipt(p_tenant uuid, p_id uuid)
returns table (id uuid, source text, received_at timestamptz, state "char", failure text, shipments uuid[])
language plpgsql as $$
begin
  perform parcelkeep.as_tenant(p_tenant);
  return query select asked.id, r.source, asked.received_at,
      case when r.state = 'a' and (select sum(o.jobs) from parcelkeep.outcomes o where o.record = r.id) >= r.message_count then 'p' else r.state end,
      r.failure,
      array(select distinct coalesce(s.shown_as, s.id) from parcelkeep.outcomes o join parcelkeep.shipments s on s.id = o.shipment where o.record = r.id)
    from parcelkeep.records asked join parcelkeep.records r on r.id = coalesce(asked.replayed_as, asked.id) where asked.id = p_id;
end $$;

-- For monitoring, over all tenants.
create function parcelkeep.waiting_for_persons(out quarantined bigint, out failed bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select (select count(*) from records where state = 'q'), (select count(*) from dead_letters)
$$;

grant select (replayed_as) on parcelkeep.records to parcelkeep_api;
grant execute on function parcelkeep.use_replay_grant, parcelkeep.record_to_open to parcelkeep_opener;
grant execute on function parcelkeep.note_replay, parcelkeep.quarantined_record, parcelkeep.waiting_for_persons to parcelkeep_api;
revoke execute on function parcelkeep.use_replay_grant, parcelkeep.record_to_open, parcelkeep.note_replay, parcelkeep.quarantined_record, parcelkeep.waiting_for_persons from public;
