-- Terms of retention under dual control, transfers that the policy grants by itself, and the end of what sign-ins leave behind.

-- Retention ----------------------------------------------------------------------------------------------------------------------------------------------

-- How long things are kept, by versions that are never changed. Until approvals begin a setting makes the next one; from then on an approved change does.
create table parcelkeep.retention_terms (
  -- `audit`: files of the audit log, at the least. `personal`, `text`: values of persons and texts of messages, at the most.
  name text not null check (name in ('audit', 'personal', 'text')),
  version integer not null,
  days numeric not null check (days > 0 and days <= 36500 and (name = 'audit' or days <= 120)),
  valid_from timestamptz not null default now(),
  approval uuid,
  primary key (name, version)
);
alter table parcelkeep.retention_terms enable row level security;

create function parcelkeep.add_retention_term(p_name text, p_days numeric, p_approval uuid) returns void
language plpgsql set search_path = parcelkeep, pg_temp as $$
declare
  v_version integer;
begin
  insert into retention_terms (name, version, days, approval)
    select p_name, coalesce(max(version), 0) + 1, p_days, p_approval from retention_terms where name = p_name returning version into v_version;
  -- The first is what the installation was set up with.
  if v_version > 1 or p_approval is not null then
    perform audit('policy.changed', null, jsonb_build_object('policy', 'retention-' || p_name, 'version', v_version,
      'sha256', encode(sha256(convert_to(p_days::text, 'UTF8')), 'hex'), 'days', case when p_days = trunc(p_days) then p_days::bigint end, 'approval', p_approval));
  end if;
end $$;

-- The terms in force. `p_settings` is what the caller's own settings say of terms that it goes by: they count while nothing is approved.
create function parcelkeep.retention_terms(p_settings jsonb) returns table (name text, days double precision)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
declare
  v_name text;
  v_days numeric;
  v_own text[] := case session_user when 'parcelkeep_sequencer' then '{audit}' when 'parcelkeep_keeper' then '{personal,text}' else '{}' end;
begin
  for v_name, v_days in select s.key, s.value::numeric from jsonb_each_text(p_settings) s where s.key = any(v_own) order by s.key loop
    continue when v_days is not distinct from (select t.days from retention_terms t where t.name = v_name order by t.version desc limit 1);
    perform pg_advisory_xact_lock(84, hashtext(v_name));
    if not exists (select from retention_terms t where t.name = v_name) or not exists (select from approval_policies) then
      perform add_retention_term(v_name, v_days, null);
    end if;
  end loop;
  return query select distinct on (t.name) t.name, t.days::double precision from retention_terms t order by t.name, t.version desc;
end $$;

-- As before, and retention. What has no rule in the policy is approved by nobody.
create or replace function parcelkeep.apply_change(p_id uuid, p_refused uuid[], p_outcome text) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests := look_at_request(p_id);
  v_scope jsonb;
  v_policy approval_policies;
  v_outcome text := p_outcome;
  v_version integer;
  v_term record;
begin
  if r.state is distinct from 'approved' or r.kind <> 'change' then
    return coalesce(r.state, 'not-found');
  end if;
  v_scope := r.scope::jsonb;
  select * into v_policy from approval_policies order by version desc limit 1;
  update approval_decisions set refused = true where request = p_id and decision = 'approve' and person = any(p_refused);
  if not coalesce(is_quorum((select content from approval_policies where version = r.policy), r.rule, r.requester_person,
      array(select d.person from approval_decisions d where d.request = p_id and d.decision = 'approve' and not d.refused)), false) then
    update approval_requests set state = 'requested', approved_at = null where id = p_id;
    return 'requested';
  end if;
  if v_outcome is null and v_policy.version <> r.policy then
    -- Approvers of a policy that is no longer in force have decided nothing.
    v_outcome := 'other-policy';
  end if;
  if v_outcome is null then
    case v_scope ->> 'change'
      when 'approval-policy' then
        insert into approval_policies (version, content, sha256, request) values (v_policy.version + 1, r.content, decode(v_scope ->> 'sha256', 'hex'), r.id);
        perform audit('policy.changed', null, jsonb_build_object('policy', 'approval-policy', 'version', v_policy.version + 1, 'sha256', v_scope ->> 'sha256', 'approval', r.id));
      when 'agreement' then
        if not agree_with_recipient(r.tenant, r.recipient, r.content, r.requester, r.id) then
          v_outcome := 'no-such-recipient';
        end if;
      when 'transfer-policy' then
        if set_transfer_policy(r.tenant, r.content, r.requester, r.id) is null then
          v_outcome := 'no-such-recipient';
        end if;
      when 'register' then
        perform pg_advisory_xact_lock(83, hashtext(r.recipient));
        select coalesce(max(version), 0) + 1 into v_version from register_entries where source = r.recipient;
        insert into register_entries (source, version, content, changed_by, approval) values (r.recipient, v_version, r.content, r.requester, r.id);
      when 'retention' then
        for v_term in select replace(c.key, 'Days', '') as name, c.value::numeric as days from jsonb_each_text(r.content) c order by c.key loop
          perform pg_advisory_xact_lock(84, hashtext(v_term.name));
          perform add_retention_term(v_term.name, v_term.days, r.id);
        end loop;
      else
        v_outcome := 'no-such-change';
    end case;
  end if;
  update approval_requests set state = case when v_outcome is null then 'delivered' else 'failed' end, outcome = coalesce(v_outcome, 'applied'), used_at = clock_timestamp(),
    ended_at = clock_timestamp() where id = p_id;
  perform pg_notify('parcelkeep_approvals', '');
  return coalesce(v_outcome, 'applied');
