-- Entries get their places faster. Whoever places has updated the shard's row in the same transaction, so a look at it for every entry says nothing new.
alter table parcelkeep.audit_entries drop constraint audit_entries_shard_fkey;

-- As before, with what was taken as one text, which the caller's runtime parses natively, and without locking rows that are deleted right after: the shard's row is the lock.
drop function parcelkeep.take_audit_outbox(text, bigint, integer);
create function parcelkeep.take_audit_outbox(p_shard text, p_epoch bigint, p_max integer) returns table (size bigint, hashes bytea[], drafts text)
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
    delete from audit_outbox o where o.id = any (array(select w.id from audit_outbox w order by w.id limit p_max))
    returning o.id, o.entry, o.at, o.type, o.tenant, o.facts
  )
  select v_size, v_hashes, '[' || coalesce(string_agg(concat('["', t.entry, '",', floor(extract(epoch from t.at) * 1000), ',', to_json(t.type), ',',
    coalesce('"' || t.tenant || '"', 'null'), ',', to_json(t.facts::text), ']'), ',' order by t.id), '') || ']'
  from taken t;
end $$;

revoke execute on function parcelkeep.take_audit_outbox from public;
grant execute on function parcelkeep.take_audit_outbox to parcelkeep_sequencer;
