/**
 * What a tenant's API key may be used for: `read` pseudonymous data, `write` shipments and settings, `ingest` (tokens: whether the vault knows a value, and new
 * ones), `persons` (search, holds, erasure), `transfers` (ask for releases).
 */
export const scopes = ["read", "write", "ingest", "persons", "transfers"] as const;
export type Scope = (typeof scopes)[number];
