-- What changes operators, their passkeys and sessions; and what an API key may be used for. Each act writes its entry into the audit log in its own transaction.

-- A passkey in entries and lists: its digest, since the id itself is what a sign-in begins with.
create function parcelkeep.passkey_name(p_credential bytea) returns text
language sql immutable set search_path = parcelkeep, pg_temp as $$
  select encode(sha256(p_credential), 'hex')
$$;

-- Challenges ---------------------------------------------------------------------------------------------------------------

create function parcelkeep.open_challenge(p_challenge bytea, p_purpose text, p_session uuid, p_invitation bytea, p_life interval) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  delete from operator_challenges where challenge in (
    select c.challenge from operator_challenges c where c.expires_at <= now() order by c.expires_at limit 100 for update skip locked
  );
  insert into operator_challenges (challenge, purpose, session, invitation, expires_at)
    values (p_challenge, p_purpose, p_session, p_invitation, now() + p_life);
end $$;

-- True once, for the ceremony that it was opened for, until it expires.
create function parcelkeep.take_challenge(p_challenge bytea, p_purpose text, p_session uuid, p_invitation bytea) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  delete from operator_challenges where challenge = p_challenge and purpose = p_purpose and session is not distinct from p_session
    and invitation is not distinct from p_invitation and expires_at > now();
  return found;
end $$;

-- Passkeys -----------------------------------------------------------------------------------------------------------------

create function parcelkeep.passkey(p_credential bytea) returns table (person uuid, public_key bytea)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select k.person, k.public_key from passkeys k join people p on p.id = k.person
  where k.credential = p_credential and k.revoked_at is null and p.state = 'active'
$$;

create function parcelkeep.passkeys_of(p_person uuid) returns table (credential bytea, transports text[])
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select credential, transports from passkeys where person = p_person and revoked_at is null order by created_at, credential
$$;

-- Takes what a passkey has signed, once. A counter that does not grow may mean a copy of the authenticator: it is refused and written down.
create function parcelkeep.use_passkey(p_credential bytea, p_person uuid, p_challenge bytea, p_counter bigint) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_counter bigint;
begin
  select k.counter into v_counter from passkeys k join people p on p.id = k.person
    where k.credential = p_credential and k.person = p_person and k.revoked_at is null and p.state = 'active' for update of k;
  if not found then
    return 'unknown-credential';
  end if;
  insert into passkey_uses (credential, challenge) values (p_credential, p_challenge) on conflict do nothing;
  if not found then
    return 'replayed';
  end if;
  if (v_counter > 0 or p_counter > 0) and p_counter <= v_counter then
    perform audit('passkey.counter-went-back', null, jsonb_build_object('operator', p_person, 'credential', passkey_name(p_credential)));
    return 'counter-went-back';
  end if;
  update passkeys set counter = p_counter, last_used_at = now() where credential = p_credential;
  return 'used';
end $$;

create function parcelkeep.add_passkey(
  p_person uuid, p_credential bytea, p_public_key bytea, p_algorithm integer, p_counter bigint, p_transports text[], p_aaguid uuid, p_synced boolean
) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  insert into passkeys (credential, person, public_key, algorithm, counter, transports, aaguid, synced)
    values (p_credential, p_person, p_public_key, p_algorithm, p_counter, p_transports, p_aaguid, p_synced) on conflict do nothing;
  if not found then
    return false;
  end if;
  perform audit('passkey.enrolled', null,
    jsonb_build_object('operator', p_person, 'credential', passkey_name(p_credential), 'algorithm', p_algorithm));
  return true;
end $$;

-- Another passkey for whoever is signed in: confirmed by one that they have, or the first one right after a sign-in with an account that is theirs beyond doubt.
create function parcelkeep.enrol_passkey(
  p_session uuid, p_step_up interval, p_credential bytea, p_public_key bytea, p_algorithm integer, p_counter bigint, p_transports text[], p_aaguid uuid,
  p_synced boolean
) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_person uuid;
begin
  select s.person into v_person from operator_sessions s join people p on p.id = s.person where s.id = p_session and may_enrol(s, p_step_up) for share of p;
  if not found then
    return 'refused';
  end if;
  return case when add_passkey(v_person, p_credential, p_public_key, p_algorithm, p_counter, p_transports, p_aaguid, p_synced)
    then 'enrolled' else 'refused' end;
