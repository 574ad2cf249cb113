-- A queue in front of the workers that is not the inbox itself. Jobs stay in the inbox until they are done; the queue carries their names only: lane and
-- number. So whatever the queue does (lose, repeat, turn round), the inbox says what is left to do, and a job's removal is one commit with its effects.

-- When the job was last named to the queue; null: it waits for that. Nothing where the inbox is the queue itself. No index: it would cost every job, and
-- what looks for unnamed jobs goes along the lanes (`job-relay.ts`).
alter table parcelkeep.inbox add column sent_at timestamptz;
grant select (sent_at) on parcelkeep.inbox to parcelkeep_api;

-- As before, with the job's lane and number.
drop function parcelkeep.claim_jobs;
create function parcelkeep.claim_jobs(p_first_lane integer, p_lanes integer, p_jobs integer)
returns table (place tid, record uuid, tenant uuid, message text, lane smallint, seq bigint)
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_lanes smallint[];
begin
  v_lanes := array(
    select lane from (select ((p_first_lane + step) % 64)::smallint as lane from generate_series(0, 63) step) lanes
    where exists (select from inbox i where i.lane = lanes.lane) and pg_try_advisory_xact_lock(77, lane)
    limit p_lanes
  );
  return query
    select i.ctid, i.record, i.tenant, i.message, i.lane, i.seq
    from unnest(v_lanes) lanes(lane), lateral (
      select i.ctid, i.record, i.tenant, i.message, i.lane, i.seq from inbox i where i.lane = lanes.lane order by i.seq
      limit ceil(p_jobs::numeric / cardinality(v_lanes))
    ) i;
end $$;

-- As `claim_jobs`, for lanes that the queue names: of each the oldest jobs up to the one that is named, at most `p_jobs`. A lane that another transaction
-- works on is waited for. The read is a statement after the locks, for the reason given there.
create function parcelkeep.claim_named_jobs(p_lanes smallint[], p_last bigint[], p_jobs integer)
returns table (place tid, lane smallint, seq bigint, record uuid, tenant uuid, message text)
language plpgsql security definer set search_path = parcelkeep, pg_temp
set lock_timeout = '5s' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  perform lock_lanes(p_lanes);
  return query
    select i.ctid, i.lane, i.seq, i.record, i.tenant, i.message
    from unnest(p_lanes, p_last) named(lane, last), lateral (
      select i.ctid, i.lane, i.seq, i.record, i.tenant, i.message from inbox i where i.lane = named.lane and i.seq <= named.last order by i.seq limit p_jobs
    ) i;
end $$;

-- In the order of lanes, so that two that lock several do not wait for each other in a circle.
create function parcelkeep.lock_lanes(p_lanes smallint[]) returns void
language plpgsql set search_path = parcelkeep, pg_temp as $$
begin
  perform pg_advisory_xact_lock(77, lane) from (select distinct unnest(p_lanes) as lane order by lane) lanes;
end $$;

-- Jobs that were not named yet, of each lane the oldest after a number.
create function parcelkeep.jobs_to_send(p_lanes smallint[], p_after bigint[], p_jobs integer) returns table (lane smallint, seq bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
  select i.lane, i.seq
  from unnest(p_lanes, p_after) wanted(lane, after), lateral (
    select i.lane, i.seq from inbox i where i.lane = wanted.lane and i.seq > wanted.after and i.sent_at is null order by i.seq limit p_jobs
  ) i
$$;

-- The rows change places, which a turn knows its jobs by; so no turn may be at their lanes meanwhile. Not flushed: after a crash they are named once more.
create function parcelkeep.mark_jobs_sent(p_lanes smallint[], p_seqs bigint[]) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  perform lock_lanes(p_lanes);
  update inbox i set sent_at = now() from unnest(p_lanes, p_seqs) sent(lane, seq) where i.lane = sent.lane and i.seq = sent.seq;
end $$;

-- Of each lane where the oldest job was named longer ago than that: the newest such job. Whoever gets its name takes all before it too.
create function parcelkeep.jobs_overdue(p_age_s integer) returns table (lane smallint, seq bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
  select lanes.lane::smallint, newest.seq
  from generate_series(0, 63) lanes(lane)
  cross join lateral (select sent_at from inbox i where i.lane = lanes.lane::smallint order by i.seq limit 1) oldest
  cross join lateral (
    select i.seq from inbox i where i.lane = lanes.lane::smallint and i.sent_at < now() - make_interval(secs => p_age_s) order by i.seq desc limit 1
  ) newest
  where oldest.sent_at < now() - make_interval(secs => p_age_s)
$$;

-- What the queue says of itself, as the worker that names jobs to it has heard. One row: a program has one queue.
create table parcelkeep.queue_state (
  only_one boolean primary key default true check (only_one),
  waiting bigint not null,
  in_flight bigint not null,
  dead bigint not null,
  noted_at timestamptz not null default now()
);
alter table parcelkeep.queue_state enable row level security;
create policy api_queue_state on parcelkeep.queue_state to parcelkeep_api using (true);
grant select on parcelkeep.queue_state to parcelkeep_api;

create function parcelkeep.note_queue_state(p_waiting bigint, p_in_flight bigint, p_dead bigint) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  insert into queue_state (waiting, in_flight, dead) values (p_waiting, p_in_flight, p_dead)
  on conflict (only_one) do update set waiting = excluded.waiting, in_flight = excluded.in_flight, dead = excluded.dead, noted_at = now()
$$;

-- Lanes that workers are at now, and workers that listen for jobs, by the name that they give their connection.
create function parcelkeep.workers_now() returns table (workers integer, lanes integer)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select (select count(*)::integer from pg_stat_activity where datname = current_database() and application_name = 'parcelkeep-wake'),
    (select count(*)::integer from pg_locks where locktype = 'advisory' and classid = 77 and objsubid = 2 and granted
      and database = (select oid from pg_database where datname = current_database()))
$$;

revoke execute on function parcelkeep.claim_jobs, parcelkeep.claim_named_jobs, parcelkeep.lock_lanes, parcelkeep.jobs_to_send, parcelkeep.mark_jobs_sent, parcelkeep.jobs_overdue,
  parcelkeep.note_queue_state, parcelkeep.workers_now from public;
grant execute on function parcelkeep.claim_jobs, parcelkeep.claim_named_jobs, parcelkeep.jobs_to_send, parcelkeep.mark_jobs_sent, parcelkeep.jobs_overdue, parcelkeep.note_queue_state
  to parcelkeep_worker;
grant execute on function parcelkeep.workers_now to parcelkeep_api;
