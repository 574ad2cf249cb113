-- Who has to hear of a request: notices, by codes and ids; how they go out stands in the outbound process. And the end of reasons' texts.

create table parcelkeep.approval_notices (
  id uuid primary key default gen_random_uuid(),
  request uuid not null references parcelkeep.approval_requests (id),
  kind text not null check (kind in ('awaiting', 'expiring', 'decided', 'ended', 'review-due', 'review-overdue')),
  -- The request's state then.
  state text not null,
  made_at timestamptz not null default clock_timestamp(),
  -- Not before; moved on by whoever takes it, so that one who dies with it leaves it due.
  next_at timestamptz not null default clock_timestamp(),
  attempts smallint not null default 0,
  sent_at timestamptz,
  unique (request, kind, state)
);
create index approval_notices_due on parcelkeep.approval_notices (next_at) where sent_at is null;
alter table parcelkeep.approval_notices enable row level security;

create function parcelkeep.note_approval() returns trigger
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_kind text;
begin
  v_kind := case
    when new.state = 'requested' and tg_op = 'INSERT' then 'awaiting'
    when tg_op = 'UPDATE' and new.state <> old.state and new.state in ('granted', 'denied', 'vetoed', 'withdrawn', 'expired') then 'decided'
    when tg_op = 'UPDATE' and new.state <> old.state and new.state in ('failed', 'unknown', 'execution-expired') then 'ended'
  end;
  if v_kind is not null then
    insert into approval_notices (request, kind, state) values (new.id, v_kind, new.state) on conflict do nothing;
    perform pg_notify('parcelkeep_notices', '');
  end if;
  if tg_op = 'UPDATE' and new.review_due_at is not null and old.review_due_at is null then
    insert into approval_notices (request, kind, state) values (new.id, 'review-due', new.state) on conflict do nothing;
    perform pg_notify('parcelkeep_notices', '');
  end if;
  return null;
end $$;
create trigger noted after insert or update of state, review_due_at on parcelkeep.approval_requests for each row execute function parcelkeep.note_approval();

-- Looks for what time alone makes worth a notice. Returns how many.
create function parcelkeep.note_approval_times() returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_made integer;
begin
  insert into approval_notices (request, kind, state)
    select r.id, 'expiring', r.state from approval_requests r
      -- A quarter of its time is left.
      where r.state = 'requested' and r.approve_by - (r.approve_by - r.requested_at) / 4 <= clock_timestamp() and r.approve_by > clock_timestamp()
    union all
    select r.id, 'review-overdue', r.state from approval_requests r where r.review_due_at <= clock_timestamp() and r.reviewed_at is null
    on conflict do nothing;
  get diagnostics v_made = row_count;
  if v_made > 0 then
    perform pg_notify('parcelkeep_notices', '');
  end if;
  return v_made;
end $$;

create function parcelkeep.claim_notices(p_limit integer, p_lease interval)
returns table (id uuid, request uuid, kind text, state text, made_at timestamptz, attempts smallint, request_kind text, tenant uuid, recipient text, reason text, rule text,
  break_glass boolean, approve_by timestamptz, review_due_at timestamptz)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
begin
  return query with due as (
    select n.id from approval_notices n where n.sent_at is null and n.next_at <= clock_timestamp() order by n.next_at limit p_limit for update skip locked
  ), taken as (
    update approval_notices n set next_at = clock_timestamp() + p_lease, attempts = n.attempts + 1 from due where n.id = due.id returning n.*
  )
  select t.id, t.request, t.kind, t.state, t.made_at, t.attempts, r.kind, r.tenant, r.recipient, r.reason, r.rule, r.break_glass, r.approve_by, r.review_due_at
  from taken t join approval_requests r on r.id = t.request order by t.made_at;
end $$;

create function parcelkeep.settle_notice(p_id uuid, p_next timestamptz) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  update approval_notices set sent_at = case when p_next is null then clock_timestamp() end, next_at = coalesce(p_next, next_at) where id = p_id
$$;

-- An opener that ended without a word: its grant, where it was used, has an unknown outcome.
create function parcelkeep.lose_use(p_grant uuid) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests;
begin
  update approval_requests set state = 'unknown', outcome = 'unknown', ended_at = clock_timestamp() where grant_id = p_grant and state = 'opening' returning * into r;
  if not found then
    return false;
  end if;
  perform audit('transfer.failed', r.tenant, jsonb_build_object('transfer', r.id, 'grant', p_grant, 'outcome', 'unknown'));
  perform pg_notify('parcelkeep_approvals', '');
  return true;
end $$;

-- Reasons' texts, with the key of their commitment, go when a request has ended so long ago.
create function parcelkeep.sweep_approval_words(p_before timestamptz, p_limit integer) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_gone integer;
begin
  update approval_requests set words = null, words_key = null
    where id in (select id from approval_requests where ended_at < p_before and words is not null limit p_limit);
  get diagnostics v_gone = row_count;
  return v_gone;
end $$;

revoke execute on function parcelkeep.note_approval, parcelkeep.note_approval_times, parcelkeep.claim_notices, parcelkeep.settle_notice, parcelkeep.lose_use,
  parcelkeep.sweep_approval_words from public;
grant execute on function parcelkeep.note_approval_times, parcelkeep.lose_use, parcelkeep.sweep_approval_words to parcelkeep_granter;
grant execute on function parcelkeep.claim_notices, parcelkeep.settle_notice to parcelkeep_outbound;
