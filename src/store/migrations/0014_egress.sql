-- The egress guard: what it asks of the vault, and what it refused.

-- Which of these does the vault know of this tenant? Yes or no for each, in their order, and nothing of what stands behind one.
create function parcelkeep.known_blinds(p_tenant uuid, p_blind uuid[]) returns boolean[]
language plpgsql stable security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
  if cardinality(p_blind) > 8192 then
    raise exception using errcode = '54000', message = 'at most 8192 values at once';
  end if;
  return array(
    select held.blind is not null from unnest(p_blind) with ordinality as asked(blind, ord)
    left join token_index held on held.blind = asked.blind and held.tenant = p_tenant order by asked.ord
  );
end $$;

-- Calls that were not made. Counts and positions: never a value, a name of a field or a part of an address. Kept until an audit log takes them.
create table parcelkeep.egress_refusals (
  id bigint generated always as identity primary key,
  tenant uuid not null,
  recipient text not null,
  code text not null,
  -- [{"position": …, "kind": …, "what": …, "via": […], "count": …}]
  findings jsonb not null,
  refused_at timestamptz not null default now()
);
create index egress_refusals_tenant on parcelkeep.egress_refusals (tenant, id desc);

create function parcelkeep.note_egress_refusal(p_tenant uuid, p_recipient text, p_code text, p_findings jsonb) returns bigint
language sql security definer set search_path = parcelkeep, pg_temp as $$
  insert into egress_refusals (tenant, recipient, code, findings) values (p_tenant, p_recipient, p_code, p_findings) returning id
$$;

alter table parcelkeep.egress_refusals enable row level security;
create policy tenant_egress_refusals on parcelkeep.egress_refusals to parcelkeep_api using (tenant = parcelkeep.current_tenant());
grant select on parcelkeep.egress_refusals to parcelkeep_api;

grant usage on schema parcelkeep to parcelkeep_outbound;
revoke execute on function parcelkeep.known_blinds, parcelkeep.note_egress_refusal from public;
grant execute on function parcelkeep.known_blinds, parcelkeep.note_egress_refusal, parcelkeep.index_versions_of to parcelkeep_outbound;
