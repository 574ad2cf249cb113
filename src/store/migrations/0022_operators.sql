-- Operators: the natural persons who work with the program. No name, address or account name is kept, only keyed digests of what a provider says.
-- What changes these rows stands in 0023.

-- One row a natural person, however many accounts and passkeys they have: who asks and who approves are told apart by it.
create table parcelkeep.people (
  id uuid primary key default gen_random_uuid(),
  state text not null default 'active' check (state in ('active', 'disabled')),
  created_at timestamptz not null default now(),
  disabled_at timestamptz,
  check ((state = 'disabled') = (disabled_at is not null))
);

-- An account with an OpenID provider: digests of its issuer and subject. One that was recognised by its e-mail address alone counts against the person (it is
-- the same person who asks and who approves) and not for them: it gives no roles until a passkey of the person confirms it.
create table parcelkeep.logins (
  id uuid primary key default gen_random_uuid(),
  person uuid not null references parcelkeep.people,
  issuer bytea not null check (length(issuer) = 32),
  subject bytea not null check (length(subject) = 32),
  created_at timestamptz not null default now(),
  confirmed_at timestamptz,
  last_used_at timestamptz,
  unique (issuer, subject)
);
create index logins_person on parcelkeep.logins (person);

-- Digests of addresses that a provider has verified, or that an invitation named. An address belongs to one person, for good.
create table parcelkeep.person_emails (
  email bytea primary key check (length(email) = 32),
  person uuid not null references parcelkeep.people,
  created_at timestamptz not null default now()
);
create index person_emails_person on parcelkeep.person_emails (person);

create table parcelkeep.operator_roles (
  person uuid not null references parcelkeep.people,
  role text not null check (role in ('viewer', 'operator', 'approver', 'security_officer', 'auditor')),
  granted_at timestamptz not null default now(),
  primary key (person, role)
);

create table parcelkeep.passkeys (
  credential bytea primary key check (length(credential) between 16 and 1023),
  person uuid not null references parcelkeep.people,
  -- COSE_Key (RFC 9052, section 7).
  public_key bytea not null,
  -- COSE algorithm: -7 ES256, -8 EdDSA.
  algorithm integer not null,
  -- 0 for authenticators that do not count.
  counter bigint not null,
  transports text[] not null default '{}',
  aaguid uuid not null,
  -- Whether the authenticator may copy it to other devices.
  synced boolean not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index passkeys_person on parcelkeep.passkeys (person);

-- What each passkey has signed: a response is taken once, whatever the authenticator counts.
create table parcelkeep.passkey_uses (
  credential bytea not null references parcelkeep.passkeys,
  challenge bytea not null check (length(challenge) = 32),
  at timestamptz not null default now(),
  primary key (credential, challenge)
);

-- Opened under a random secret of which only the digest is kept; the secret is replaced at each step-up, the id stays.
create table parcelkeep.operator_sessions (
  id uuid primary key default gen_random_uuid(),
  secret_sha256 bytea not null unique,
  person uuid not null references parcelkeep.people,
  -- How it was opened.
  login uuid references parcelkeep.logins,
  credential bytea references parcelkeep.passkeys,
  opened_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  stepped_up_at timestamptz,
  ended_at timestamptz,
  check ((login is null) <> (credential is null))
);
create index operator_sessions_person on parcelkeep.operator_sessions (person) where ended_at is null;

-- A code that lets one person in for the first time, or gives a known one another passkey. The person is made when it is used.
create table parcelkeep.operator_invitations (
  code_sha256 bytea primary key,
  person uuid not null,
  email bytea,
  roles text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);

-- What a browser was given to sign or to come back with; deleted when it is used.
create table parcelkeep.operator_challenges (
  challenge bytea primary key,
  purpose text not null check (purpose in ('sign-in', 'step-up', 'enrol', 'oidc')),
  -- For a step-up, and for another passkey.
  session uuid references parcelkeep.operator_sessions,
  -- For a first passkey.
  invitation bytea references parcelkeep.operator_invitations,
  expires_at timestamptz not null
);
create index operator_challenges_expiry on parcelkeep.operator_challenges (expires_at);

alter table parcelkeep.people enable row level security;
alter table parcelkeep.logins enable row level security;
alter table parcelkeep.person_emails enable row level security;
alter table parcelkeep.operator_roles enable row level security;
alter table parcelkeep.passkeys enable row level security;
alter table parcelkeep.passkey_uses enable row level security;
alter table parcelkeep.operator_sessions enable row level security;
alter table parcelkeep.operator_invitations enable row level security;
alter table parcelkeep.operator_challenges enable row level security;