end $$;

create function parcelkeep.may_enrol(p_session parcelkeep.operator_sessions, p_step_up interval) returns boolean
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select p_session.ended_at is null and exists (select from people p where p.id = p_session.person and p.state = 'active') and (
    p_session.stepped_up_at > now() - p_step_up
    or (p_session.opened_at > now() - p_step_up
      and exists (select from logins l where l.id = p_session.login and l.confirmed_at is not null)
      and not exists (select from passkeys k where k.person = p_session.person and k.revoked_at is null)))
$$;

-- Invitations --------------------------------------------------------------------------------------------------------------

-- For a new person, or for one who is there and gets another passkey. Not for an address that is somebody else's.
create function parcelkeep.invite_operator(p_code bytea, p_person uuid, p_email bytea, p_roles text[], p_life interval, p_by text) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_known boolean := exists (select from people where id = p_person);
begin
  if v_known and (cardinality(p_roles) > 0 or not exists (select from people where id = p_person and state = 'active')) then
    return 'refused';
  end if;
  if exists (select from person_emails where email = p_email and person <> p_person) then
    return 'known-email';
  end if;
  insert into operator_invitations (code_sha256, person, email, roles, expires_at) values (p_code, p_person, p_email, p_roles, now() + p_life);
  perform audit('operator.invited', null, jsonb_build_object('operator', p_person, 'roles', to_jsonb(p_roles), 'by', p_by));
  return 'invited';
end $$;

-- Whether a code lets somebody in now, and whom.
create function parcelkeep.invitation(p_code bytea) returns table (person uuid)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select person from operator_invitations where code_sha256 = p_code and used_at is null and expires_at > now()
$$;

-- The code is used up by the passkey that comes with it, in one transaction.
create function parcelkeep.redeem_invitation(
  p_code bytea, p_credential bytea, p_public_key bytea, p_algorithm integer, p_counter bigint, p_transports text[], p_aaguid uuid, p_synced boolean
) returns uuid
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_invited operator_invitations;
begin
  select * into v_invited from operator_invitations where code_sha256 = p_code and used_at is null and expires_at > now() for update;
  if not found then
    return null;
  end if;
  insert into people (id) values (v_invited.person) on conflict do nothing;
  if found then
    insert into operator_roles (person, role) select v_invited.person, unnest(v_invited.roles);
    perform audit('operator.created', null, jsonb_build_object('operator', v_invited.person, 'roles', to_jsonb(v_invited.roles)));
  elsif not exists (select from people where id = v_invited.person and state = 'active') then
    return null;
  end if;
  if v_invited.email is not null then
    insert into person_emails (email, person) values (v_invited.email, v_invited.person) on conflict do nothing;
    if not exists (select from person_emails where email = v_invited.email and person = v_invited.person) then
      raise exception 'the address has become somebody else''s' using errcode = 'PK002';
    end if;
  end if;
  if not add_passkey(v_invited.person, p_credential, p_public_key, p_algorithm, p_counter, p_transports, p_aaguid, p_synced) then
    raise exception 'the passkey is known' using errcode = 'PK002';
  end if;
  update operator_invitations set used_at = now() where code_sha256 = p_code;
  return v_invited.person;
exception when sqlstate 'PK002' then
  return null;
end $$;

-- Accounts -----------------------------------------------------------------------------------------------------------------

-- Any fixed number: whoever makes persons of accounts, or takes rights away, does it one after the other.
create function parcelkeep.hold_operators() returns void
language sql set search_path = parcelkeep, pg_temp as $$
  select pg_advisory_xact_lock(7272030)
$$;

-- The person behind an account that a provider has vouched for. An address that is known makes the account one of that person's: see 0022.
-- `outcome`: known, linked, new; refused are disabled, email-conflict.
create function parcelkeep.login_person(p_issuer bytea, p_subject bytea, p_email bytea) returns table (login uuid, person uuid, outcome text)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
declare
  v_login uuid;
  v_person uuid;
  v_outcome text := 'known';
