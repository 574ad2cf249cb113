-- The tokens API: short forms, masked views, beacons, and what each caller has spent. All of it goes with the sealed group that it speaks of.

-- What a tenant has switched on beyond the defaults. No row: nothing.
create table parcelkeep.vault_policies (
  tenant uuid primary key references parcelkeep.tenants,
  -- Categories whose masked view is kept.
  masked text[] not null default '{}',
  -- By category: {"bits": …, "partitions": …}.
  beacons jsonb not null default '{}',
  changed_at timestamptz not null default now()
);

-- The way back from a short form, for those that were asked for.
create table parcelkeep.short_tokens (
  code bytea primary key,
  tenant uuid not null,
  group_id bytea not null references parcelkeep.sealed_groups on delete cascade,
  position smallint not null
);
create index short_tokens_group on parcelkeep.short_tokens (group_id, position);

create table parcelkeep.masked_views (
  group_id bytea not null references parcelkeep.sealed_groups on delete cascade,
  position smallint not null,
  tenant uuid not null,
  category text not null,
  sealed bytea not null,
  primary key (group_id, position)
);

create table parcelkeep.beacons (
  tenant uuid not null,
  category text not null,
  partition smallint not null,
  beacon integer not null,
  group_id bytea not null references parcelkeep.sealed_groups on delete cascade,
  position smallint not null,
  primary key (tenant, category, partition, beacon, group_id, position)
);
create index beacons_group on parcelkeep.beacons (group_id);

-- By API key and hour. A miss is a near-unique identifier that the vault had not met: what probing with a dictionary makes many of.
create table parcelkeep.token_usage (
  caller text not null,
  hour timestamptz not null,
  tokens integer not null default 0,
  identifiers integer not null default 0,
  misses integer not null default 0,
  searches integer not null default 0,
  alarmed boolean not null default false,
  primary key (caller, hour)
) with (fillfactor = 50);

-- Tokens for a batch of values, in two calls of one transaction. The first asks the caller's budget and claims tokens for identifiers that this process has
-- not met. The calls of one caller go one after the other, since they meet at its account; a budget is passed by at most the one call that reaches it.
-- Refused is null, or which budget: then nothing is stored. Tokens (20 bytes) and subjects (16) are those that hold, in the order of the claims.
create function parcelkeep.claim_values(
  p_caller text, p_tokens_per_day integer, p_misses_per_hour integer, p_alarm_identifiers integer, p_alarm_ratio double precision,
  p_tenant uuid, p_values integer, p_identifiers integer, p_blind uuid[], p_token bytea[], p_subject uuid[]
) returns table (refused text, retry_s integer, misses integer, alarm boolean, tokens bytea, subjects bytea)
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_hour timestamptz := date_trunc('hour', now(), 'UTC');
  v_day timestamptz := date_trunc('day', now(), 'UTC');
  v_before token_usage;
  v_today bigint;
  v_misses integer := 0;
  v_alarm boolean;
  v_tokens bytea := '';
  v_subjects bytea := '';
begin
  insert into token_usage as u (caller, hour) values (p_caller, v_hour) on conflict (caller, hour) do update set tokens = u.tokens returning * into v_before;
  select coalesce(sum(u.tokens), 0) into v_today from token_usage u where u.caller = p_caller and u.hour >= v_day;
  if v_today + p_values > p_tokens_per_day then
    return query select 'tokens', ceil(extract(epoch from v_day + interval '1 day' - now()))::integer, 0, false, v_tokens, v_subjects;
    return;
  end if;
  -- Not only new identifiers: which ones are new is what must not be learned any more.
  if p_identifiers > 0 and v_before.misses >= p_misses_per_hour then
    return query select 'misses', ceil(extract(epoch from v_hour + interval '1 hour' - now()))::integer, 0, false, v_tokens, v_subjects;
    return;
  end if;
  if cardinality(p_blind) > 0 then
    insert into token_index (blind, tenant, token, subject)
      select blind, p_tenant, token, subject from unnest(p_blind, p_token, p_subject) as claim(blind, token, subject) order by blind
      on conflict do nothing;
    get diagnostics v_misses = row_count;
    select string_agg(held.token, ''::bytea order by c.ord), string_agg(uuid_send(held.subject), ''::bytea order by c.ord) into v_tokens, v_subjects
      from unnest(p_blind) with ordinality as c(blind, ord) join token_index held on held.blind = c.blind;
  end if;
  v_alarm := v_before.identifiers + p_identifiers >= p_alarm_identifiers
    and v_before.misses + v_misses >= p_alarm_ratio * (v_before.identifiers + p_identifiers);
  update token_usage u set tokens = u.tokens + p_values, identifiers = u.identifiers + p_identifiers, misses = u.misses + v_misses, alarmed = u.alarmed or v_alarm
    where u.caller = p_caller and u.hour = v_hour;
  if v_before.tokens = 0 then
    delete from token_usage u where u.caller = p_caller and u.hour < v_day - interval '7 days';
  end if;
  return query select null::text, 0, v_misses, v_alarm and not v_before.alarmed, v_tokens, v_subjects;
end $$;

