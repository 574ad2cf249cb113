-- The spine: tenants and endpoints, the vault's tables, the inbox and the archive's ledger. The tracking index stands in 0002.
-- Roles are made before migrations run; each gets exactly what DESIGN section 5 lets its process do.

create schema parcelkeep;
grant usage on schema parcelkeep to parcelkeep_ingress, parcelkeep_worker, parcelkeep_archivist, parcelkeep_api;
-- Without "in schema": a schema's default privileges can only add to the global ones, and those let everybody execute.
alter default privileges revoke execute on functions from public;

create table parcelkeep.tenants (
  id uuid primary key,
  name text not null,
  created_at timestamptz not null default now()
);

create table parcelkeep.api_keys (
  id text primary key,
  tenant uuid not null references parcelkeep.tenants,
  secret_sha256 bytea not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create table parcelkeep.endpoints (
  id text primary key,
  tenant uuid not null references parcelkeep.tenants,
  source text not null,
  -- Credentials of the source, sealed under a key of the ingress (they verify requests; they open nothing).
  sealed_credentials bytea not null,
  allow_from text[] not null default '{}',
  created_at timestamptz not null default now()
);
create index endpoints_tenant on parcelkeep.endpoints (tenant, id);

-- The vault ----------------------------------------------------------------------------------------------------------------

create sequence parcelkeep.ingest_session_ids as integer;
create table parcelkeep.ingest_sessions (
  id integer primary key,
  tenant uuid not null,
  epoch integer not null,
  -- A data key for each purpose, wrapped by the root.
  wrapped_raw bytea not null,
  wrapped_values bytea not null,
  wrapped_numbers bytea not null,
  created_at timestamptz not null default now()
);

-- Keyed blind index of a value (16 bytes of HMAC-SHA-256, a key per tenant and category) and the token that stands for it.
create table parcelkeep.token_index (
  blind uuid primary key,
  tenant uuid not null,
  token bytea not null,
  subject uuid not null
) with (fillfactor = 90);

-- All values that one record brought for one person, sealed together. `salt` is the deletable half of their key.
create table parcelkeep.sealed_groups (
  id bytea primary key,
  tenant uuid not null,
  subject uuid not null,
  record uuid not null,
  session integer not null,
  purpose "char" not null,                    -- p personal values, n tracking numbers: which of the session's keys
  salt bytea not null,
  commitment bytea not null,
  sealed bytea not null
);
create index sealed_groups_subject on parcelkeep.sealed_groups (subject);
-- Two persons that one record showed to be one: an erasure follows these links.
create table parcelkeep.subject_links (
  tenant uuid not null,
  subject uuid not null,
  same_as uuid not null,
  primary key (subject, same_as)
);

-- The inbox ----------------------------------------------------------------------------------------------------------------

-- One row per acknowledged record. `salt` is the deletable half of the raw record's key; null means erased.
create table parcelkeep.records (
  id uuid primary key,
  dedupe uuid not null unique,
  -- Keyed hash of the body: tells a re-sent request from a reused Idempotency-Key.
  content uuid not null,
  tenant uuid not null,
  endpoint text not null,
  source text not null,
  received_at timestamptz not null,
  session integer not null,
  salt bytea,
  batch bigint not null,
  batch_offset integer not null,
  sealed_bytes integer not null,
  message_count smallint not null,
  state "char" not null default 'a',          -- as received: a accepted, p nothing to process, q quarantined
  failure text
);
create index records_quarantined on parcelkeep.records (tenant, received_at desc, id) where state = 'q';

create sequence parcelkeep.raw_batch_ids;
create table parcelkeep.raw_batches (
  id bigint primary key,
  records integer not null,
  bytes integer not null,
  created_at timestamptz not null default now()
);
-- A batch's bytes, a page each: a value that does not fit a page would be cut into four times as many rows of their own, with an index entry each.
-- Ciphertext does not compress.
create table parcelkeep.raw_pieces (
  batch bigint not null,
  piece smallint not null,
  body bytea not null,
  primary key (batch, piece)
) with (toast_tuple_target = 8160);
alter table parcelkeep.raw_pieces alter column body set storage external;

create table parcelkeep.inbox (
  lane smallint not null,
  seq bigint generated always as identity,
  record uuid not null,
  tenant uuid not null,
  received_at timestamptz not null,
  message text not null,
  attempts smallint not null default 0,
  primary key (lane, seq)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000, toast_tuple_target = 8160);
-- A message lives for moments and is read once: compressing it would cost more than it saves.
alter table parcelkeep.inbox alter column message set storage external;

create table parcelkeep.dead_letters (
  id uuid primary key,
  tenant uuid not null,
  record uuid not null,
  message text not null,
  lane smallint not null,
  code text not null,
  received_at timestamptz not null,
  failed_at timestamptz not null default now()
);
create index dead_letters_tenant on parcelkeep.dead_letters (tenant, failed_at desc, id);

-- The archive's ledger -----------------------------------------------------------------------------------------------------

create table parcelkeep.segments (
  id uuid primary key,
  object_key text not null,
  planned_at timestamptz not null default now(),
  sealed_at timestamptz,
  sha256 bytea,
  bytes bigint,
  records integer
);
create table parcelkeep.segment_batches (
  batch bigint primary key,
  segment uuid not null references parcelkeep.segments,
  position integer not null,
  base_offset bigint
);
create index segment_batches_segment on parcelkeep.segment_batches (segment, position);

-- Writing, as functions: ingress reads endpoints and tenants and holds no other right on a table. -----------------------------------------------------------------

-- Claims tokens for values that this process has not met, and stores the groups that hold them, in one short transaction of their own:
-- an index entry and the sealed value behind it appear together or not at all. It is not flushed by itself (the record's commit, which follows,
-- flushes everything before it), so the loser of a race waits for no disk.
-- Returns one row per identifier: the token and subject that hold from now on.
create function parcelkeep.claim_tokens(
  p_blind uuid[], p_tenant uuid[], p_token bytea[], p_group integer[], p_strength smallint[],
  p_group_id bytea[], p_group_tenant uuid[], p_group_subject uuid[], p_group_record uuid[], p_group_session integer[],
  p_group_purpose "char"[], p_group_salt bytea[], p_group_commitment bytea[], p_group_sealed bytea[]
) returns table (ord bigint, token bytea, subject uuid)
language plpgsql security definer set search_path = parcelkeep, pg_temp
-- A plan that was made when the index was empty must not scan it when it is large.
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into token_index (blind, tenant, token, subject)
    select blind, tenant, token, p_group_subject[grp]
    from unnest(p_blind, p_tenant, p_token, p_group) as claim(blind, tenant, token, grp)
    order by blind
    on conflict do nothing;
  return query
    with claim as materialized (
      select c.ord, c.blind, c.grp, c.strength, held.token, held.subject, held.token = c.token as won
      from unnest(p_blind, p_token, p_group, p_strength) with ordinality as c(blind, token, grp, strength, ord)
      join token_index held on held.blind = c.blind
    ), person as materialized (
      -- The strongest identifier of the person in this record that was known before says who it is; none known: somebody new.
      select g.ord, coalesce((
          select claim.subject from claim
          where p_group_subject[claim.grp] = g.subject and p_group_record[claim.grp] = g.record and not claim.won order by claim.strength limit 1
        ), g.subject) as subject
      from unnest(p_group_subject, p_group_record) with ordinality as g(subject, record, ord)
    ), stored as (
      insert into sealed_groups (id, tenant, subject, record, session, purpose, salt, commitment, sealed)
      select g.id, g.tenant, person.subject, g.record, g.session, g.purpose, g.salt, g.commitment, g.sealed
      from unnest(p_group_id, p_group_tenant, p_group_record, p_group_session, p_group_purpose, p_group_salt, p_group_commitment, p_group_sealed)
        with ordinality as g(id, tenant, record, session, purpose, salt, commitment, sealed, ord)
      join person on person.ord = g.ord
    ), adopted as (
      update token_index set subject = person.subject
      from claim join person on person.ord = claim.grp
      where claim.won and token_index.blind = claim.blind and token_index.subject <> person.subject
    ), linked as (
      insert into subject_links (tenant, subject, same_as)
      select distinct p_group_tenant[claim.grp], person.subject, claim.subject
      from claim join person on person.ord = claim.grp
      where not claim.won and claim.subject <> person.subject
      on conflict do nothing
    )
    select claim.ord, claim.token, person.subject from claim join person on person.ord = claim.grp;
end $$;

-- The durable group commit: raw batch, records, sealed groups and jobs, all or nothing.
create function parcelkeep.commit_records(
  p_pieces bytea[],
  p_id uuid[], p_dedupe uuid[], p_content uuid[], p_tenant uuid[], p_endpoint text[], p_source text[], p_received timestamptz[], p_session integer[], p_salt bytea[],
  p_offset integer[], p_bytes integer[], p_messages smallint[], p_failure text[],
  p_group_id bytea[], p_group_tenant uuid[], p_group_subject uuid[], p_group_record uuid[], p_group_session integer[],
  p_group_purpose "char"[], p_group_salt bytea[], p_group_commitment bytea[], p_group_sealed bytea[],
  p_job_lane smallint[], p_job_record uuid[], p_job_tenant uuid[], p_job_received timestamptz[], p_job_message text[]
) returns bigint
language plpgsql security definer set search_path = parcelkeep, pg_temp
-- A plan made anew for each batch's arrays costs as much as writing twenty records.
set plan_cache_mode = force_generic_plan as $$
declare
  v_batch bigint := nextval('parcelkeep.raw_batch_ids');
begin
  insert into records (id, dedupe, content, tenant, endpoint, source, received_at, session, salt, batch, batch_offset, sealed_bytes, message_count, state, failure)
    select id, dedupe, content, tenant, endpoint, source, received, session, salt, v_batch, batch_offset, bytes, messages,
      case when failure = '' then case when messages = 0 then 'p' else 'a' end else 'q' end::"char", nullif(failure, '')
    from unnest(p_id, p_dedupe, p_content, p_tenant, p_endpoint, p_source, p_received, p_session, p_salt, p_offset, p_bytes, p_messages, p_failure)
      as r(id, dedupe, content, tenant, endpoint, source, received, session, salt, batch_offset, bytes, messages, failure);
  insert into raw_batches (id, records, bytes) select v_batch, cardinality(p_id), sum(octet_length(body)) from unnest(p_pieces) as body;
  insert into raw_pieces (batch, piece, body) select v_batch, piece, body from unnest(p_pieces) with ordinality as p(body, piece);
  insert into sealed_groups (id, tenant, subject, record, session, purpose, salt, commitment, sealed)
    select * from unnest(p_group_id, p_group_tenant, p_group_subject, p_group_record, p_group_session, p_group_purpose, p_group_salt, p_group_commitment, p_group_sealed);
  insert into inbox (lane, record, tenant, received_at, message)
    select * from unnest(p_job_lane, p_job_record, p_job_tenant, p_job_received, p_job_message);
  return v_batch;
end $$;

-- Which of these have been received before? Returns the receipt of each that has.
create function parcelkeep.known_records(p_dedupe uuid[]) returns table (dedupe uuid, record uuid, content uuid)
language sql stable security definer set search_path = parcelkeep, pg_temp set enable_seqscan = off as $$
  select dedupe, id, content from records where dedupe = any(p_dedupe)
$$;

create function parcelkeep.open_ingest_session(p_tenant uuid, p_epoch integer, p_raw bytea, p_values bytea, p_numbers bytea) returns integer
language plpgsql security definer set search_path = parcelkeep, pg_temp as $$
declare
  v_id integer := nextval('parcelkeep.ingest_session_ids');
begin
  insert into ingest_sessions (id, tenant, epoch, wrapped_raw, wrapped_values, wrapped_numbers) values (v_id, p_tenant, p_epoch, p_raw, p_values, p_numbers);
  return v_id;
end $$;

-- Reads of the API run with the tenant set inside the call, under row-level security: a wrong condition finds nothing instead of a neighbour's data.
create function parcelkeep.as_tenant(p_tenant uuid) returns void
language sql as $$ select set_config('parcelkeep.tenant', p_tenant::text, true) $$;

create function parcelkeep.current_tenant() returns uuid
language sql stable as $$ select nullif(current_setting('parcelkeep.tenant', true), '')::uuid $$;

alter table parcelkeep.records enable row level security;
alter table parcelkeep.dead_letters enable row level security;
alter table parcelkeep.endpoints enable row level security;
create policy tenant_records on parcelkeep.records to parcelkeep_api using (tenant = parcelkeep.current_tenant());
create policy tenant_dead_letters on parcelkeep.dead_letters to parcelkeep_api using (tenant = parcelkeep.current_tenant());
create policy tenant_endpoints on parcelkeep.endpoints to parcelkeep_api using (tenant = parcelkeep.current_tenant()) with check (tenant = parcelkeep.current_tenant());
create policy ingress_endpoints on parcelkeep.endpoints to parcelkeep_ingress using (true);
create policy archivist_records on parcelkeep.records to parcelkeep_archivist using (true);

-- Grants: the table of DESIGN section 5. ---------------------------------------------------------------------------------------

grant execute on function parcelkeep.claim_tokens, parcelkeep.commit_records, parcelkeep.known_records, parcelkeep.open_ingest_session to parcelkeep_ingress;
grant select on parcelkeep.endpoints, parcelkeep.tenants to parcelkeep_ingress;

grant select, delete on parcelkeep.raw_batches, parcelkeep.raw_pieces to parcelkeep_archivist;
grant select, insert, update on parcelkeep.segments, parcelkeep.segment_batches to parcelkeep_archivist;
grant select (id, tenant, batch, batch_offset, sealed_bytes) on parcelkeep.records to parcelkeep_archivist;

grant execute on function parcelkeep.as_tenant, parcelkeep.current_tenant to parcelkeep_api;
grant execute on function parcelkeep.current_tenant to parcelkeep_ingress, parcelkeep_archivist;
grant select, insert on parcelkeep.tenants, parcelkeep.api_keys, parcelkeep.endpoints to parcelkeep_api;
grant select (id, tenant, endpoint, source, received_at, state, failure, message_count) on parcelkeep.records to parcelkeep_api;
grant select on parcelkeep.dead_letters to parcelkeep_api;
grant delete on parcelkeep.dead_letters to parcelkeep_api;
grant select (lane, seq, received_at, tenant) on parcelkeep.inbox to parcelkeep_api;
grant select (id, created_at, records) on parcelkeep.raw_batches to parcelkeep_api;
grant select on parcelkeep.segments to parcelkeep_api;
grant insert on parcelkeep.inbox to parcelkeep_api;

create function parcelkeep.tokens_of(p_blind uuid[]) returns table (blind uuid, token bytea, subject uuid)
language sql stable security definer set search_path = parcelkeep, pg_temp as $$
  select blind, token, subject from token_index where blind = any(p_blind)
$$;

-- Reads with the tenant set inside the call; the invoker's row-level security decides what is seen.
create function parcelkeep.dead_letter_page(p_tenant uuid, p_before timestamptz, p_before_id uuid, p_limit integer)
returns table (id uuid, kind text, record uuid, source text, code text, at timestamptz)
language plpgsql as $$
#variable_conflict use_column
begin
  perform parcelkeep.as_tenant(p_tenant);
  return query select * from (
    select r.id, 'quarantined'::text, r.id as record, r.source, r.failure, r.received_at as at from parcelkeep.records r where r.state = 'q'
    union all
    select d.id, 'failed'::text, d.record, ''::text, d.code, d.failed_at from parcelkeep.dead_letters d
  ) letters(id, kind, record, source, code, at) where (at, id) < (p_before, p_before_id) order by at desc, id desc limit p_limit;
end $$;

-- A failed job goes back to its lane; returns false where there is none of this tenant.
create function parcelkeep.retry_dead_letter(p_tenant uuid, p_id uuid) returns boolean
language plpgsql as $$
declare
  v_found boolean;
begin
  perform parcelkeep.as_tenant(p_tenant);
  with gone as (delete from parcelkeep.dead_letters where id = p_id returning *)
  insert into parcelkeep.inbox (lane, record, tenant, received_at, message) select lane, record, tenant, received_at, message from gone;
  get diagnostics v_found = row_count;
  return v_found;
end $$;

grant execute on function parcelkeep.tokens_of, parcelkeep.dead_letter_page, parcelkeep.retry_dead_letter to parcelkeep_api;

revoke execute on all functions in schema parcelkeep from public;