begin
  perform hold_operators();
  select l.id, l.person into v_login, v_person from logins l where l.issuer = p_issuer and l.subject = p_subject;
  if v_login is null then
    select e.person into v_person from person_emails e where e.email = p_email;
    v_outcome := case when v_person is null then 'new' else 'linked' end;
    if v_person is null then
      insert into people default values returning id into v_person;
      perform audit('operator.created', null, jsonb_build_object('operator', v_person, 'roles', '[]'::jsonb));
    end if;
    insert into logins (person, issuer, subject, confirmed_at) values (v_person, p_issuer, p_subject, case when v_outcome = 'new' then now() end)
      returning id into v_login;
    perform audit('operator.login-added', null, jsonb_build_object('operator', v_person, 'login', v_login, 'how', v_outcome));
  end if;
  if p_email is not null then
    insert into person_emails (email, person) values (p_email, v_person) on conflict do nothing;
    if exists (select from person_emails e where e.email = p_email and e.person <> v_person) then
      v_outcome := 'email-conflict';
    end if;
  end if;
  if exists (select from people p where p.id = v_person and p.state = 'disabled') then
    v_outcome := 'disabled';
  end if;
  if v_outcome in ('email-conflict', 'disabled') then
    perform audit('operator.sign-in-refused', null, jsonb_build_object('operator', v_person, 'method', 'oidc', 'code', v_outcome));
  else
    update logins set last_used_at = now() where id = v_login;
  end if;
  return query select v_login, v_person, v_outcome;
end $$;

-- Sessions -----------------------------------------------------------------------------------------------------------------

-- Null for a person who is disabled. A session that the browser had before ends; its secret is never taken over.
create function parcelkeep.open_operator_session(p_secret bytea, p_person uuid, p_login uuid, p_credential bytea, p_previous bytea) returns uuid
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_session uuid;
begin
  perform from people where id = p_person and state = 'active' for share;
  if not found then
    return null;
  end if;
  if p_credential is not null then
    perform from passkeys where credential = p_credential and person = p_person and revoked_at is null for share;
    if not found then
      return null;
    end if;
  end if;
  perform end_operator_session(p_previous);
  insert into operator_sessions (secret_sha256, person, login, credential, stepped_up_at)
    values (p_secret, p_person, p_login, p_credential, case when p_credential is not null then now() end) returning id into v_session;
  perform audit('operator.signed-in', null, jsonb_build_object('operator', p_person, 'session', v_session,
    'method', case when p_credential is null then 'oidc' else 'passkey' end,
    'credential', case when p_credential is null then p_login::text else passkey_name(p_credential) end));
  return v_session;
end $$;

create function parcelkeep.end_operator_session(p_secret bytea) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_ended operator_sessions;
begin
  update operator_sessions set ended_at = now() where secret_sha256 = p_secret and ended_at is null returning * into v_ended;
  if found then
    perform audit('operator.signed-out', null, jsonb_build_object('operator', v_ended.person, 'session', v_ended.id));
  end if;
end $$;

-- Who is signed in under a secret. `stepped_up`: a passkey of theirs was there within `p_step_up`.
create function parcelkeep.operator_session(p_secret bytea, p_idle interval, p_life interval, p_step_up interval)
returns table (session uuid, person uuid, roles text[], method text, confirmed boolean, stepped_up boolean, may_enrol boolean)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
declare
  v_session operator_sessions;
  v_confirmed boolean;
begin
  select s.* into v_session from operator_sessions s join people p on p.id = s.person
    where s.secret_sha256 = p_secret and s.ended_at is null and s.seen_at > now() - p_idle and s.opened_at > now() - p_life and p.state = 'active';
  if not found then
    return;
  end if;
  -- A page that asks often need not write each time.
  update operator_sessions set seen_at = now() where id = v_session.id and seen_at < now() - interval '10 seconds';
  v_confirmed := v_session.credential is not null or exists (select from logins l where l.id = v_session.login and l.confirmed_at is not null);
  return query select v_session.id, v_session.person,
    case when v_confirmed then array(select r.role from operator_roles r where r.person = v_session.person order by r.role) else '{}' end,
    case when v_session.credential is null then 'oidc' else 'passkey' end, v_confirmed,
    coalesce(v_session.stepped_up_at > now() - p_step_up, false), coalesce(may_enrol(v_session, p_step_up), false);
end $$;

