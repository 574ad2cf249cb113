-- A time-stamp has one entry, however often whoever asked for it begins anew: a process that ended between storing it and writing the entry makes up for it later.
create index audit_entries_time_stamped on parcelkeep.audit_entries (shard, index) where type = 'checkpoint.time-stamped';

-- False where its entry stands in the log or waits for its place already.
create function parcelkeep.note_time_stamp(p_facts jsonb) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  -- One statement, so that an entry that gets its place meanwhile is seen either waiting or placed.
  if exists (
    select from audit_outbox o where o.type = 'checkpoint.time-stamped' and o.facts ->> 'tokenSha256' = p_facts ->> 'tokenSha256'
    union all
    select from audit_entries e where e.type = 'checkpoint.time-stamped' and convert_from(e.body, 'UTF8')::jsonb ->> 'tokenSha256' = p_facts ->> 'tokenSha256'
  ) then
    return false;
  end if;
  perform append_audit('checkpoint.time-stamped', null, p_facts);
  return true;
end $$;

revoke execute on function parcelkeep.note_time_stamp from public;
grant execute on function parcelkeep.note_time_stamp to parcelkeep_sequencer;

-- A log begins with the entry that opens it: that goes in front of all that waits, whatever was written down before it.
create or replace function parcelkeep.open_audit_log(p_shard text, p_origin text, p_opened jsonb) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  insert into audit_logs (shard, origin) values (p_shard, p_origin) on conflict (shard) do nothing;
  if found then
    -- Ids that were given out begin at one.
    insert into audit_outbox (id, type, facts) overriding system value
      select least(0, min(o.id)) - 1, 'log.opened', p_opened from audit_outbox o;
    perform pg_notify('parcelkeep_audit', '');
  end if;
end $$;

-- The sequencer places the entry that closes a log itself, behind the last one, and writes none of its kind into the outbox.
delete from parcelkeep.audit_powers where type = 'log.closed';
