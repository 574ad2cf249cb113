-- Webhooks out to merchants: where to, signed with what, and what is to be delivered.

alter table parcelkeep.register_entries enable row level security;
alter table parcelkeep.tenant_agreements enable row level security;

create table parcelkeep.webhook_endpoints (
  id text primary key,
  tenant uuid not null,
  url text not null,
  -- h: HMAC-SHA-256, e: Ed25519.
  signature "char" not null,
  -- a active, d disabled.
  state "char" not null default 'a',
  disabled_reason text,
  -- The breaker: failures in a row, and until when no more than one call finds out whether it is over.
  failures integer not null default 0,
  paused_until timestamptz,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_code text,
  created_at timestamptz not null default now()
);
create index webhook_endpoints_tenant on parcelkeep.webhook_endpoints (tenant, created_at, id);

-- Sealed under a key that the API derives to make them and may not read back.
create table parcelkeep.webhook_secrets (
  id uuid primary key default gen_random_uuid(),
  endpoint text not null references parcelkeep.webhook_endpoints on delete cascade,
  sealed bytea not null,
  -- Of Ed25519: `whpk_…`, for anybody to see.
  public_key text,
  created_at timestamptz not null default now(),
  -- Null for the one that is not replaced.
  expires_at timestamptz
);
create index webhook_secrets_endpoint on parcelkeep.webhook_secrets (endpoint, created_at desc);