-- After a passkey of the person's was used: the session goes on under a new secret, and an account that was recognised by its address is theirs now.
create function parcelkeep.step_up_operator_session(p_session uuid, p_former bytea, p_secret bytea, p_credential bytea) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_session operator_sessions;
begin
  update operator_sessions s set secret_sha256 = p_secret, stepped_up_at = now(), seen_at = now()
    from passkeys k, people p
    where s.id = p_session and s.secret_sha256 = p_former and s.ended_at is null and k.credential = p_credential and k.person = s.person
      and k.revoked_at is null and p.id = s.person and p.state = 'active'
    returning s.* into v_session;
  if not found then
    return false;
  end if;
  update logins set confirmed_at = now() where id = v_session.login and confirmed_at is null;
  if found then
    perform audit('operator.login-confirmed', null, jsonb_build_object('operator', v_session.person, 'login', v_session.login));
  end if;
  perform audit('operator.stepped-up', null,
    jsonb_build_object('operator', v_session.person, 'session', v_session.id, 'credential', passkey_name(p_credential)));
  return true;
end $$;

-- For refusals that name a person; what names nobody is only counted, so that nobody fills the log from outside.
create function parcelkeep.note_sign_in_refused(p_credential bytea, p_code text) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_person uuid;
begin
  select person into v_person from passkeys where credential = p_credential;
  if found then
    perform audit('operator.sign-in-refused', null,
      jsonb_build_object('operator', v_person, 'method', 'passkey', 'credential', passkey_name(p_credential), 'code', p_code));
  end if;
end $$;

-- Rights -------------------------------------------------------------------------------------------------------------------

-- Persons who can administer: a security officer with a passkey, or with an account of the provider that is set now.
create function parcelkeep.administrators(p_issuer bytea) returns bigint
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select count(*) from people p join operator_roles r on r.person = p.id and r.role = 'security_officer'
  where p.state = 'active' and (
    exists (select from passkeys k where k.person = p.id and k.revoked_at is null)
    or exists (select from logins l where l.person = p.id and l.confirmed_at is not null and l.issuer = p_issuer))
$$;

-- Everything that gives rights or takes them, one after the other. `p_change`: grant, revoke (a role), disable, enable, revoke-passkey (by its digest).
-- Whoever could administer before can still do so afterwards, somebody at least. Nobody changes their own roles. What is changed ends the person's sessions.
create function parcelkeep.change_operator(p_change text, p_person uuid, p_value text, p_issuer bytea, p_by text, p_approval text) returns text
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_administrators bigint;
  v_facts jsonb := jsonb_build_object('operator', p_person, 'by', p_by, 'approval', p_approval);
begin
  perform hold_operators();
  if not exists (select from people where id = p_person) then
    return 'unknown';
  end if;
  if p_by = p_person::text and p_change in ('grant', 'revoke', 'enable') then
    return 'own-rights';
  end if;
  v_administrators := administrators(p_issuer);
  if p_change = 'grant' then
    insert into operator_roles (person, role) values (p_person, p_value) on conflict do nothing;
  elsif p_change = 'revoke' then
    delete from operator_roles where person = p_person and role = p_value;
  elsif p_change = 'disable' then
    update people set state = 'disabled', disabled_at = now() where id = p_person and state = 'active';
  elsif p_change = 'enable' then
    update people set state = 'active', disabled_at = null where id = p_person and state = 'disabled';
  elsif p_change = 'revoke-passkey' then
    update passkeys set revoked_at = now() where person = p_person and passkey_name(credential) = p_value and revoked_at is null;
  else
    raise exception 'no such change' using errcode = '22023';
  end if;
  if not found then
    return 'unchanged';
  end if;
  if v_administrators > 0 and administrators(p_issuer) = 0 then
    raise exception 'nobody would be left who can administer' using errcode = 'PK001';
  end if;
  update operator_sessions set ended_at = now() where person = p_person and ended_at is null;
  if p_change = 'grant' then
    perform audit('operator.role-granted', null, v_facts || jsonb_build_object('role', p_value));
  elsif p_change = 'revoke' then
    perform audit('operator.role-revoked', null, v_facts || jsonb_build_object('role', p_value));
  elsif p_change = 'revoke-passkey' then
    perform audit('passkey.revoked', null, v_facts || jsonb_build_object('credential', p_value));
  else
    perform audit('operator.' || p_change || 'd', null, v_facts);
  end if;
  return 'changed';
