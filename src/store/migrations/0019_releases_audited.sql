-- Each release stands in the audit log too, written by the transaction that records it, before the call goes out. Up to a hundred shipments are named; a larger
-- call is named by its release, whose row has them all. (`audit` comes with 0020.)
create or replace function parcelkeep.record_release(
  p_id uuid, p_tenant uuid, p_recipient text, p_purpose text, p_basis text, p_fields text[], p_decision text, p_account uuid, p_shipments uuid[]
) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  insert into releases (id, tenant, recipient, purpose, basis, fields, decision, account, shipments)
    values (p_id, p_tenant, p_recipient, p_purpose, p_basis, p_fields, p_decision, p_account, p_shipments);
  perform audit('release.automatic', p_tenant, jsonb_build_object('release', p_id, 'recipient', p_recipient, 'purpose', p_purpose, 'basis', p_basis,
    'fields', p_fields, 'count', cardinality(p_shipments), 'shipment', case when cardinality(p_shipments) <= 100 then to_jsonb(p_shipments) end));
end $$;