-- The outbox: a shipment has changed, in the transaction that changed it. Only of tenants who listen.
create table parcelkeep.webhook_changes (
  seq bigint generated always as identity primary key,
  tenant uuid not null,
  shipment uuid not null
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

-- What is told of a change, once for all endpoints of its tenant: the same bytes at every attempt.
create table parcelkeep.webhook_events (
  id uuid primary key,
  tenant uuid not null,
  shipment uuid not null,
  body text not null,
  created_at timestamptz not null default now()
);
create index webhook_events_tenant on parcelkeep.webhook_events (tenant, created_at);
create index webhook_events_age on parcelkeep.webhook_events (created_at);

create table parcelkeep.webhook_deliveries (
  endpoint text not null references parcelkeep.webhook_endpoints on delete cascade,
  event uuid not null references parcelkeep.webhook_events on delete cascade,
  -- w waiting, d delivered, x given up.
  state "char" not null default 'w',
  attempts integer not null default 0,
  -- Since when it is tried; a replay begins anew.
  since timestamptz not null default now(),
  due_at timestamptz not null default now(),
  last_code text,
  finished_at timestamptz,
  primary key (endpoint, event)
) with (fillfactor = 70);
create index webhook_deliveries_due on parcelkeep.webhook_deliveries (endpoint, due_at) where state = 'w';
create index webhook_deliveries_dead on parcelkeep.webhook_deliveries (endpoint, finished_at desc, event) where state = 'x';
create index webhook_deliveries_event on parcelkeep.webhook_deliveries (event);

alter table parcelkeep.webhook_endpoints enable row level security;
alter table parcelkeep.webhook_secrets enable row level security;
alter table parcelkeep.webhook_changes enable row level security;
alter table parcelkeep.webhook_events enable row level security;
alter table parcelkeep.webhook_deliveries enable row level security;

-- The worker's, beside `finish_turn` in one statement.
create function parcelkeep.note_shipment_changes(p_shipment uuid[], p_tenant uuid[]) returns void
language sql security definer set search_path = parcelkeep, pg_temp as $$
  insert into webhook_changes (tenant, shipment)
    select tenant, shipment from unnest(p_shipment, p_tenant) as changed(shipment, tenant)
    where exists (select from webhook_endpoints e where e.tenant = changed.tenant and e.state = 'a')
$$;

-- The outbound process: changes become events and deliveries, in one transaction. Several changes of a shipment are told as one, with its state of now.
create function parcelkeep.claim_changes(p_limit integer)
returns table (seqs bigint[], tenant uuid, shipment uuid, public_id text, state text, created_at timestamptz, updated_at timestamptz)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
begin
  return query
    with claimed as (
      select c.seq, c.tenant, c.shipment from webhook_changes c order by c.seq limit p_limit for update skip locked
    ), grouped as (
      select array_agg(seq) as seqs, tenant, shipment from claimed group by tenant, shipment
    )
    select g.seqs, g.tenant, g.shipment, s.public_id, s.state, s.created_at, s.updated_at
    from grouped g left join shipments s on s.id = g.shipment and s.tenant = g.tenant and s.shown_as is null and s.public_id is not null;
end $$;

-- Events for what was claimed; a shipment that has become part of another, or is gone, has none.
create function parcelkeep.enter_events(p_done bigint[], p_event uuid[], p_tenant uuid[], p_shipment uuid[], p_body text[]) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  insert into webhook_events (id, tenant, shipment, body) select * from unnest(p_event, p_tenant, p_shipment, p_body);
  insert into webhook_deliveries (endpoint, event)
    select e.id, n.event from unnest(p_event, p_tenant) as n(event, tenant) join webhook_endpoints e on e.tenant = n.tenant and e.state = 'a';
  delete from webhook_changes where seq = any(p_done);
end $$;

-- Deliveries that are due, of each endpoint a few and of those in `p_busy` none; of one that fails a single one. They are due again after `p_hold_s`, should this process end before it says
-- what became of them.
create function parcelkeep.claim_deliveries(p_limit integer, p_per_endpoint integer, p_failures_max integer, p_hold_s integer, p_busy text[])
returns table (endpoint text, tenant uuid, url text, event uuid, body text, attempts integer, since timestamptz, failures integer)
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
#variable_conflict use_column
begin
  return query
    with due as (
      select d.endpoint, d.event, e.tenant, e.url, e.failures
      from webhook_endpoints e
      cross join lateral (
        select w.endpoint, w.event from webhook_deliveries w
        where w.endpoint = e.id and w.state = 'w' and w.due_at <= now() order by w.due_at
        limit case when e.failures >= p_failures_max then 1 else p_per_endpoint end
        for update skip locked
      ) d
      where e.state = 'a' and (e.paused_until is null or e.paused_until <= now()) and e.id <> all(p_busy)
      limit p_limit
    ), held as (
      update webhook_deliveries w set attempts = w.attempts + 1, due_at = now() + make_interval(secs => p_hold_s)
      from due where w.endpoint = due.endpoint and w.event = due.event
      returning w.endpoint, w.event, w.attempts, w.since, due.tenant, due.url, due.failures
    )
    select h.endpoint, h.tenant, h.url, h.event, v.body, h.attempts, h.since, h.failures from held h join webhook_events v on v.id = h.event;
end $$;

-- `p_state`: d, w (then `p_due_at`) or x. `p_pause_s`: how long an endpoint that fails is left alone, null for not at all.
create function parcelkeep.finish_delivery(
  p_endpoint text, p_event uuid, p_state "char", p_due_at timestamptz, p_code text, p_is_failure boolean, p_pause_s double precision, p_disable text
) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  update webhook_deliveries set state = p_state, due_at = coalesce(p_due_at, due_at), last_code = p_code,
      finished_at = case when p_state = 'w' then null else now() end
    where endpoint = p_endpoint and event = p_event and state = 'w';
  if p_is_failure is not null then
    update webhook_endpoints set
        failures = case when p_is_failure then failures + 1 else 0 end,
        paused_until = case when p_is_failure then now() + make_interval(secs => p_pause_s) end,
        last_success_at = case when p_is_failure then last_success_at else now() end,
        last_failure_at = case when p_is_failure then now() else last_failure_at end,
        last_code = p_code,
        state = case when p_disable is null then state else 'd' end,
        disabled_reason = coalesce(p_disable, disabled_reason)
      where id = p_endpoint;
  end if;
  if p_disable is not null then
    update webhook_deliveries set state = 'x', last_code = p_disable, finished_at = now() where endpoint = p_endpoint and state = 'w';
  end if;
end $$;

create function parcelkeep.webhook_endpoint_url(p_tenant uuid, p_id text) returns text
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select url from webhook_endpoints where id = p_id and tenant = p_tenant and state = 'a'
$$;

-- Those that sign now, the newest first.
create function parcelkeep.webhook_signing_secrets(p_endpoint text) returns table (id uuid, sealed bytea)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select id, sealed from webhook_secrets where endpoint = p_endpoint and (expires_at is null or expires_at > now()) order by created_at desc, id limit 4
$$;

-- Events are kept for replays. Returns how many have gone.
create function parcelkeep.sweep_webhook_events(p_before timestamptz, p_limit integer) returns bigint
language sql security definer set search_path = parcelkeep, pg_temp as $$
  with old as (
    select id from webhook_events v where created_at < p_before
      and not exists (select from webhook_deliveries d where d.event = v.id and d.state = 'w') limit p_limit
  ), gone as (delete from webhook_events v using old where v.id = old.id returning v.id)
  select count(*) from gone
$$;

-- The API, one tenant's at a time.
create function parcelkeep.create_webhook_endpoint(p_tenant uuid, p_id text, p_url text, p_signature "char", p_sealed bytea, p_public_key text) returns void
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  insert into webhook_endpoints (id, tenant, url, signature) values (p_id, p_tenant, p_url, p_signature);
  insert into webhook_secrets (endpoint, sealed, public_key) values (p_id, p_sealed, p_public_key);
end $$;

create function parcelkeep.webhook_endpoints_of(p_tenant uuid, p_id text)
returns table (id text, url text, signature "char", state "char", disabled_reason text, failures integer, paused_until timestamptz, last_success_at timestamptz,
  last_failure_at timestamptz, last_code text, created_at timestamptz, waiting bigint, dead bigint, public_keys text[], secrets bigint)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select e.id, e.url, e.signature, e.state, e.disabled_reason, e.failures, e.paused_until, e.last_success_at, e.last_failure_at, e.last_code, e.created_at,
    (select count(*) from webhook_deliveries d where d.endpoint = e.id and d.state = 'w'),
    (select count(*) from webhook_deliveries d where d.endpoint = e.id and d.state = 'x'),
    array(select s.public_key from webhook_secrets s where s.endpoint = e.id and s.public_key is not null and (s.expires_at is null or s.expires_at > now()) order by s.created_at desc),
    (select count(*) from webhook_secrets s where s.endpoint = e.id and (s.expires_at is null or s.expires_at > now()))
  from webhook_endpoints e where e.tenant = p_tenant and (p_id is null or e.id = p_id) order by e.created_at, e.id
$$;

-- Nulls leave what is. An endpoint that is switched on begins anew. False where the tenant has none of this id.
create function parcelkeep.change_webhook_endpoint(p_tenant uuid, p_id text, p_url text, p_state "char") returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  update webhook_endpoints set url = coalesce(p_url, url), state = coalesce(p_state, state),
      disabled_reason = case p_state when 'a' then null when 'd' then 'by-request' else disabled_reason end,
      failures = case when p_state = 'a' or p_url is not null then 0 else failures end,
      paused_until = case when p_state = 'a' or p_url is not null then null else paused_until end
    where id = p_id and tenant = p_tenant;
  return found;
end $$;

create function parcelkeep.delete_webhook_endpoint(p_tenant uuid, p_id text) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  delete from webhook_endpoints where id = p_id and tenant = p_tenant;
  return found;
end $$;

-- The secrets before sign on for a while beside the new one.
create function parcelkeep.rotate_webhook_secret(p_tenant uuid, p_id text, p_sealed bytea, p_public_key text, p_overlap_s integer) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  perform from webhook_endpoints where id = p_id and tenant = p_tenant for update;
  if not found then
    return false;
  end if;
  update webhook_secrets set expires_at = least(expires_at, now() + make_interval(secs => p_overlap_s)) where endpoint = p_id;
  delete from webhook_secrets where endpoint = p_id and expires_at < now() - interval '30 days';
  insert into webhook_secrets (endpoint, sealed, public_key) values (p_id, p_sealed, p_public_key);
  return true;
end $$;

-- Events of a time are delivered once more, with their ids. Null where the tenant has no such endpoint; else how many, at most `p_limit`.
create function parcelkeep.replay_webhook_events(p_tenant uuid, p_id text, p_from timestamptz, p_to timestamptz, p_limit integer) returns bigint
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_count bigint;
begin
  if not exists (select from webhook_endpoints where id = p_id and tenant = p_tenant) then
    return null;
  end if;
  insert into webhook_deliveries as d (endpoint, event)
    select p_id, id from webhook_events where tenant = p_tenant and created_at >= p_from and created_at < p_to order by created_at, id limit p_limit
    on conflict (endpoint, event) do update set state = 'w', attempts = 0, since = now(), due_at = now(), finished_at = null;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

create function parcelkeep.dead_deliveries(p_tenant uuid, p_id text, p_before timestamptz, p_before_id uuid, p_limit integer)
returns table (event uuid, shipment uuid, attempts integer, code text, at timestamptz)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select d.event, v.shipment, d.attempts, d.last_code, d.finished_at
  from webhook_endpoints e join webhook_deliveries d on d.endpoint = e.id and d.state = 'x' join webhook_events v on v.id = d.event
  where e.tenant = p_tenant and e.id = p_id and (d.finished_at, d.event) < (p_before, p_before_id) order by d.finished_at desc, d.event desc limit p_limit
$$;

create function parcelkeep.retry_delivery(p_tenant uuid, p_id text, p_event uuid) returns boolean
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
begin
  update webhook_deliveries d set state = 'w', attempts = 0, since = now(), due_at = now(), finished_at = null
    from webhook_endpoints e where e.id = p_id and e.tenant = p_tenant and d.endpoint = e.id and d.event = p_event and d.state = 'x';
  return found;
end $$;

revoke execute on function parcelkeep.note_shipment_changes, parcelkeep.claim_changes, parcelkeep.enter_events, parcelkeep.claim_deliveries, parcelkeep.finish_delivery,
  parcelkeep.webhook_endpoint_url, parcelkeep.webhook_signing_secrets, parcelkeep.sweep_webhook_events, parcelkeep.create_webhook_endpoint,
  parcelkeep.webhook_endpoints_of, parcelkeep.change_webhook_endpoint, parcelkeep.delete_webhook_endpoint, parcelkeep.rotate_webhook_secret,
  parcelkeep.replay_webhook_events, parcelkeep.dead_deliveries, parcelkeep.retry_delivery from public;
grant execute on function parcelkeep.note_shipment_changes to parcelkeep_worker;
grant execute on function parcelkeep.claim_changes, parcelkeep.enter_events, parcelkeep.claim_deliveries, parcelkeep.finish_delivery, parcelkeep.webhook_endpoint_url,
  parcelkeep.webhook_signing_secrets, parcelkeep.sweep_webhook_events to parcelkeep_outbound;
grant execute on function parcelkeep.create_webhook_endpoint, parcelkeep.webhook_endpoints_of, parcelkeep.change_webhook_endpoint, parcelkeep.delete_webhook_endpoint,
  parcelkeep.rotate_webhook_secret, parcelkeep.replay_webhook_events, parcelkeep.dead_deliveries, parcelkeep.retry_delivery to parcelkeep_api;
