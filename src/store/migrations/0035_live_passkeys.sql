-- A passkey that the approval policy names signs nothing any more from the moment at which it is revoked, or its person is disabled or may decide no longer: the policy follows by an
-- approved change, which takes its time.

-- Those of these credentials that may sign now, and whose they are.
create function parcelkeep.live_passkeys(p_credentials bytea[]) returns table (credential bytea, person uuid)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select k.credential, k.person from passkeys k join people p on p.id = k.person
  where k.credential = any(p_credentials) and k.revoked_at is null and p.state = 'active'
    and exists (select from operator_roles r where r.person = k.person and r.role in ('approver', 'security_officer'))
$$;
revoke execute on function parcelkeep.live_passkeys from public;
grant execute on function parcelkeep.live_passkeys to parcelkeep_api, parcelkeep_granter, parcelkeep_opener;
