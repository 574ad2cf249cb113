-- The opener: reads what is sealed about one subject, once for each grant.

create table parcelkeep.used_grants (
  id uuid primary key,
  tenant uuid not null,
  subject uuid not null,
  purpose text not null,
  used_at timestamptz not null default now()
);

-- A subject and those that records have shown to be the same person, over any number of links.
create function parcelkeep.same_subjects(p_tenant uuid, p_subject uuid) returns table (subject uuid)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  with recursive same (subject) as (
    select p_subject
    union
    select case when link.subject = same.subject then link.same_as else link.subject end
    from same join subject_links link on link.tenant = p_tenant and (link.subject = same.subject or link.same_as = same.subject)
  )
  select subject from same
$$;
create index subject_links_back on parcelkeep.subject_links (same_as);

-- False where the grant was used before: then nothing may be opened.
create function parcelkeep.use_grant(p_id uuid, p_tenant uuid, p_subject uuid, p_purpose text) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  insert into used_grants (id, tenant, subject, purpose) values (p_id, p_tenant, p_subject, p_purpose) on conflict do nothing;
  return found;
end $$;

create function parcelkeep.groups_to_open(p_grant uuid, p_limit integer)
returns table (id bytea, record uuid, session integer, epoch integer, purpose "char", wrapped bytea, salt bytea, commitment bytea, sealed bytea)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select g.id, g.record, g.session, s.epoch, g.purpose, case g.purpose when 'n' then s.wrapped_numbers else s.wrapped_values end, g.salt, g.commitment, g.sealed
  from used_grants u
  join lateral parcelkeep.same_subjects(u.tenant, u.subject) same on true
  join sealed_groups g on g.subject = same.subject and g.tenant = u.tenant
  join ingest_sessions s on s.id = g.session
  where u.id = p_grant order by g.session, g.purpose, g.record limit p_limit
$$;

grant usage on schema parcelkeep to parcelkeep_opener;
grant execute on function parcelkeep.use_grant, parcelkeep.groups_to_open to parcelkeep_opener;
revoke execute on function parcelkeep.same_subjects, parcelkeep.use_grant, parcelkeep.groups_to_open from public;
