-- What is done is written down where it is done: a trigger's entry stands or falls with its row.

create function parcelkeep.audit_tenant() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform audit('tenant.created', new.id, '{}');
  return null;
end $$;
create trigger audited after insert on parcelkeep.tenants for each row execute function parcelkeep.audit_tenant();

create function parcelkeep.audit_api_key() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform audit('api-key.created', new.tenant, jsonb_build_object('key', new.id));
  elsif old.revoked_at is null and new.revoked_at is not null then
    perform audit('api-key.revoked', new.tenant, jsonb_build_object('key', new.id));
  end if;
  return null;
end $$;
create trigger audited after insert or update of revoked_at on parcelkeep.api_keys for each row execute function parcelkeep.audit_api_key();

create function parcelkeep.audit_endpoint() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform audit('endpoint.created', new.tenant, jsonb_build_object('endpoint', new.id, 'source', new.source));
  return null;
end $$;
create trigger audited after insert on parcelkeep.endpoints for each row execute function parcelkeep.audit_endpoint();

create function parcelkeep.audit_vault_policy() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform audit('vault.policy-changed', new.tenant, jsonb_build_object(
    'masked', to_jsonb(new.masked), 'beacons', to_jsonb(array(select jsonb_object_keys(new.beacons) order by 1))));
  return null;
end $$;
create trigger audited after insert or update on parcelkeep.vault_policies for each row execute function parcelkeep.audit_vault_policy();

create function parcelkeep.audit_hold() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform audit('subject.held', new.tenant, jsonb_build_object('subject', new.subject));
  else
    perform audit('subject.released', old.tenant, jsonb_build_object('subject', old.subject));
  end if;
  return null;
end $$;
create trigger audited after insert or delete on parcelkeep.legal_holds for each row execute function parcelkeep.audit_hold();

create function parcelkeep.audit_erasure() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform audit('erasure.requested', new.tenant, jsonb_build_object('erasure', new.id, 'subject', new.subject, 'reason', new.reason));
  elsif new.state <> old.state and new.state = 'refused' then
    perform audit('erasure.refused', new.tenant, jsonb_build_object('erasure', new.id, 'subject', new.subject, 'reason', new.reason));
  elsif new.state <> old.state and new.state = 'destroyed' then
    perform audit('erasure.destroyed', new.tenant, jsonb_build_object('erasure', new.id, 'subject', new.subject, 'reason', new.reason,
      'groups', new.values_groups, 'indexEntries', new.index_entries, 'rawRecords', new.raw_records, 'reapplied', new.reapplied));
  end if;
  if new.proof is not null and (tg_op = 'INSERT' or old.proof is distinct from new.proof) then
    perform audit('erasure.proven', new.tenant, jsonb_build_object('erasure', new.id, 'proofSha256', encode(sha256(convert_to(new.proof, 'UTF8')), 'hex')));
  end if;
  return null;
end $$;
create trigger audited after insert or update on parcelkeep.erasures for each row execute function parcelkeep.audit_erasure();

-- A grant that is used up is the intent to open: it is committed before anything is read.
create function parcelkeep.audit_opening() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform audit('opening.intended', new.tenant, jsonb_build_object('grant', new.id, 'subject', new.subject, 'purpose', new.purpose));
  return null;
end $$;
create trigger audited after insert on parcelkeep.used_grants for each row execute function parcelkeep.audit_opening();

-- A run over the index of one tenant is for that tenant.
create function parcelkeep.audit_rotation() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_facts jsonb := jsonb_build_object('rotation', new.id, 'kind', new.kind, 'epoch', new.to_version);
begin
  if tg_op = 'INSERT' then
    perform audit('keys.rotation-started', new.tenant, v_facts);
  elsif old.finished_at is null and new.finished_at is not null then
    perform audit('keys.rotation-finished', new.tenant, v_facts);
  end if;
  return null;
end $$;
create trigger audited after insert or update of finished_at on parcelkeep.rotations for each row execute function parcelkeep.audit_rotation();

create function parcelkeep.audit_egress_refusal() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform audit('egress.refused', new.tenant, jsonb_build_object('recipient', new.recipient, 'code', new.code, 'count', jsonb_array_length(new.findings)));
  return null;
end $$;
create trigger audited after insert on parcelkeep.egress_refusals for each row execute function parcelkeep.audit_egress_refusal();

-- Digests: the content is in its table, under its version.
create function parcelkeep.audit_register() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform audit('register.changed', null, jsonb_build_object('carrier', new.source, 'version', new.version,
    'sha256', encode(sha256(convert_to(new.content::text, 'UTF8')), 'hex'), 'approval', new.approval));
  return null;
end $$;
create trigger audited after insert on parcelkeep.register_entries for each row execute function parcelkeep.audit_register();

create function parcelkeep.audit_agreement() returns trigger language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform audit('register.changed', new.tenant, jsonb_build_object('carrier', new.source, 'version', new.version,
    'sha256', encode(sha256(convert_to(new.content::text, 'UTF8')), 'hex'), 'approval', new.approval));
  return null;
end $$;
create trigger audited after insert on parcelkeep.tenant_agreements for each row execute function parcelkeep.audit_agreement();

revoke execute on function parcelkeep.audit_tenant, parcelkeep.audit_api_key, parcelkeep.audit_endpoint, parcelkeep.audit_vault_policy, parcelkeep.audit_hold,
  parcelkeep.audit_erasure, parcelkeep.audit_opening, parcelkeep.audit_rotation, parcelkeep.audit_egress_refusal, parcelkeep.audit_register,
  parcelkeep.audit_agreement from public;
