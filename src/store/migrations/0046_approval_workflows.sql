-- Where a workflow of the platform waits for the people who decide and then starts an opener (decision 37): the round of its execution, and the token that it waits with. What is
-- decided stands in approval_requests and nowhere else; losing this table costs one more round.

create table parcelkeep.approval_workflows (
  request uuid primary key references parcelkeep.approval_requests (id) on delete cascade,
  -- With the request it names the execution. A further one begins where the last is not heard of.
  round integer not null,
  begun_at timestamptz not null default clock_timestamp(),
  -- Of the execution that waits; null until it has told it, and when it was answered.
  token text check (length(token) between 1 and 2048),
  answered_at timestamptz
);
alter table parcelkeep.approval_workflows enable row level security;

-- Transfers that no execution waits for: without one yet, or none was heard of for so long; or it was told of the grant so long ago, and nobody has used it.
create function parcelkeep.workflows_to_begin(p_silent interval, p_limit integer) returns table (request uuid, tenant uuid, round integer)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select r.id, r.tenant, coalesce(w.round + 1, 0)
  from approval_requests r left join approval_workflows w on w.request = r.id
  where r.kind = 'transfer' and (r.state in ('requested', 'approved') or (r.state = 'granted' and r.execute_by > clock_timestamp()))
    and (w.request is null or (w.token is null and w.answered_at is null and w.begun_at <= clock_timestamp() - p_silent)
      or (r.state = 'granted' and w.answered_at <= clock_timestamp() - p_silent))
  order by r.requested_at limit p_limit
$$;

create function parcelkeep.note_workflow(p_request uuid, p_round integer) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  insert into approval_workflows as w (request, round) values (p_request, p_round)
    on conflict (request) do update set round = excluded.round, begun_at = clock_timestamp(), token = null, answered_at = null where w.round < excluded.round
$$;

-- The token of an execution, which may come before it was noted, more than once, and after a later one's. False where there is no such transfer of the tenant: nobody begins those here.
create function parcelkeep.take_workflow_token(p_request uuid, p_tenant uuid, p_round integer, p_token text) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  if not exists (select from approval_requests where id = p_request and tenant = p_tenant and kind = 'transfer') then
    return false;
  end if;
  insert into approval_workflows as w (request, round, token) values (p_request, p_round, p_token)
    on conflict (request) do update set round = excluded.round, token = excluded.token, answered_at = null
      where w.round < excluded.round or (w.round = excluded.round and w.answered_at is null);
  return true;
end $$;

-- Executions that wait for what is decided now. Without a grant: there is none, or it is over.
create function parcelkeep.workflow_answers(p_limit integer) returns table (request uuid, token text, state text, grant_id uuid, execute_by timestamptz)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select r.id, w.token, r.state, case when r.state = 'granted' then r.grant_id end, r.execute_by
  from approval_workflows w join approval_requests r on r.id = w.request
  where w.token is not null and r.state not in ('requested', 'approved') order by w.begun_at limit p_limit
$$;

-- A token that nobody waited with any more is forgotten, and the next round may begin at once.
create function parcelkeep.note_workflow_answer(p_request uuid, p_token text, p_taken boolean) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  update approval_workflows set token = null, answered_at = case when p_taken then clock_timestamp() end, begun_at = case when p_taken then begun_at else '-infinity' end
    where request = p_request and token = p_token
$$;

revoke execute on function parcelkeep.workflows_to_begin, parcelkeep.note_workflow, parcelkeep.take_workflow_token, parcelkeep.workflow_answers, parcelkeep.note_workflow_answer from public;
grant execute on function parcelkeep.workflows_to_begin, parcelkeep.note_workflow, parcelkeep.take_workflow_token, parcelkeep.workflow_answers, parcelkeep.note_workflow_answer to parcelkeep_granter;
