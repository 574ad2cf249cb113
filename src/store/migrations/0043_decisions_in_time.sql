-- What passkeys sign is signed for a moment, and a lane that was closed opens nothing that it had granted before.

-- Decisions ---------------------------------------------------------------------------------------------------------------------------------------------

-- A passkey signs when its decision was asked for, and counts within five minutes: a signature that somebody has kept back decides nothing later. This does not depend on
-- whoever faces the network. What was signed before says no moment, and stays as it is. The front, which says the moment, may have a clock that is half a minute ahead.
create function parcelkeep.refuse_late_decision() returns trigger
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_asked timestamptz := (new.evidence ->> 'askedAt')::timestamptz;
begin
  if v_asked is null or v_asked <= clock_timestamp() - interval '5 minutes' or v_asked > clock_timestamp() + interval '30 seconds' then
    raise exception 'what was signed was not asked for within five minutes' using errcode = 'PKA03';
  end if;
  return new;
end $$;
create trigger in_time before insert or update of evidence on parcelkeep.approval_decisions for each row execute function parcelkeep.refuse_late_decision();
revoke execute on function parcelkeep.refuse_late_decision from public;

-- Lanes -------------------------------------------------------------------------------------------------------------------------------------------------

-- As before, with a lane's approvals while it is open: what it granted ends with it.
create or replace function parcelkeep.grant_to_use(p_grant uuid)
returns table (id uuid, scope text, policy jsonb, newest jsonb, approvals jsonb, lane_scope text, lane_policy jsonb, lane_approvals jsonb)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select r.id, r.scope, p.content, (select content from approval_policies order by version desc limit 1),
    (select coalesce(jsonb_agg(jsonb_build_object('person', d.person, 'assertion', d.evidence)), '[]') from approval_decisions d
      where d.request = r.id and d.decision = 'approve' and not d.refused),
    l.scope, lp.content,
    (select jsonb_agg(jsonb_build_object('person', d.person, 'assertion', d.evidence)) from approval_decisions d where d.request = l.id and d.decision = 'approve' and not d.refused)
  from approval_requests r join approval_policies p on p.version = r.policy
  left join approval_requests l on l.id = r.lane and l.state = 'granted' left join approval_policies lp on lp.version = l.policy
  where r.grant_id = p_grant and r.kind = 'transfer'
$$;

-- As before, and not under a lane that is closed. Its row is locked, so that a veto is before the use or after it.
create or replace function parcelkeep.use_approval(p_grant uuid, p_scope_sha256 bytea) returns uuid
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  r approval_requests;
  v_lane uuid;
begin
  select lane into v_lane from approval_requests where grant_id = p_grant;
  if v_lane is not null then
    perform from approval_requests where id = v_lane and state = 'granted' for share;
    if not found then
      return null;
    end if;
  end if;
  update approval_requests set state = 'opening', used_at = clock_timestamp()
    where grant_id = p_grant and kind = 'transfer' and state = 'granted' and scope_sha256 = p_scope_sha256 and sha256(convert_to(scope, 'UTF8')) = p_scope_sha256
      and greatest(clock_timestamp(), granted_at) < execute_by
    returning * into r;
  if not found then
    return null;
  end if;
  return audit('opening.intended', r.tenant, jsonb_build_object('grant', p_grant, 'purpose', 'transfer', 'recipient', r.recipient, 'scope', encode(r.scope_sha256, 'hex')));
end $$;

-- The log -----------------------------------------------------------------------------------------------------------------------------------------------

-- As before, and a retirement, which unwraps nothing and has no end, is no rotation that goes on for ever.
create or replace function parcelkeep.audit_rotation() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_facts jsonb := jsonb_build_object('rotation', new.id, 'kind', new.kind, 'epoch', new.to_version);
begin
  if new.kind = 'retire' then
    if tg_op = 'INSERT' then
      perform audit('keys.epoch-retired', new.tenant, jsonb_build_object('epoch', new.to_version - 1));
    end if;
  elsif tg_op = 'INSERT' then
    perform audit('keys.rotation-started', new.tenant, v_facts);
  elsif old.finished_at is null and new.finished_at is not null then
    perform audit('keys.rotation-finished', new.tenant, v_facts);
  end if;
  return null;
end $$;
