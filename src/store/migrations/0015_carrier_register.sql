-- The carrier register: who recipients are, by versions that are added and never changed, and what each tenant has agreed with them.

create table parcelkeep.register_entries (
  source text not null,
  version integer not null,
  -- As `registers/carrier.schema.json` has it, without `$schema`.
  content jsonb not null,
  valid_from timestamptz not null default now(),
  -- `files`: what came with the program; else who changed it.
  changed_by text not null,
  -- The approval that a change had; what comes with the program has none.
  approval uuid,
  primary key (source, version)
);

-- Of one tenant: contract, lawful basis, transfer tool and fields; a null leaves the register's own.
create table parcelkeep.tenant_agreements (
  tenant uuid not null,
  source text not null,
  version integer not null,
  content jsonb not null,
  valid_from timestamptz not null default now(),
  changed_by text not null,
  approval uuid,
  primary key (tenant, source, version)
);

-- Of the program's owner, at start: a version for each entry whose file says something else than the file that was read before. What was changed here since
-- then is kept until the file changes. Returns the sources that have a new version.
create function parcelkeep.load_register(p_entries jsonb) returns text[]
language sql set search_path = parcelkeep, pg_temp as $$
  with read as (
    select entry ->> 'source' as source, entry as content from jsonb_array_elements(p_entries) entry
  ), latest as (
    select source, max(version) as version from register_entries group by source
  ), latest_file as (
    select distinct on (source) source, content from register_entries where changed_by = 'files' order by source, version desc
  ), added as (
    insert into register_entries (source, version, content, changed_by)
    select read.source, coalesce(latest.version, 0) + 1, read.content, 'files'
    from read left join latest using (source) left join latest_file using (source)
    where latest_file.content is distinct from read.content
    returning source
  )
  select coalesce(array_agg(source order by source), '{}') from added
$$;

-- The newest of each, with the tenant's own agreement.
create function parcelkeep.register_of(p_tenant uuid)
returns table (source text, version integer, content jsonb, valid_from timestamptz, agreement_version integer, agreement jsonb)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select e.source, e.version, e.content, e.valid_from, a.version, a.content
  from (select distinct on (source) * from register_entries where valid_from <= now() order by source, version desc) e
  left join lateral (
    select version, content from tenant_agreements t where t.tenant = p_tenant and t.source = e.source order by version desc limit 1
  ) a on true
  order by e.source
$$;

-- False where there is no such recipient or tenant.
create function parcelkeep.agree_with_recipient(p_tenant uuid, p_source text, p_content jsonb, p_changed_by text) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  -- One change of a tenant's after the other.
  perform from tenants where id = p_tenant for no key update;
  if not found or not exists (select from register_entries where source = p_source) then
    return false;
  end if;
  insert into tenant_agreements (tenant, source, version, content, changed_by)
    select p_tenant, p_source, coalesce(max(version), 0) + 1, p_content, p_changed_by from tenant_agreements where tenant = p_tenant and source = p_source;
  return true;
end $$;

revoke execute on function parcelkeep.load_register, parcelkeep.register_of, parcelkeep.agree_with_recipient from public;
grant execute on function parcelkeep.register_of to parcelkeep_api, parcelkeep_outbound, parcelkeep_opener;
grant execute on function parcelkeep.agree_with_recipient to parcelkeep_api;
