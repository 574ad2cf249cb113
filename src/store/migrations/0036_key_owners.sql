-- API keys have owners: what is asked for with one counts as asked for by its owner, who then does not approve it. Where nobody is known to have asked (a key without an owner, the
-- operator's key), anybody may have, an approver too: it takes one approver more.

-- Null: of keys from before, and where none is named. It never changes.
alter table parcelkeep.api_keys add column owner uuid references parcelkeep.people;

drop function parcelkeep.api_keys_of;
create function parcelkeep.api_keys_of(p_tenant uuid) returns table (id text, scopes text[], owner uuid, created_at timestamptz, revoked_at timestamptz)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select id, scopes, owner, created_at, revoked_at from api_keys where tenant = p_tenant order by created_at, id
$$;

create or replace function parcelkeep.audit_api_key() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform audit('api-key.created', new.tenant, jsonb_build_object('key', new.id, 'scopes', to_jsonb(new.scopes), 'owner', new.owner));
  elsif old.revoked_at is null and new.revoked_at is not null then
    perform audit('api-key.revoked', new.tenant, jsonb_build_object('key', new.id));
  end if;
  return null;
end $$;

-- The person who counts as having asked; null where nobody is known.
create function parcelkeep.person_who_asks(p_tenant uuid, p_requester text) returns uuid
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select case
    when p_requester like 'person:%' then substr(p_requester, 8)::uuid
    when p_requester like 'key:%' then (select k.owner from api_keys k where k.id = substr(p_requester, 5) and k.tenant = p_tenant)
  end
$$;

-- Whoever writes a request down does not say who asked: the key's row does. The scope, which is what passkeys sign, has to say the same.
create function parcelkeep.note_who_asks() returns trigger
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  new.requester_person := person_who_asks(new.tenant, new.requester);
  if new.requester_person is distinct from coalesce(new.scope::jsonb ->> 'person', substring(new.requester from '^person:(.*)$'))::uuid then
    raise exception 'the scope names another person than the one who asks' using errcode = 'PKA02';
  end if;
  if new.requester_person is null and new.needed > 0 then
    new.needed := new.needed + 1;
  end if;
  return new;
end $$;
create trigger who_asks before insert on parcelkeep.approval_requests for each row execute function parcelkeep.note_who_asks();

-- As before, with one approver more where nobody is known to have asked.
create or replace function parcelkeep.is_quorum(p_policy jsonb, p_rule text, p_requester uuid, p_persons uuid[]) returns boolean
language plpgsql immutable set search_path = parcelkeep, pg_temp as $$
declare
  v_rule jsonb := p_policy -> 'rules' -> p_rule;
  v_groups text[] := array(select jsonb_array_elements_text(v_rule -> 'groups'));
  v_heard uuid[] := array(select distinct n.person from unnest(p_persons) n(person)
    where n.person is distinct from p_requester and approver_groups(p_policy, n.person) && v_groups);
begin
  return cardinality(v_heard) >= (v_rule ->> 'approvals')::integer + case when p_requester is null then 1 else 0 end
    and (not (v_rule ->> 'everyGroup')::boolean or are_groups_heard(p_policy, v_groups, v_heard));
end $$;

revoke execute on function parcelkeep.api_keys_of, parcelkeep.person_who_asks, parcelkeep.note_who_asks from public;
grant execute on function parcelkeep.api_keys_of, parcelkeep.person_who_asks to parcelkeep_api;
