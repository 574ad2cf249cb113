-- Approvals: who may approve, what was asked and decided, and grants (DESIGN section 8). The states are drawn in `approvals/request-state.ts`; these functions hold everybody to them.
-- What is approved is one text, the scope; its columns here are read out of it. The front writes requests and what passkeys signed; a process that faces nobody looks at the
-- signatures and grants; the opener looks at them again.

-- Versions, never changed. The first is the owner's; the next come with an approved change.
create table parcelkeep.approval_policies (
  version integer primary key,
  content jsonb not null,
  sha256 bytea not null,
  valid_from timestamptz not null default now(),
  -- The change that it came by; null for the first.
  request uuid
);

create table parcelkeep.approval_requests (
  id uuid primary key,
  -- Null for what is everybody's.
  tenant uuid,
  kind text not null check (kind in ('transfer', 'lane', 'change')),
  state text not null default 'requested' check (state in ('requested', 'approved', 'denied', 'vetoed', 'withdrawn', 'expired', 'granted', 'execution-expired',
    'opening', 'delivered', 'failed', 'unknown')),
  requester text not null,
  requester_person uuid,
  -- Canonical JSON; `approvals/scope.ts`. What passkeys sign is its SHA-256.
  scope text not null,
  scope_sha256 bytea not null,
  policy integer not null references parcelkeep.approval_policies (version),
  rule text not null,
  needed integer not null,
  reason text not null,
  -- The reason's text and the evidence, sealed by whoever shows them; a commitment to them is in the scope. Without its key it says nothing.
  words bytea,
  words_key bytea,
  shipment uuid,
  recipient text,
  country text,
  purpose text,
  basis text,
  derogation text,
  fields text[],
  tokens text[],
  -- Of a change: what it brings.
  content jsonb,
  idempotency uuid,
  requested_at timestamptz not null default clock_timestamp(),
  approve_by timestamptz not null,
  execute_within interval not null,
  approved_at timestamptz,
  grant_id uuid unique,
  granted_at timestamptz,
  execute_by timestamptz,
  used_at timestamptz,
  ended_at timestamptz,
  outcome text,
  answer_status integer,
  sent_bytes integer,
  -- Of a transfer: the standing lane that it goes under.
  lane uuid,
  break_glass boolean not null default false,
  review_due_at timestamptz,
  reviewed_at timestamptz,
  review_outcome text,
  unique (tenant, idempotency)
);
create index approval_requests_page on parcelkeep.approval_requests (requested_at desc, id desc);
create index approval_requests_tenant on parcelkeep.approval_requests (tenant, requested_at desc, id desc);
create index approval_requests_open on parcelkeep.approval_requests (state, approve_by) where state in ('requested', 'approved', 'granted', 'opening');
create index approval_requests_derogations on parcelkeep.approval_requests (tenant, recipient, used_at) where derogation is not null and used_at is not null;
create index approval_requests_lane on parcelkeep.approval_requests (lane, requested_at) where lane is not null;
create index approval_requests_reviews on parcelkeep.approval_requests (review_due_at) where review_due_at is not null and reviewed_at is null;

-- One decision of a person. `evidence` is what the passkey signed; `refused`: it does not verify.
create table parcelkeep.approval_decisions (
  request uuid not null references parcelkeep.approval_requests (id),
  person uuid not null,
  decision text not null check (decision in ('approve', 'deny', 'veto', 'review')),
  reason text,
  evidence jsonb,
  decided_at timestamptz not null default clock_timestamp(),
  refused boolean not null default false,
  primary key (request, person, decision)
);

alter table parcelkeep.approval_policies enable row level security;
alter table parcelkeep.approval_requests enable row level security;
alter table parcelkeep.approval_decisions enable row level security;

-- The policy --------------------------------------------------------------------------------------------------------------------------------------------

create function parcelkeep.approval_policy(p_version integer) returns table (version integer, content jsonb, valid_from timestamptz)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select version, content, valid_from from approval_policies where p_version is null or version = p_version order by version desc limit 1
$$;

