-- What a merchant forbids beyond the law, by versions that are added and never changed; and what it has agreed with recipients, to be read with its history.
-- A change may name the approval that it had: whoever asks for approvals calls these functions with one, in the transaction that uses it up.

create table parcelkeep.transfer_policies (
  tenant uuid not null,
  version integer not null,
  -- {"refusesOwnersOutsideEea": boolean, "refusedRecipients": [source]}
  content jsonb not null,
  valid_from timestamptz not null default now(),
  changed_by text not null,
  approval uuid,
  primary key (tenant, version)
);
alter table parcelkeep.transfer_policies enable row level security;
-- Nobody reads these tables but the functions.
alter table parcelkeep.tenant_agreements enable row level security;
alter table parcelkeep.register_entries enable row level security;

-- The newest; no row where a tenant has set none.
create function parcelkeep.transfer_policy_of(p_tenant uuid)
returns table (version integer, content jsonb, valid_from timestamptz, changed_by text, approval uuid)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select version, content, valid_from, changed_by, approval from transfer_policies where tenant = p_tenant order by version desc limit 1
$$;

-- Null where there is no such tenant, or a recipient that is in no register.
create function parcelkeep.set_transfer_policy(p_tenant uuid, p_content jsonb, p_changed_by text, p_approval uuid) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_version integer;
begin
  -- One change of a tenant's after the other.
  perform from tenants where id = p_tenant for no key update;
  if not found or exists (
    select from jsonb_array_elements_text(p_content -> 'refusedRecipients') refused(source)
    where not exists (select from register_entries e where e.source = refused.source)
  ) then
    return null;
  end if;
  insert into transfer_policies (tenant, version, content, changed_by, approval)
    select p_tenant, coalesce(max(version), 0) + 1, p_content, p_changed_by, p_approval from transfer_policies where tenant = p_tenant
    returning version into v_version;
  notify parcelkeep_outbound;
  return v_version;
end $$;

-- As before, with the approval; what is asked of whom is looked at anew.
drop function parcelkeep.agree_with_recipient;
create function parcelkeep.agree_with_recipient(p_tenant uuid, p_source text, p_content jsonb, p_changed_by text, p_approval uuid) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform from tenants where id = p_tenant for no key update;
  if not found or not exists (select from register_entries where source = p_source) then
    return false;
  end if;
  insert into tenant_agreements (tenant, source, version, content, changed_by, approval)
    select p_tenant, p_source, coalesce(max(version), 0) + 1, p_content, p_changed_by, p_approval from tenant_agreements where tenant = p_tenant and source = p_source;
  notify parcelkeep_outbound;
  return true;
end $$;

-- Of one tenant and recipient, the newest first.
create function parcelkeep.agreements_with(p_tenant uuid, p_source text)
returns table (version integer, content jsonb, valid_from timestamptz, changed_by text, approval uuid)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select version, content, valid_from, changed_by, approval from tenant_agreements where tenant = p_tenant and source = p_source order by version desc limit 100
$$;

create function parcelkeep.audit_transfer_policy() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform audit('policy.changed', new.tenant, jsonb_build_object('policy', 'transfer', 'version', new.version,
    'sha256', encode(sha256(convert_to(new.content::text, 'UTF8')), 'hex'), 'approval', new.approval));
  return null;
end $$;
create trigger audited after insert on parcelkeep.transfer_policies for each row execute function parcelkeep.audit_transfer_policy();

revoke execute on function parcelkeep.transfer_policy_of, parcelkeep.set_transfer_policy, parcelkeep.agree_with_recipient, parcelkeep.agreements_with,
  parcelkeep.audit_transfer_policy from public;
grant execute on function parcelkeep.transfer_policy_of to parcelkeep_api, parcelkeep_outbound, parcelkeep_opener;
grant execute on function parcelkeep.set_transfer_policy, parcelkeep.agree_with_recipient, parcelkeep.agreements_with to parcelkeep_api;
