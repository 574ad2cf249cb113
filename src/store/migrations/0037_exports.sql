-- What is kept about a person, opened for them (GDPR, article 15): asked for, approved and granted like a transfer, and handed to whoever asked, once. Until there is an approval policy, an
-- installation of one operator may say that it is one; its exports then say so in the log.

alter table parcelkeep.approval_requests drop constraint approval_requests_kind_check;
alter table parcelkeep.approval_requests add constraint approval_requests_kind_check check (kind in ('transfer', 'lane', 'change', 'export'));

-- A row: one person operates this installation alone. It counts while there is no approval policy.
create table parcelkeep.stand_alone (
  is_one boolean primary key default true check (is_one),
  since timestamptz not null default now()
);
alter table parcelkeep.stand_alone enable row level security;

-- Of the owner. False where approvals have begun.
create function parcelkeep.begin_stand_alone() returns boolean
language plpgsql set search_path = parcelkeep, pg_temp as $$
begin
  if exists (select from approval_policies) then
    return false;
  end if;
  insert into stand_alone default values on conflict do nothing;
  if found then
    perform audit('policy.changed', null, jsonb_build_object('policy', 'stand-alone', 'version', 0, 'sha256', null, 'approval', null));
  end if;
  return true;
end $$;

-- Takes a request down. Returns `requested`, `repeated` with the request of the same key, or why not: `no-policy`, `other-policy`, `too-long`, `no-subject`.
create function parcelkeep.request_export(p_scope text, p_words bytea, p_words_key bytea, p_idempotency uuid) returns table (outcome text, id uuid)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
declare
  v_scope jsonb := p_scope::jsonb;
  v_id uuid := (v_scope ->> 'request')::uuid;
  v_tenant uuid := (v_scope ->> 'tenant')::uuid;
  v_sha256 bytea := sha256(convert_to(p_scope, 'UTF8'));
  v_execute interval := make_interval(secs => (v_scope ->> 'executeSeconds')::integer);
  v_policy approval_policies;
  v_held uuid;
begin
  if p_idempotency is not null then
    perform pg_advisory_xact_lock(81, hashtext(p_idempotency::text));
    select r.id into v_held from approval_requests r where r.idempotency = p_idempotency and r.tenant = v_tenant;
    if v_held is not null then
      return query select 'repeated', v_held;
      return;
    end if;
  end if;
  select * into v_policy from approval_policies order by version desc limit 1;
  if v_policy.version is null then
    return query select 'no-policy', null::uuid;
    return;
  end if;
  if v_scope ->> 'kind' is distinct from 'export' or v_policy.version is distinct from (v_scope ->> 'policy')::integer or v_scope ->> 'rule' is distinct from 'transfer' then
    return query select 'other-policy', null::uuid;
    return;
  end if;
  -- A day: a person has to come and fetch it.
  if (v_scope ->> 'approveBy')::timestamptz > clock_timestamp() + make_interval(mins => (v_policy.content ->> 'approvalMinutes')::integer, secs => 5) or v_execute > interval '1 day' then
    return query select 'too-long', null::uuid;
    return;
  end if;
  if not exists (select from sealed_groups g where g.tenant = v_tenant and g.subject = (v_scope ->> 'subject')::uuid) then
    return query select 'no-subject', null::uuid;
    return;
  end if;
  insert into approval_requests (id, tenant, kind, requester, scope, scope_sha256, policy, rule, needed, reason, words, words_key, recipient, purpose, basis, idempotency, approve_by, execute_within)
    values (v_id, v_tenant, 'export', v_scope ->> 'requester', p_scope, v_sha256, v_policy.version, 'transfer', (v_policy.content -> 'rules' -> 'transfer' ->> 'approvals')::integer,
      v_scope ->> 'reason', p_words, p_words_key, v_scope ->> 'recipient', 'access', 'legal-obligation', p_idempotency, (v_scope ->> 'approveBy')::timestamptz, v_execute);
  perform audit('transfer.requested', v_tenant, jsonb_build_object('transfer', v_id, 'requester', v_scope ->> 'requester', 'scope', encode(v_sha256, 'hex'), 'rule', 'transfer',
    'reason', v_scope ->> 'reason', 'basis', 'legal-obligation', 'recipient', v_scope ->> 'recipient', 'subject', v_scope ->> 'subject', 'textCommitment', v_scope ->> 'evidence'));
  perform pg_notify('parcelkeep_approvals', '');
  return query select 'requested', v_id;
