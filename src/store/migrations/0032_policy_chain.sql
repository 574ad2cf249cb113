-- Every version of the approval policy with what was signed for it under the one before: whoever acts on approvals follows them from the first, which is the owner's, and trusts nobody
-- who could write a row.
create function parcelkeep.approval_policy_chain() returns table (version integer, content jsonb, scope text, approvals jsonb)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select p.version, p.content, r.scope,
    (select jsonb_agg(jsonb_build_object('person', d.person, 'assertion', d.evidence)) from approval_decisions d where d.request = p.request and d.decision = 'approve' and not d.refused)
  from approval_policies p left join approval_requests r on r.id = p.request order by p.version
$$;
revoke execute on function parcelkeep.approval_policy_chain from public;
grant execute on function parcelkeep.approval_policy_chain to parcelkeep_opener;
