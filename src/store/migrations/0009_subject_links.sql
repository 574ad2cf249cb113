-- Two persons who were both known, and are one by a record that brings no new identifier: no claim of a token would say it.
create function parcelkeep.link_subjects(p_tenant uuid[], p_subject uuid[], p_same uuid[]) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  -- Flushed with the record's commit, which follows.
  perform set_config('synchronous_commit', 'off', true);
  insert into subject_links (tenant, subject, same_as)
    select distinct tenant, subject, same_as from unnest(p_tenant, p_subject, p_same) as l(tenant, subject, same_as)
    where not exists (select from subject_links k where k.subject = l.subject and k.same_as = l.same_as)
    on conflict do nothing;
end $$;
grant execute on function parcelkeep.link_subjects to parcelkeep_ingress;
revoke execute on function parcelkeep.link_subjects from public;