end $$;

create function parcelkeep.export_to_use(p_grant uuid) returns table (id uuid, scope text, approvals jsonb)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select r.id, r.scope, (select coalesce(jsonb_agg(jsonb_build_object('person', d.person, 'assertion', d.evidence)), '[]') from approval_decisions d
    where d.request = r.id and d.decision = 'approve' and not d.refused)
  from approval_requests r where r.grant_id = p_grant and r.kind = 'export'
$$;

-- The intent that stands in the outbox since this transaction.
create function parcelkeep.intent_of(p_grant uuid) returns uuid
language sql stable set search_path = parcelkeep, pg_temp as $$
  select o.entry from audit_outbox o where o.type = 'opening.intended' and o.facts ->> 'grant' = p_grant::text order by o.id desc limit 1
$$;

-- As `use_approval`: once, in its time, for the scope that was looked at. Returns the entry to wait for.
create function parcelkeep.use_export(p_grant uuid, p_scope_sha256 bytea) returns uuid
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests;
begin
  update approval_requests set state = 'opening', used_at = clock_timestamp()
    where grant_id = p_grant and kind = 'export' and state = 'granted' and scope_sha256 = p_scope_sha256 and sha256(convert_to(scope, 'UTF8')) = p_scope_sha256
      and greatest(clock_timestamp(), granted_at) < execute_by
    returning * into r;
  if not found then
    return null;
  end if;
  insert into used_grants (id, tenant, subject, purpose) values (p_grant, r.tenant, (r.scope::jsonb ->> 'subject')::uuid, 'access-export');
  return intent_of(p_grant);
end $$;

-- By the one who operates alone. Null where nobody does, or the grant was used.
create function parcelkeep.use_stand_alone_export(p_grant uuid, p_tenant uuid, p_subject uuid) returns uuid
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  insert into used_grants (id, tenant, subject, purpose) select p_grant, p_tenant, p_subject, 'stand-alone-export'
    where exists (select from stand_alone) and not exists (select from approval_policies) on conflict do nothing;
  return case when found then intent_of(p_grant) end;
end $$;

-- As before, for probes alone, which tell nothing: what is told has its own functions.
create or replace function parcelkeep.use_grant(p_id uuid, p_tenant uuid, p_subject uuid, p_purpose text) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  insert into used_grants (id, tenant, subject, purpose) select p_id, p_tenant, p_subject, p_purpose where p_purpose = 'erasure-probe' on conflict do nothing;
  return found;
end $$;

-- As before, for exports too.
create or replace function parcelkeep.refuse_grant(p_grant uuid, p_outcome text) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests;
begin
  update approval_requests set state = 'failed', outcome = p_outcome, ended_at = clock_timestamp() where grant_id = p_grant and state = 'granted' and kind in ('transfer', 'export') returning * into r;
  if not found then
    return false;
  end if;
  perform audit('opening.failed', r.tenant, jsonb_build_object('grant', p_grant, 'outcome', p_outcome));
  perform audit('transfer.failed', r.tenant, jsonb_build_object('transfer', r.id, 'grant', p_grant, 'outcome', p_outcome));
  perform pg_notify('parcelkeep_approvals', '');
  return true;
end $$;

revoke execute on function parcelkeep.begin_stand_alone, parcelkeep.request_export, parcelkeep.export_to_use, parcelkeep.intent_of, parcelkeep.use_export,
  parcelkeep.use_stand_alone_export from public;
grant execute on function parcelkeep.request_export to parcelkeep_api;
grant execute on function parcelkeep.export_to_use, parcelkeep.use_export, parcelkeep.use_stand_alone_export to parcelkeep_opener;