-- Of the owner, once: before it nothing can be asked for. False where there is one.
create function parcelkeep.begin_approvals(p_content jsonb, p_sha256 bytea) returns boolean
language plpgsql set search_path = parcelkeep, pg_temp as $$
begin
  if exists (select from approval_policies) then
    return false;
  end if;
  insert into approval_policies (version, content, sha256) values (1, p_content, p_sha256);
  perform audit('policy.changed', null, jsonb_build_object('policy', 'approval-policy', 'version', 1, 'sha256', encode(p_sha256, 'hex'), 'approval', null));
  return true;
end $$;

create function parcelkeep.approver_groups(p_policy jsonb, p_person uuid) returns text[]
language sql immutable set search_path = parcelkeep, pg_temp as $$
  select coalesce((select array(select jsonb_array_elements_text(a -> 'groups')) from jsonb_array_elements(p_policy -> 'approvers') a
    where a ->> 'person' = p_person::text limit 1), '{}')
$$;

-- A person for each group, and no person for two.
create function parcelkeep.are_groups_heard(p_policy jsonb, p_groups text[], p_persons uuid[]) returns boolean
language plpgsql immutable set search_path = parcelkeep, pg_temp as $$
declare
  v_person uuid;
begin
  if cardinality(p_groups) = 0 then
    return true;
  end if;
  foreach v_person in array p_persons loop
    if p_groups[1] = any(approver_groups(p_policy, v_person)) and are_groups_heard(p_policy, p_groups[2:], array_remove(p_persons, v_person)) then
      return true;
    end if;
  end loop;
  return false;
end $$;

create function parcelkeep.is_quorum(p_policy jsonb, p_rule text, p_requester uuid, p_persons uuid[]) returns boolean
language plpgsql immutable set search_path = parcelkeep, pg_temp as $$
declare
  v_rule jsonb := p_policy -> 'rules' -> p_rule;
  v_groups text[] := array(select jsonb_array_elements_text(v_rule -> 'groups'));
  v_heard uuid[] := array(select distinct n.person from unnest(p_persons) n(person)
    where n.person is distinct from p_requester and approver_groups(p_policy, n.person) && v_groups);
begin
  return cardinality(v_heard) >= (v_rule ->> 'approvals')::integer
    and (not (v_rule ->> 'everyGroup')::boolean or are_groups_heard(p_policy, v_groups, v_heard));
end $$;

-- Asking ------------------------------------------------------------------------------------------------------------------------------------------------

-- The recipient's tokens of a shipment for these fields, in their order: what a shop said first, then the newest, which is the order that they are kept in
-- (`domain/packed-shipment.ts`). Null where one is not there.
create function parcelkeep.shipment_tokens(p_tenant uuid, p_shipment uuid, p_fields text[]) returns text[]
language plpgsql stable security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_state jsonb;
  v_tokens text[];
