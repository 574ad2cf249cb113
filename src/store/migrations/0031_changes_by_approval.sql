-- Once there is an approval policy, what decides about releases changes by an approved request only (0025): directly, whoever holds the operator's key could widen alone what may leave.
-- The register's files are the owner's, who comes with the program.

create function parcelkeep.refuse_unapproved() returns trigger
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  if exists (select from approval_policies) and session_user <> 'parcelkeep_granter' and new.changed_by <> 'files' then
    raise exception 'this changes by an approved request' using errcode = 'PKA01';
  end if;
  return new;
end $$;
create trigger by_approval before insert on parcelkeep.tenant_agreements for each row execute function parcelkeep.refuse_unapproved();
create trigger by_approval before insert on parcelkeep.transfer_policies for each row execute function parcelkeep.refuse_unapproved();
create trigger by_approval before insert on parcelkeep.register_entries for each row execute function parcelkeep.refuse_unapproved();
revoke execute on function parcelkeep.refuse_unapproved from public;