exception when sqlstate 'PK001' then
  return 'last-administrator';
end $$;

create function parcelkeep.operators() returns table (
  person uuid, state text, roles text[], created_at timestamptz, signed_in_at timestamptz, accounts bigint, passkeys jsonb
)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select p.id, p.state, array(select r.role from operator_roles r where r.person = p.id order by r.role), p.created_at,
    (select max(s.opened_at) from operator_sessions s where s.person = p.id),
    (select count(*) from logins l where l.person = p.id),
    (select coalesce(jsonb_agg(jsonb_build_object('passkey', passkey_name(k.credential), 'credential', encode(k.credential, 'base64'),
      'publicKey', encode(k.public_key, 'base64'), 'algorithm', k.algorithm, 'synced', k.synced, 'aaguid', k.aaguid,
      'createdAt', k.created_at, 'lastUsedAt', k.last_used_at) order by k.created_at), '[]') from passkeys k where k.person = p.id and k.revoked_at is null)
  from people p order by p.created_at, p.id
$$;

revoke execute on function parcelkeep.passkey_name, parcelkeep.open_challenge, parcelkeep.take_challenge, parcelkeep.passkey, parcelkeep.passkeys_of,
  parcelkeep.use_passkey, parcelkeep.add_passkey, parcelkeep.enrol_passkey, parcelkeep.may_enrol, parcelkeep.invite_operator, parcelkeep.invitation,
  parcelkeep.redeem_invitation, parcelkeep.hold_operators, parcelkeep.login_person, parcelkeep.open_operator_session, parcelkeep.end_operator_session,
  parcelkeep.operator_session, parcelkeep.step_up_operator_session, parcelkeep.note_sign_in_refused, parcelkeep.administrators, parcelkeep.change_operator,
  parcelkeep.operators from public;
grant execute on function parcelkeep.open_challenge, parcelkeep.take_challenge, parcelkeep.passkey, parcelkeep.passkeys_of, parcelkeep.use_passkey,
  parcelkeep.enrol_passkey, parcelkeep.invite_operator, parcelkeep.invitation, parcelkeep.redeem_invitation, parcelkeep.login_person,
  parcelkeep.open_operator_session, parcelkeep.end_operator_session, parcelkeep.operator_session, parcelkeep.step_up_operator_session,
  parcelkeep.note_sign_in_refused, parcelkeep.change_operator, parcelkeep.operators to parcelkeep_api;

-- API keys -----------------------------------------------------------------------------------------------------------------

-- Keys that were there before may do everything, as they could.
alter table parcelkeep.api_keys add column scopes text[] not null default '{read,write,ingest,persons,transfers}'
  check (cardinality(scopes) > 0 and scopes <@ '{read,write,ingest,persons,transfers}');
alter table parcelkeep.api_keys alter column scopes drop default;

drop function parcelkeep.api_key;
create function parcelkeep.api_key(p_id text) returns table (tenant uuid, secret_sha256 bytea, scopes text[])
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select tenant, secret_sha256, scopes from api_keys where id = p_id and revoked_at is null
$$;

create function parcelkeep.api_keys_of(p_tenant uuid) returns table (id text, scopes text[], created_at timestamptz, revoked_at timestamptz)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select id, scopes, created_at, revoked_at from api_keys where tenant = p_tenant order by created_at, id
$$;

create function parcelkeep.revoke_api_key(p_tenant uuid, p_id text) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  update api_keys set revoked_at = now() where tenant = p_tenant and id = p_id and revoked_at is null;
  return found;
end $$;

create or replace function parcelkeep.audit_api_key() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform audit('api-key.created', new.tenant, jsonb_build_object('key', new.id, 'scopes', to_jsonb(new.scopes)));
  elsif old.revoked_at is null and new.revoked_at is not null then
    perform audit('api-key.revoked', new.tenant, jsonb_build_object('key', new.id));
  end if;
  return null;
end $$;

revoke execute on function parcelkeep.api_key, parcelkeep.api_keys_of, parcelkeep.revoke_api_key from public;
grant execute on function parcelkeep.api_key, parcelkeep.api_keys_of, parcelkeep.revoke_api_key to parcelkeep_api;