begin
  select s.state::jsonb into v_state from shipments s where s.id = p_shipment and s.tenant = p_tenant and s.shown_as is null;
  if v_state is null then
    return null;
  end if;
  select array_agg(coalesce(
      case f.field
        when 'trackingNumber' then case jsonb_typeof(v_state #> '{main,1}') when 'number' then v_state -> 'numbers' ->> (v_state #>> '{main,1}')::integer else v_state #>> '{main,1}' end
        when 'orderReference' then v_state -> 'references' ->> 0
      end,
      (select v_state -> 'personal' ->> (n.cell * 6) from generate_series(0, jsonb_array_length(v_state -> 'personal') / 6 - 1) n(cell)
       where v_state -> 'words' ->> (v_state -> 'personal' ->> (n.cell * 6 + 1))::integer = f.field
         and v_state -> 'words' ->> (v_state -> 'personal' ->> (n.cell * 6 + 2))::integer = 'recipient' order by n.cell limit 1)
    ) order by f.ord) into v_tokens
    from unnest(p_fields) with ordinality f(field, ord);
  return case when array_position(v_tokens, null) is null then v_tokens end;
end $$;

-- How often article 49 has carried something to a recipient in the last year.
create function parcelkeep.derogation_uses(p_tenant uuid, p_recipient text) returns bigint
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select count(*) from approval_requests where tenant = p_tenant and recipient = p_recipient and derogation is not null and used_at > now() - interval '365 days'
$$;

-- Takes a request down. Everything that counts is read out of the scope. Returns `requested`, `repeated` with the request of the
-- same key, or why not: nobody can approve anything yet, or what the scope was made of has changed meanwhile.
create function parcelkeep.request_approval(
  p_scope text, p_country text, p_words bytea, p_words_key bytea, p_idempotency uuid, p_content jsonb
) returns table (outcome text, id uuid)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
declare
  v_scope jsonb := p_scope::jsonb;
  v_id uuid := (v_scope ->> 'request')::uuid;
  v_tenant uuid := (v_scope ->> 'tenant')::uuid;
  v_kind text := v_scope ->> 'kind';
  v_rule text := v_scope ->> 'rule';
  v_requester text := v_scope ->> 'requester';
  v_fields text[] := case when v_scope ? 'fields' then array(select jsonb_array_elements_text(v_scope -> 'fields')) end;
  v_tokens text[] := case when v_scope ? 'tokens' then array(select jsonb_array_elements_text(v_scope -> 'tokens')) end;
  v_policy approval_policies;
  v_held uuid;
begin
  if p_idempotency is not null then
    perform pg_advisory_xact_lock(81, hashtext(p_idempotency::text));
    select r.id into v_held from approval_requests r where r.idempotency = p_idempotency and r.tenant is not distinct from v_tenant;
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
  if v_policy.version is distinct from (v_scope ->> 'policy')::integer or not v_policy.content -> 'rules' ? v_rule then
    return query select 'other-policy', null::uuid;
    return;
  end if;
  if (v_scope ->> 'approveBy')::timestamptz > clock_timestamp() + make_interval(mins => (v_policy.content ->> 'approvalMinutes')::integer, secs => 5)
    or coalesce((v_scope ->> 'executeSeconds')::integer, 0) > 60 * (v_policy.content ->> 'executionMinutes')::integer then
    return query select 'too-long', null::uuid;
    return;
  end if;
  if v_kind = 'transfer' and v_tokens is distinct from shipment_tokens(v_tenant, (v_scope ->> 'shipment')::uuid, v_fields) then
    return query select 'other-tokens', null::uuid;
    return;
  end if;
  insert into approval_requests (id, tenant, kind, requester, requester_person, scope, scope_sha256, policy, rule, needed, reason, words, words_key, shipment, recipient,
      country, purpose, basis, derogation, fields, tokens, content, idempotency, approve_by, execute_within)
    values (v_id, v_tenant, v_kind, v_requester, case when v_requester like 'person:%' then substr(v_requester, 8)::uuid end, p_scope, sha256(convert_to(p_scope, 'UTF8')),
      v_policy.version, v_rule, (v_policy.content -> 'rules' -> v_rule ->> 'approvals')::integer, v_scope ->> 'reason', p_words, p_words_key,
      (v_scope ->> 'shipment')::uuid, case v_kind when 'change' then v_scope ->> 'recipient' else v_scope -> 'recipient' ->> 'source' end, p_country,
      v_scope ->> 'purpose', v_scope ->> 'basis', v_scope ->> 'derogation', v_fields, v_tokens, p_content, p_idempotency, (v_scope ->> 'approveBy')::timestamptz,
      make_interval(secs => coalesce((v_scope ->> 'executeSeconds')::integer, 0)));
  perform audit('transfer.requested', v_tenant, jsonb_build_object('transfer', v_id, 'requester', v_requester, 'scope', encode(sha256(convert_to(p_scope, 'UTF8')), 'hex'),
    'rule', v_rule, 'reason', v_scope ->> 'reason', 'basis', v_scope ->> 'basis', 'recipient', case v_kind when 'change' then v_scope ->> 'recipient' else v_scope -> 'recipient' ->> 'source' end,
    'country', p_country, 'fields', to_jsonb(v_fields), 'shipment', v_scope ->> 'shipment', 'textCommitment', v_scope ->> 'evidence'));
  perform pg_notify('parcelkeep_approvals', '');
  return query select 'requested', v_id;
end $$;

-- Deciding ----------------------------------------------------------------------------------------------------------------------------------------------

-- Locks a request and lets time do what it does. The moment that a clock names is over; a clock that was set back gives nothing back.
create function parcelkeep.look_at_request(p_id uuid) returns parcelkeep.approval_requests
language plpgsql set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests;
  v_now timestamptz;
begin
  select * into r from approval_requests where id = p_id for update;
  v_now := greatest(clock_timestamp(), r.requested_at, r.approved_at, r.granted_at);
  if r.state in ('requested', 'approved') and v_now >= r.approve_by then
    update approval_requests set state = 'expired', ended_at = v_now where id = p_id returning * into r;
    perform audit('transfer.expired', r.tenant, jsonb_build_object('transfer', r.id, 'clock', 'approval'));
  elsif r.state = 'granted' and v_now >= r.execute_by then
    update approval_requests set state = 'execution-expired', ended_at = v_now where id = p_id returning * into r;
    if r.kind = 'lane' then
      perform audit('lane.closed', r.tenant, jsonb_build_object('lane', r.id, 'reason', 'end'));
    else
      perform audit('transfer.expired', r.tenant, jsonb_build_object('transfer', r.id, 'clock', 'execution'));
    end if;
  end if;
  return r;
end $$;

-- Takes a decision down. Returns the state after it, or `own-request`, `not-an-approver`, `decided-before`, `not-open`, `not-found`.
create function parcelkeep.decide_approval(p_id uuid, p_person uuid, p_decision text, p_reason text, p_evidence jsonb, p_evidence_sha256 text) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests := look_at_request(p_id);
  v_policy jsonb;
  v_approvals uuid[];
begin
  if r.id is null then
    return 'not-found';
  end if;
  if r.state not in ('requested', 'approved', 'granted') then
    return 'not-open';
  end if;
  if p_person = r.requester_person then
    return 'own-request';
  end if;
  select content into v_policy from approval_policies where version = r.policy;
  if not approver_groups(v_policy, p_person) && array(select jsonb_array_elements_text(v_policy -> 'rules' -> r.rule -> 'groups')) then
    return 'not-an-approver';
  end if;
  if p_decision = 'veto' then
    insert into approval_decisions (request, person, decision, reason, evidence) values (p_id, p_person, 'veto', p_reason, p_evidence) on conflict do nothing;
    update approval_requests set state = 'vetoed', ended_at = clock_timestamp() where id = p_id;
    perform audit('transfer.vetoed', r.tenant, jsonb_build_object('transfer', r.id, 'approver', p_person, 'reason', p_reason));
    if r.kind = 'lane' and r.state = 'granted' then
      perform audit('lane.closed', r.tenant, jsonb_build_object('lane', r.id, 'reason', 'veto'));
    end if;
    perform pg_notify('parcelkeep_approvals', '');
    return 'vetoed';
  end if;
  if r.state <> 'requested' then
    return 'not-open';
  end if;
  if p_decision = 'deny' then
    insert into approval_decisions (request, person, decision, reason, evidence) values (p_id, p_person, 'deny', p_reason, p_evidence) on conflict do nothing;
    update approval_requests set state = 'denied', ended_at = clock_timestamp() where id = p_id;
    perform audit('transfer.denied', r.tenant, jsonb_build_object('transfer', r.id, 'approver', p_person, 'reason', p_reason));
    perform pg_notify('parcelkeep_approvals', '');
    return 'denied';
  end if;
  insert into approval_decisions as d (request, person, decision, evidence) values (p_id, p_person, 'approve', p_evidence)
    on conflict (request, person, decision) do update set evidence = excluded.evidence, refused = false, decided_at = excluded.decided_at where d.refused;
  if not found then
    return 'decided-before';
  end if;
  v_approvals := array(select d.person from approval_decisions d where d.request = p_id and d.decision = 'approve' and not d.refused);
  perform audit('transfer.approved', r.tenant, jsonb_build_object('transfer', r.id, 'approver', p_person, 'scope', encode(r.scope_sha256, 'hex'),
    'assertion', p_evidence_sha256, 'approvals', cardinality(v_approvals), 'needed', r.needed));
  perform pg_notify('parcelkeep_approvals', '');
  if is_quorum(v_policy, r.rule, r.requester_person, v_approvals) then
    update approval_requests set state = 'approved', approved_at = clock_timestamp() where id = p_id;
    return 'approved';
  end if;
  return 'requested';
end $$;

-- Until it is used, by whoever asked: null for the operator's key.
create function parcelkeep.withdraw_approval(p_tenant uuid, p_id uuid, p_requester text) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests := look_at_request(p_id);
begin
  if r.id is null or (p_tenant is not null and r.tenant is distinct from p_tenant) then
    return 'not-found';
  end if;
  if r.state not in ('requested', 'approved', 'granted') then
    return 'not-open';
  end if;
  update approval_requests set state = 'withdrawn', ended_at = clock_timestamp() where id = p_id;
  perform audit('transfer.withdrawn', r.tenant, jsonb_build_object('transfer', r.id, 'requester', p_requester));
  if r.kind = 'lane' and r.state = 'granted' then
    perform audit('lane.closed', r.tenant, jsonb_build_object('lane', r.id, 'reason', 'withdrawn'));
  end if;
  perform pg_notify('parcelkeep_approvals', '');
  return 'withdrawn';
end $$;

-- Reading -----------------------------------------------------------------------------------------------------------------------------------------------

create function parcelkeep.approval_page(p_tenant uuid, p_kind text, p_state text, p_before timestamptz, p_before_id uuid, p_limit integer)
returns setof parcelkeep.approval_requests
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select * from approval_requests where (p_tenant is null or tenant = p_tenant) and kind = p_kind and (p_state is null or state = p_state)
    and (requested_at, id) < (p_before, p_before_id) order by requested_at desc, id desc limit p_limit
$$;

create function parcelkeep.approval_request(p_tenant uuid, p_id uuid) returns setof parcelkeep.approval_requests
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select * from approval_requests where id = p_id and (p_tenant is null or tenant = p_tenant)
$$;

create function parcelkeep.decisions_on(p_id uuid) returns table (person uuid, decision text, reason text, evidence jsonb, decided_at timestamptz, refused boolean)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select person, decision, reason, evidence, decided_at, refused from approval_decisions where request = p_id order by decided_at, person
$$;

-- Granting: the process that looks at signatures ----------------------------------------------------------------------------------------------------------

create function parcelkeep.requests_to_grant(p_limit integer) returns setof parcelkeep.approval_requests
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select * from approval_requests where state = 'approved' order by approved_at limit p_limit
$$;

-- Grants what is approved, or puts it back where evidence of these persons does not verify. Returns the state.
create function parcelkeep.grant_approval(p_id uuid, p_grant uuid, p_refused uuid[]) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests := look_at_request(p_id);
  v_policy jsonb;
  v_verified uuid[];
begin
  if r.state is distinct from 'approved' then
    return coalesce(r.state, 'not-found');
  end if;
  select content into v_policy from approval_policies where version = r.policy;
  update approval_decisions set refused = true where request = p_id and decision = 'approve' and person = any(p_refused);
  v_verified := array(select d.person from approval_decisions d where d.request = p_id and d.decision = 'approve' and not d.refused);
  if not is_quorum(v_policy, r.rule, r.requester_person, v_verified) then
    update approval_requests set state = 'requested', approved_at = null where id = p_id;
    return 'requested';
  end if;
  update approval_requests set state = 'granted', grant_id = p_grant, granted_at = greatest(clock_timestamp(), approved_at),
    execute_by = greatest(clock_timestamp(), approved_at) + execute_within where id = p_id returning * into r;
  perform audit('transfer.granted', r.tenant, jsonb_build_object('transfer', r.id, 'grant', p_grant, 'scope', encode(r.scope_sha256, 'hex'), 'usesMax', 1,
    'expiresAt', to_char(r.execute_by at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
  return 'granted';
end $$;

create function parcelkeep.grants_to_use(p_limit integer) returns table (id uuid, tenant uuid, grant_id uuid)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select id, tenant, grant_id from approval_requests where state = 'granted' and kind = 'transfer' and execute_by > clock_timestamp() order by granted_at limit p_limit
$$;

-- Lets time do what it does to all requests. A use that has said nothing for so long has an unknown outcome: it may have arrived.
create function parcelkeep.sweep_approvals(p_silent interval) returns table (expired integer, unknown integer)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests;
begin
  expired := 0;
  unknown := 0;
  for r in select * from approval_requests a where (a.state in ('requested', 'approved') and a.approve_by <= clock_timestamp())
    or (a.state = 'granted' and a.execute_by <= clock_timestamp()) limit 1000
  loop
    perform look_at_request(r.id);
    expired := expired + 1;
  end loop;
  for r in select * from approval_requests a where a.state = 'opening' and a.used_at <= clock_timestamp() - p_silent for update skip locked limit 1000
  loop
    update approval_requests set state = 'unknown', outcome = 'unknown', ended_at = clock_timestamp() where id = r.id;
    perform audit('transfer.failed', r.tenant, jsonb_build_object('transfer', r.id, 'grant', r.grant_id, 'outcome', 'unknown'));
    unknown := unknown + 1;
  end loop;
  if expired + unknown > 0 then
    perform pg_notify('parcelkeep_approvals', '');
  end if;
  return next;
end $$;

-- Using: the opener -------------------------------------------------------------------------------------------------------------------------------------

-- What a grant is about, with what was signed for it and by whose keys.
create function parcelkeep.grant_to_use(p_grant uuid)
returns table (id uuid, scope text, policy jsonb, newest jsonb, approvals jsonb, lane_scope text, lane_policy jsonb, lane_approvals jsonb)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select r.id, r.scope, p.content, (select content from approval_policies order by version desc limit 1),
    (select coalesce(jsonb_agg(jsonb_build_object('person', d.person, 'assertion', d.evidence)), '[]') from approval_decisions d
      where d.request = r.id and d.decision = 'approve' and not d.refused),
    l.scope, lp.content,
    (select jsonb_agg(jsonb_build_object('person', d.person, 'assertion', d.evidence)) from approval_decisions d where d.request = l.id and d.decision = 'approve' and not d.refused)
  from approval_requests r join approval_policies p on p.version = r.policy
  left join approval_requests l on l.id = r.lane left join approval_policies lp on lp.version = l.policy
  where r.grant_id = p_grant and r.kind = 'transfer'
$$;

-- Uses a grant up: once, in its time, for the scope that was looked at. The entry that says so is in the same transaction; it is returned, to be waited for. Null: it was
-- used, is over, or is another's.
create function parcelkeep.use_approval(p_grant uuid, p_scope_sha256 bytea) returns uuid
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests;
begin
  update approval_requests set state = 'opening', used_at = clock_timestamp()
    where grant_id = p_grant and kind = 'transfer' and state = 'granted' and scope_sha256 = p_scope_sha256 and sha256(convert_to(scope, 'UTF8')) = p_scope_sha256
      and greatest(clock_timestamp(), granted_at) < execute_by
    returning * into r;
  if not found then
    return null;
  end if;
  return audit('opening.intended', r.tenant, jsonb_build_object('grant', p_grant, 'purpose', 'transfer', 'recipient', r.recipient, 'scope', encode(r.scope_sha256, 'hex')));
end $$;

-- The sealed values of a grant that is in use, and of no other.
create function parcelkeep.granted_groups(p_grant uuid)
returns table (token text, group_id bytea, place integer, session integer, epoch integer, purpose "char", wrapped bytea, salt bytea, commitment bytea, sealed bytea)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select n.token, g.id, get_byte(n.bytes, 19), g.session, s.epoch, g.purpose, case g.purpose when 'n' then s.wrapped_numbers else s.wrapped_values end, g.salt, g.commitment, g.sealed
  from approval_requests r
  cross join lateral (select token, token_bytes(token) as bytes from unnest(r.tokens) token) n
  join sealed_groups g on g.id = substr(n.bytes, 1, 19) and g.tenant = r.tenant
  join ingest_sessions s on s.id = g.session
  where r.grant_id = p_grant and r.state = 'opening'
$$;

-- What became of a use. `delivered`, `failed`: nothing arrived, `unknown`: it may have. A later word than `unknown` is taken.
create function parcelkeep.end_approval(p_grant uuid, p_state text, p_outcome text, p_status integer, p_bytes integer, p_opened integer) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests;
begin
  update approval_requests set state = p_state, outcome = p_outcome, answer_status = p_status, sent_bytes = p_bytes, ended_at = clock_timestamp()
    where grant_id = p_grant and p_state in ('delivered', 'failed', 'unknown') and (state = 'opening' or (state = 'unknown' and p_state <> 'unknown')) returning * into r;
  if not found then
    return false;
  end if;
  perform audit('opening.done', r.tenant, jsonb_build_object('grant', p_grant, 'opened', p_opened, 'outcome', p_outcome));
  if p_state = 'delivered' then
    perform audit('transfer.executed', r.tenant, jsonb_build_object('transfer', r.id, 'grant', p_grant, 'outcome', p_outcome, 'status', p_status, 'bytes', p_bytes));
  else
    perform audit('transfer.failed', r.tenant, jsonb_build_object('transfer', r.id, 'grant', p_grant, 'outcome', p_outcome));
  end if;
  perform pg_notify('parcelkeep_approvals', '');
  return true;
end $$;

-- A grant that does not stand what the opener looks at: it is over, and nothing was opened.
create function parcelkeep.refuse_grant(p_grant uuid, p_outcome text) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests;
begin
  update approval_requests set state = 'failed', outcome = p_outcome, ended_at = clock_timestamp() where grant_id = p_grant and state = 'granted' and kind = 'transfer' returning * into r;
  if not found then
    return false;
  end if;
  perform audit('opening.failed', r.tenant, jsonb_build_object('grant', p_grant, 'outcome', p_outcome));
  perform audit('transfer.failed', r.tenant, jsonb_build_object('transfer', r.id, 'grant', p_grant, 'outcome', p_outcome));
  perform pg_notify('parcelkeep_approvals', '');
  return true;
end $$;

-- For monitoring: no tenant's own numbers.
create function parcelkeep.approvals_state() returns table (waiting bigint, granted bigint, opening bigint, unknown bigint, reviews_due bigint, reviews_overdue bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select count(*) filter (where state in ('requested', 'approved')), count(*) filter (where state = 'granted' and kind = 'transfer'), count(*) filter (where state = 'opening'),
    count(*) filter (where state = 'unknown' and ended_at > now() - interval '30 days'),
    count(*) filter (where review_due_at is not null and reviewed_at is null), count(*) filter (where review_due_at < now() and reviewed_at is null)
  from approval_requests where state in ('requested', 'approved', 'granted', 'opening', 'unknown') or (review_due_at is not null and reviewed_at is null)
$$;

grant usage on schema parcelkeep to parcelkeep_granter;
revoke execute on function parcelkeep.approval_policy, parcelkeep.begin_approvals, parcelkeep.approver_groups, parcelkeep.are_groups_heard, parcelkeep.is_quorum,
  parcelkeep.shipment_tokens, parcelkeep.derogation_uses, parcelkeep.request_approval, parcelkeep.look_at_request, parcelkeep.decide_approval, parcelkeep.withdraw_approval,
  parcelkeep.approval_page, parcelkeep.approval_request, parcelkeep.decisions_on, parcelkeep.requests_to_grant, parcelkeep.grant_approval, parcelkeep.grants_to_use,
  parcelkeep.sweep_approvals, parcelkeep.grant_to_use, parcelkeep.use_approval, parcelkeep.granted_groups, parcelkeep.end_approval, parcelkeep.refuse_grant, parcelkeep.approvals_state from public;
grant execute on function parcelkeep.approval_policy, parcelkeep.shipment_tokens, parcelkeep.derogation_uses, parcelkeep.request_approval, parcelkeep.decide_approval,
  parcelkeep.withdraw_approval, parcelkeep.approval_page, parcelkeep.approval_request, parcelkeep.decisions_on, parcelkeep.approvals_state to parcelkeep_api;
grant execute on function parcelkeep.approval_policy, parcelkeep.decisions_on, parcelkeep.requests_to_grant, parcelkeep.grant_approval, parcelkeep.grants_to_use,
  parcelkeep.sweep_approvals to parcelkeep_granter;
grant execute on function parcelkeep.grant_to_use, parcelkeep.use_approval, parcelkeep.granted_groups, parcelkeep.end_approval, parcelkeep.refuse_grant, parcelkeep.note_egress_refusal to
  parcelkeep_opener;