end $$;

-- Transfers that the policy grants ------------------------------------------------------------------------------------------------------------------------

-- To a recipient in the EEA or under an adequacy decision, under a contract, nobody decides, and everything is recorded: a request whose rule is `automatic` waits for whoever grants, who looks
-- at register and policy as the opener does after it. Returns `requested`, `repeated`, or why not: `no-policy`, `other-policy`, `other-tokens`.
create function parcelkeep.request_automatic(p_scope text, p_country text, p_words bytea, p_words_key bytea, p_idempotency uuid) returns table (outcome text, id uuid)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
declare
  v_scope jsonb := p_scope::jsonb;
  v_id uuid := (v_scope ->> 'request')::uuid;
  v_tenant uuid := (v_scope ->> 'tenant')::uuid;
  v_sha256 bytea := sha256(convert_to(p_scope, 'UTF8'));
  v_fields text[] := array(select jsonb_array_elements_text(v_scope -> 'fields'));
  v_tokens text[] := array(select jsonb_array_elements_text(v_scope -> 'tokens'));
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
  if v_scope ->> 'kind' is distinct from 'transfer' or v_scope ->> 'rule' is distinct from 'automatic' or v_policy.version is distinct from (v_scope ->> 'policy')::integer
    or (v_scope ->> 'executeSeconds')::integer > 60 * (v_policy.content ->> 'executionMinutes')::integer then
    return query select 'other-policy', null::uuid;
    return;
  end if;
  if v_tokens is distinct from shipment_tokens(v_tenant, (v_scope ->> 'shipment')::uuid, v_fields) then
    return query select 'other-tokens', null::uuid;
    return;
  end if;
  insert into approval_requests (id, tenant, kind, state, requester, scope, scope_sha256, policy, rule, needed, reason, words, words_key, shipment, recipient, country, purpose, basis,
      fields, tokens, idempotency, approve_by, approved_at, execute_within)
    values (v_id, v_tenant, 'transfer', 'approved', v_scope ->> 'requester', p_scope, v_sha256, v_policy.version, 'automatic', 0, v_scope ->> 'reason', p_words, p_words_key,
      (v_scope ->> 'shipment')::uuid, v_scope -> 'recipient' ->> 'source', p_country, v_scope ->> 'purpose', v_scope ->> 'basis', v_fields, v_tokens, p_idempotency,
      (v_scope ->> 'approveBy')::timestamptz, clock_timestamp(), make_interval(secs => (v_scope ->> 'executeSeconds')::integer));
  perform audit('transfer.requested', v_tenant, jsonb_build_object('transfer', v_id, 'requester', v_scope ->> 'requester', 'scope', encode(v_sha256, 'hex'), 'rule', 'automatic',
    'reason', v_scope ->> 'reason', 'basis', v_scope ->> 'basis', 'recipient', v_scope -> 'recipient' ->> 'source', 'country', p_country, 'fields', to_jsonb(v_fields),
    'shipment', v_scope ->> 'shipment', 'textCommitment', v_scope ->> 'evidence'));
  perform pg_notify('parcelkeep_approvals', '');
  return query select 'requested', v_id;
end $$;

-- `p_refusal`: why register or policy do not carry it; null grants it. Returns the state.
create function parcelkeep.grant_automatic(p_id uuid, p_grant uuid, p_refusal text) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests := look_at_request(p_id);
  v_now timestamptz;
