-- Standing lanes, break-glass, and changes of what decides about releases: the same requests and approvals as 0024's, with other ends.

alter table parcelkeep.approval_requests add column quota_per_day integer;
alter table parcelkeep.approval_requests add column holder uuid;
-- Who a use of break-glass waits for, by its holder.
create index approval_requests_holder on parcelkeep.approval_requests (holder, review_due_at) where holder is not null and reviewed_at is null;

create function parcelkeep.is_holder(p_policy jsonb, p_person uuid) returns boolean
language sql immutable set search_path = parcelkeep, pg_temp as $$
  select p_policy -> 'breakGlass' -> 'holders' ? p_person::text
$$;

-- As before, and: a lane stays granted until it ends; a use of break-glass is enough with its holder's own signature.
create or replace function parcelkeep.grant_approval(p_id uuid, p_grant uuid, p_refused uuid[]) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests := look_at_request(p_id);
  v_policy jsonb;
  v_verified uuid[];
  v_now timestamptz;
begin
  if r.state is distinct from 'approved' or r.kind = 'change' then
    return coalesce(r.state, 'not-found');
  end if;
  select content into v_policy from approval_policies where version = r.policy;
  update approval_decisions set refused = true where request = p_id and decision = 'approve' and person = any(p_refused);
  v_verified := array(select d.person from approval_decisions d where d.request = p_id and d.decision = 'approve' and not d.refused);
  if not (case when r.break_glass then r.holder = any(v_verified) and is_holder(v_policy, r.holder) else is_quorum(v_policy, r.rule, r.requester_person, v_verified) end) then
    -- What was never signed by its holder was no use of break-glass.
    update approval_requests set state = 'requested', approved_at = null, break_glass = false, holder = null, review_due_at = null where id = p_id;
    return 'requested';
  end if;
  v_now := greatest(clock_timestamp(), r.approved_at);
  update approval_requests set state = 'granted', grant_id = p_grant, granted_at = v_now,
    execute_by = case kind when 'lane' then (scope::jsonb ->> 'endsAt')::timestamptz else v_now + execute_within end where id = p_id returning * into r;
  if r.kind = 'lane' then
    perform audit('lane.opened', r.tenant, jsonb_build_object('lane', r.id, 'grant', p_grant, 'scope', encode(r.scope_sha256, 'hex'), 'quotaPerDay', r.quota_per_day,
      'endsAt', to_char(r.execute_by at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
  else
    perform audit('transfer.granted', r.tenant, jsonb_build_object('transfer', r.id, 'grant', p_grant, 'scope', encode(r.scope_sha256, 'hex'), 'usesMax', 1,
      'expiresAt', to_char(r.execute_by at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
  end if;
  return 'granted';
end $$;

-- Lanes -------------------------------------------------------------------------------------------------------------------------------------------------

create function parcelkeep.note_lane_quota() returns trigger
language plpgsql set search_path = parcelkeep, pg_temp as $$
begin
  new.quota_per_day := (new.scope::jsonb ->> 'quotaPerDay')::integer;
  return new;
end $$;
create trigger lane_quota before insert on parcelkeep.approval_requests for each row when (new.kind = 'lane') execute function parcelkeep.note_lane_quota();

-- A transfer under a lane is granted at once, counted in the lane's day (UTC). Returns `granted`, `repeated`, or why not: `not-open`, `quota-spent`, `other-tokens`, `other-policy`.
create function parcelkeep.transfer_under_lane(p_scope text, p_idempotency uuid) returns table (outcome text, id uuid)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
declare
  v_scope jsonb := p_scope::jsonb;
  v_id uuid := (v_scope ->> 'request')::uuid;
  v_tenant uuid := (v_scope ->> 'tenant')::uuid;
  v_fields text[] := array(select jsonb_array_elements_text(v_scope -> 'fields'));
  v_tokens text[] := array(select jsonb_array_elements_text(v_scope -> 'tokens'));
  v_lane approval_requests;
  v_held uuid;
  v_grant uuid := gen_random_uuid();
  v_policy approval_policies;
begin
  -- The lane's lock counts one use after the other.
  v_lane := look_at_request((v_scope ->> 'lane')::uuid);
  if v_lane.kind is distinct from 'lane' or v_lane.tenant is distinct from v_tenant or v_lane.state <> 'granted' then
    return query select 'not-open', null::uuid;
    return;
  end if;
  if p_idempotency is not null then
    select r.id into v_held from approval_requests r where r.idempotency = p_idempotency and r.tenant = v_tenant;
    if v_held is not null then
      return query select 'repeated', v_held;
      return;
    end if;
  end if;
  select * into v_policy from approval_policies order by version desc limit 1;
  if v_policy.version <> (v_scope ->> 'policy')::integer or (v_scope ->> 'executeSeconds')::integer > 60 * (v_policy.content ->> 'executionMinutes')::integer then
    return query select 'other-policy', null::uuid;
    return;
  end if;
  if (select count(*) from approval_requests r where r.lane = v_lane.id and r.requested_at >= date_trunc('day', now(), 'UTC')) >= v_lane.quota_per_day then
    return query select 'quota-spent', null::uuid;
    return;
  end if;
  if v_tokens is distinct from shipment_tokens(v_tenant, (v_scope ->> 'shipment')::uuid, v_fields) then
    return query select 'other-tokens', null::uuid;
    return;
  end if;
  insert into approval_requests (id, tenant, kind, state, requester, requester_person, scope, scope_sha256, policy, rule, needed, reason, shipment, recipient, country, purpose,
      basis, derogation, fields, tokens, idempotency, approve_by, execute_within, grant_id, granted_at, execute_by, lane)
    values (v_id, v_tenant, 'transfer', 'granted', v_scope ->> 'requester', case when v_scope ->> 'requester' like 'person:%' then substr(v_scope ->> 'requester', 8)::uuid end,
      p_scope, sha256(convert_to(p_scope, 'UTF8')), v_policy.version, 'lane', 0, v_lane.reason, (v_scope ->> 'shipment')::uuid, v_lane.recipient, v_lane.country,
      v_lane.purpose, v_lane.basis, v_lane.derogation, v_fields, v_tokens, p_idempotency, v_lane.execute_by, make_interval(secs => (v_scope ->> 'executeSeconds')::integer),
      v_grant, clock_timestamp(), least(v_lane.execute_by, clock_timestamp() + make_interval(secs => (v_scope ->> 'executeSeconds')::integer)), v_lane.id);
  perform audit('transfer.requested', v_tenant, jsonb_build_object('transfer', v_id, 'requester', v_scope ->> 'requester', 'scope', encode(sha256(convert_to(p_scope, 'UTF8')), 'hex'),
    'rule', 'lane', 'reason', v_lane.reason, 'basis', v_lane.basis, 'recipient', v_lane.recipient, 'country', v_lane.country, 'fields', to_jsonb(v_fields),
    'shipment', v_scope ->> 'shipment'));
  perform audit('transfer.granted', v_tenant, jsonb_build_object('transfer', v_id, 'grant', v_grant, 'scope', encode(sha256(convert_to(p_scope, 'UTF8')), 'hex'), 'usesMax', 1));
  perform pg_notify('parcelkeep_approvals', '');
  return query select 'granted', v_id;
end $$;

-- Break-glass -------------------------------------------------------------------------------------------------------------------------------------------

-- One holder at once, for a request that was made for it, with a review afterwards. Returns the state, or `not-a-holder`, `review-overdue`, `not-open`, `not-found`.
create function parcelkeep.break_glass(p_id uuid, p_person uuid, p_evidence jsonb, p_evidence_sha256 text) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests := look_at_request(p_id);
  v_policy jsonb;
  v_due timestamptz;
begin
  if r.id is null then
    return 'not-found';
  end if;
  if r.state <> 'requested' or r.kind <> 'transfer' or not coalesce((r.scope::jsonb ->> 'breakGlass')::boolean, false) then
    return 'not-open';
  end if;
  select content into v_policy from approval_policies where version = r.policy;
  if not is_holder(v_policy, p_person) then
    return 'not-a-holder';
  end if;
  -- One use of a holder after the other.
  perform pg_advisory_xact_lock(82, hashtext(p_person::text));
  if exists (select from approval_requests o where o.holder = p_person and o.review_due_at < clock_timestamp() and o.reviewed_at is null) then
    return 'review-overdue';
  end if;
  v_due := clock_timestamp() + make_interval(hours => least((v_policy -> 'breakGlass' ->> 'reviewHours')::integer, 72));
  insert into approval_decisions as d (request, person, decision, evidence) values (p_id, p_person, 'approve', p_evidence)
    on conflict (request, person, decision) do update set evidence = excluded.evidence, refused = false, decided_at = excluded.decided_at;
  update approval_requests set state = 'approved', approved_at = clock_timestamp(), break_glass = true, holder = p_person, review_due_at = v_due where id = p_id;
  perform audit('break-glass.used', r.tenant, jsonb_build_object('transfer', r.id, 'holder', p_person, 'reason', r.reason,
    'reviewDueAt', to_char(v_due at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
  perform audit('transfer.approved', r.tenant, jsonb_build_object('transfer', r.id, 'approver', p_person, 'scope', encode(r.scope_sha256, 'hex'),
    'assertion', p_evidence_sha256, 'approvals', 1, 'needed', 1));
  perform pg_notify('parcelkeep_approvals', '');
  return 'approved';
end $$;

-- A reviewer's finding, until its signature is looked at. Returns `claimed`, or `own-request`, `not-an-approver`, `not-open`, `not-found`.
create function parcelkeep.claim_review(p_id uuid, p_person uuid, p_outcome text, p_evidence jsonb) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests := look_at_request(p_id);
  v_policy jsonb;
begin
  if r.id is null then
    return 'not-found';
  end if;
  if r.review_due_at is null or r.reviewed_at is not null or p_outcome not in ('justified', 'not-justified', 'breach') then
    return 'not-open';
  end if;
  if p_person = r.holder or p_person = r.requester_person then
    return 'own-request';
  end if;
  select content into v_policy from approval_policies order by version desc limit 1;
  if not approver_groups(v_policy, p_person) && array(select jsonb_array_elements_text(v_policy -> 'rules' -> 'review' -> 'groups')) then
    return 'not-an-approver';
  end if;
  insert into approval_decisions as d (request, person, decision, reason, evidence) values (p_id, p_person, 'review', p_outcome, p_evidence)
    on conflict (request, person, decision) do update set reason = excluded.reason, evidence = excluded.evidence, refused = false, decided_at = excluded.decided_at;
  perform pg_notify('parcelkeep_approvals', '');
  return 'claimed';
end $$;

create function parcelkeep.reviews_to_confirm(p_limit integer) returns table (id uuid, scope text, person uuid, outcome text, evidence jsonb)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select r.id, r.scope, d.person, d.reason, d.evidence from approval_requests r join approval_decisions d on d.request = r.id and d.decision = 'review' and not d.refused
  where r.review_due_at is not null and r.reviewed_at is null order by d.decided_at limit p_limit
$$;

create function parcelkeep.confirm_review(p_id uuid, p_person uuid, p_holds boolean) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests;
  v_outcome text;
begin
  select d.reason into v_outcome from approval_decisions d where d.request = p_id and d.person = p_person and d.decision = 'review' and not d.refused for update;
  if not found then
    return false;
  end if;
  if not p_holds then
    update approval_decisions set refused = true where request = p_id and person = p_person and decision = 'review';
    return true;
  end if;
  update approval_requests set reviewed_at = clock_timestamp(), review_outcome = v_outcome
    where id = p_id and reviewed_at is null and review_due_at is not null and p_person is distinct from holder and p_person is distinct from requester_person returning * into r;
  if not found then
    return false;
  end if;
  perform audit('break-glass.reviewed', r.tenant, jsonb_build_object('transfer', r.id, 'reviewer', p_person, 'outcome', v_outcome));
  return true;
end $$;

-- Changes -----------------------------------------------------------------------------------------------------------------------------------------------

-- Ends an approved change, once, with what it brings or without: `p_outcome` null applies it. Returns what became of it.
create function parcelkeep.apply_change(p_id uuid, p_refused uuid[], p_outcome text) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests := look_at_request(p_id);
  v_scope jsonb;
  v_policy approval_policies;
  v_outcome text := p_outcome;
  v_version integer;
begin
  if r.state is distinct from 'approved' or r.kind <> 'change' then
    return coalesce(r.state, 'not-found');
  end if;
  v_scope := r.scope::jsonb;
  select * into v_policy from approval_policies order by version desc limit 1;
  update approval_decisions set refused = true where request = p_id and decision = 'approve' and person = any(p_refused);
  if not is_quorum((select content from approval_policies where version = r.policy), r.rule, r.requester_person,
      array(select d.person from approval_decisions d where d.request = p_id and d.decision = 'approve' and not d.refused)) then
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
      else
        v_outcome := 'no-such-change';
    end case;
  end if;
  update approval_requests set state = case when v_outcome is null then 'delivered' else 'failed' end, outcome = coalesce(v_outcome, 'applied'), used_at = clock_timestamp(),
    ended_at = clock_timestamp() where id = p_id;
  perform pg_notify('parcelkeep_approvals', '');
  return coalesce(v_outcome, 'applied');
end $$;

revoke execute on function parcelkeep.is_holder, parcelkeep.note_lane_quota, parcelkeep.transfer_under_lane, parcelkeep.break_glass, parcelkeep.claim_review,
  parcelkeep.reviews_to_confirm, parcelkeep.confirm_review, parcelkeep.apply_change from public;
grant execute on function parcelkeep.transfer_under_lane, parcelkeep.break_glass, parcelkeep.claim_review to parcelkeep_api;
grant execute on function parcelkeep.reviews_to_confirm, parcelkeep.confirm_review, parcelkeep.apply_change to parcelkeep_granter;