-- The second: what was sealed, who turned out to be whom, and what the policy or the caller wants kept beside the tokens (group and position). What
-- was erased meanwhile gets nothing.
create function parcelkeep.store_values(
  p_tenant uuid, p_record uuid, p_session integer,
  p_group_id bytea[], p_group_subject uuid[], p_group_purpose "char"[], p_group_salt bytea[], p_group_commitment bytea[], p_group_sealed bytea[],
  p_adopted_blind uuid[], p_adopted_subject uuid[], p_link_subject uuid[], p_link_same_as uuid[],
  p_short_token bytea[], p_short_code bytea[], p_mask_token bytea[], p_mask_category text[], p_mask_sealed bytea[],
  p_beacon_token bytea[], p_beacon_category text[], p_beacon_partition smallint[], p_beacon integer[]
) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
  insert into sealed_groups (id, tenant, subject, record, session, purpose, salt, commitment, sealed)
    select id, p_tenant, subject, p_record, p_session, purpose, salt, commitment, sealed
    from unnest(p_group_id, p_group_subject, p_group_purpose, p_group_salt, p_group_commitment, p_group_sealed)
      as g(id, subject, purpose, salt, commitment, sealed)
    -- A repeated batch: its values are there.
    on conflict (id) do nothing;
  if cardinality(p_adopted_blind) > 0 then
    update token_index t set subject = a.subject from unnest(p_adopted_blind, p_adopted_subject) as a(blind, subject) where t.blind = a.blind;
  end if;
  if cardinality(p_link_subject) > 0 then
    insert into subject_links (tenant, subject, same_as)
      select p_tenant, subject, same_as from unnest(p_link_subject, p_link_same_as) as l(subject, same_as) order by subject, same_as
      on conflict do nothing;
  end if;
  if cardinality(p_short_token) > 0 then
    insert into short_tokens (code, tenant, group_id, position)
      select s.code, p_tenant, g.id, get_byte(s.token, 19) from unnest(p_short_token, p_short_code) as s(token, code)
      join sealed_groups g on g.id = substr(s.token, 1, 19) order by s.code
      on conflict do nothing;
  end if;
  if cardinality(p_mask_token) > 0 then
    insert into masked_views (group_id, position, tenant, category, sealed)
      select g.id, get_byte(m.token, 19), p_tenant, m.category, m.sealed from unnest(p_mask_token, p_mask_category, p_mask_sealed) as m(token, category, sealed)
      join sealed_groups g on g.id = substr(m.token, 1, 19) order by m.token
      on conflict do nothing;
  end if;
  if cardinality(p_beacon_token) > 0 then
    insert into beacons (tenant, category, partition, beacon, group_id, position)
      select p_tenant, b.category, b.partition, b.beacon, g.id, get_byte(b.token, 19)
      from unnest(p_beacon_token, p_beacon_category, p_beacon_partition, p_beacon) as b(token, category, partition, beacon)
      join sealed_groups g on g.id = substr(b.token, 1, 19)
      on conflict do nothing;
  end if;
end $$;

grant execute on function parcelkeep.claim_values, parcelkeep.store_values to parcelkeep_ingress;
grant select on parcelkeep.vault_policies to parcelkeep_ingress, parcelkeep_api;

-- Metadata without plaintext. The time of a token is that of its record, whose id is a UUID of version 7.
create function parcelkeep.token_metadata(p_tenant uuid, p_token bytea)
returns table (subject uuid, created_at timestamptz, purpose "char", short_code bytea, masked bytea)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select g.subject, uuid_extract_timestamp(g.record), g.purpose, s.code, m.sealed
  from sealed_groups g
  left join short_tokens s on s.group_id = g.id and s.position = get_byte(p_token, 19)
  left join masked_views m on m.group_id = g.id and m.position = get_byte(p_token, 19)
  where g.id = substr(p_token, 1, 19) and g.tenant = p_tenant
$$;

create function parcelkeep.token_of_short(p_tenant uuid, p_code bytea) returns bytea
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select group_id || set_byte('\x00'::bytea, 0, position) from short_tokens where code = p_code and tenant = p_tenant
$$;

create function parcelkeep.tokens_by_beacon(p_tenant uuid, p_category text, p_partition smallint[], p_beacon integer[], p_after bytea, p_limit integer)
returns table (token bytea, subject uuid)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select found.token, g.subject from (
    select b.group_id, b.group_id || set_byte('\x00'::bytea, 0, b.position) as token
    from unnest(p_partition, p_beacon) as asked(partition, beacon)
    join beacons b on b.tenant = p_tenant and b.category = p_category and b.partition = asked.partition and b.beacon = asked.beacon
  ) found join sealed_groups g on g.id = found.group_id
  where found.token > p_after order by found.token limit p_limit
$$;

-- One more search of a caller's today: null, or the seconds until it may go on.
create function parcelkeep.spend_token_search(p_caller text, p_searches_per_day integer) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_day timestamptz := date_trunc('day', now(), 'UTC');
begin
  insert into token_usage as u (caller, hour, searches) values (p_caller, date_trunc('hour', now(), 'UTC'), 1)
    on conflict (caller, hour) do update set searches = u.searches + 1;
  if (select sum(u.searches) from token_usage u where u.caller = p_caller and u.hour >= v_day) > p_searches_per_day then
    return ceil(extract(epoch from v_day + interval '1 day' - now()));
  end if;
  return null;
end $$;

-- What is switched off goes: masked views, and beacons that were switched off or have another shape.
create function parcelkeep.set_vault_policy(p_tenant uuid, p_masked text[], p_beacons jsonb) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_before jsonb;
begin
  if not exists (select from tenants where id = p_tenant) then
    return false;
  end if;
  select beacons into v_before from vault_policies where tenant = p_tenant for update;
  insert into vault_policies (tenant, masked, beacons) values (p_tenant, p_masked, p_beacons)
    on conflict (tenant) do update set masked = p_masked, beacons = p_beacons, changed_at = now();
  delete from masked_views where tenant = p_tenant and category <> all(p_masked);
  delete from beacons where tenant = p_tenant and (p_beacons -> category) is distinct from (v_before -> category);
  return true;
end $$;

grant execute on function parcelkeep.token_metadata, parcelkeep.token_of_short, parcelkeep.tokens_by_beacon, parcelkeep.spend_token_search,
  parcelkeep.set_vault_policy to parcelkeep_api;