begin
  if r.state is distinct from 'approved' or r.rule <> 'automatic' then
    return coalesce(r.state, 'not-found');
  end if;
  if p_refusal is not null then
    update approval_requests set state = 'failed', outcome = p_refusal, ended_at = clock_timestamp() where id = p_id;
    perform audit('transfer.failed', r.tenant, jsonb_build_object('transfer', r.id, 'grant', null, 'outcome', p_refusal));
    return 'failed';
  end if;
  v_now := greatest(clock_timestamp(), r.approved_at);
  update approval_requests set state = 'granted', grant_id = p_grant, granted_at = v_now, execute_by = v_now + execute_within where id = p_id returning * into r;
  perform audit('transfer.granted', r.tenant, jsonb_build_object('transfer', r.id, 'grant', p_grant, 'scope', encode(r.scope_sha256, 'hex'), 'usesMax', 1,
    'expiresAt', to_char(r.execute_by at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
  perform pg_notify('parcelkeep_approvals', '');
  return 'granted';
end $$;

-- As before; nobody is told of grants that nobody decides about.
create or replace function parcelkeep.note_approval() returns trigger
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_kind text;
begin
  v_kind := case
    when new.state = 'requested' and tg_op = 'INSERT' then 'awaiting'
    when new.rule = 'automatic' and new.state = 'granted' then null
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

-- Sweeps ------------------------------------------------------------------------------------------------------------------------------------------------

-- When somebody last signed in outlives the session.
alter table parcelkeep.people add column signed_in_at timestamptz;
alter table parcelkeep.operator_challenges drop constraint operator_challenges_session_fkey,
  add foreign key (session) references parcelkeep.operator_sessions on delete cascade;
create index operator_sessions_opened on parcelkeep.operator_sessions (opened_at);
create index operator_challenges_session on parcelkeep.operator_challenges (session);
create index operator_challenges_invitation on parcelkeep.operator_challenges (invitation);

create or replace function parcelkeep.operators() returns table (
  person uuid, state text, roles text[], created_at timestamptz, signed_in_at timestamptz, accounts bigint, passkeys jsonb
)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select p.id, p.state, array(select r.role from operator_roles r where r.person = p.id order by r.role), p.created_at,
    greatest(p.signed_in_at, (select max(s.opened_at) from operator_sessions s where s.person = p.id)),
    (select count(*) from logins l where l.person = p.id),
    (select coalesce(jsonb_agg(jsonb_build_object('passkey', passkey_name(k.credential), 'credential', encode(k.credential, 'base64'),
      'publicKey', encode(k.public_key, 'base64'), 'algorithm', k.algorithm, 'synced', k.synced, 'aaguid', k.aaguid,
      'createdAt', k.created_at, 'lastUsedAt', k.last_used_at) order by k.created_at), '[]') from passkeys k where k.person = p.id and k.revoked_at is null)
  from people p order by p.created_at, p.id
$$;

-- Deletes what sign-ins have left behind: challenges and invitations that nobody can use any more, sessions that have ended or are too old to be one; and the drafts of changes that ended before
-- `p_drafts` without being applied. At most so many of each; what was deleted is counted for monitoring.
create function parcelkeep.sweep_sign_ins(p_idle interval, p_life interval, p_drafts timestamptz, p_limit integer)
returns table (challenges bigint, invitations bigint, sessions bigint, drafts bigint)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  with gone as (
    delete from operator_challenges where challenge in (select c.challenge from operator_challenges c where c.expires_at <= now() order by c.expires_at limit p_limit for update skip locked)
    returning 1
  ) select count(*) into challenges from gone;
  with gone as (
    delete from operator_invitations where code_sha256 in (
      select i.code_sha256 from operator_invitations i where (i.used_at is not null or i.expires_at <= now())
        and not exists (select from operator_challenges c where c.invitation = i.code_sha256) limit p_limit for update skip locked)
    returning 1
  ) select count(*) into invitations from gone;
  with gone as (
    delete from operator_sessions where id in (
      select s.id from operator_sessions s where s.ended_at is not null or s.seen_at <= now() - p_idle or s.opened_at <= now() - p_life limit p_limit for update skip locked)
    returning person, opened_at
  ), noted as (
    update people p set signed_in_at = greatest(p.signed_in_at, g.opened_at) from (select person, max(opened_at) as opened_at from gone group by person) g where p.id = g.person
  ) select count(*) into sessions from gone;
  with gone as (
    update approval_requests set content = null where id in (
      select r.id from approval_requests r where r.kind = 'change' and r.content is not null and r.state <> 'delivered' and r.ended_at < p_drafts limit p_limit for update skip locked)
    returning 1
  ) select count(*) into drafts from gone;
  insert into told_counters as t (name, labels, value)
    select 'parcelkeep_swept_total', jsonb_build_object('kind', n.kind)::text, n.gone from (values ('challenges', challenges), ('invitations', invitations), ('sessions', sessions), ('drafts', drafts)) n(kind, gone)
    where n.gone > 0
    on conflict (name, labels) do update set value = t.value + excluded.value;
  return next;
end $$;

revoke execute on function parcelkeep.add_retention_term, parcelkeep.retention_terms, parcelkeep.request_automatic, parcelkeep.grant_automatic, parcelkeep.sweep_sign_ins from public;
grant execute on function parcelkeep.retention_terms to parcelkeep_sequencer, parcelkeep_keeper, parcelkeep_granter, parcelkeep_api;
grant execute on function parcelkeep.request_automatic to parcelkeep_api;
grant execute on function parcelkeep.grant_automatic, parcelkeep.register_of, parcelkeep.transfer_policy_of to parcelkeep_granter;
grant execute on function parcelkeep.sweep_sign_ins to parcelkeep_keeper;
