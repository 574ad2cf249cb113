import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { Scope } from "../domain/scope.ts";

export interface NewEndpoint {
  readonly id: string;
  readonly tenant: string;
  readonly source: string;
  readonly sealedCredentials: Uint8Array;
  readonly allowFrom: readonly string[];
}

export interface NewApiKey {
  readonly id: string;
  readonly secretSha256: Uint8Array;
  readonly scopes: readonly Scope[];
  /** UUID of an operator; null: nobody is named. */
  readonly owner: string | null;
}

/** Tenants, their API keys and endpoints. */
export type AdminStore = ReturnType<typeof adminStore>;

export function adminStore(pool: pg.Pool) {
  return {
    createTenant: async (name: string, key: NewApiKey): Promise<string> => {
      const id = randomUUID();
      await pool.query(
        "with t as (insert into parcelkeep.tenants (id, name) values ($1, $2) returning id) insert into parcelkeep.api_keys (id, tenant, secret_sha256, scopes, owner) select $3, id, $4, $5, $6 from t",
        [id, name, key.id, key.secretSha256, key.scopes, key.owner],
      );
      return id;
    },
    createApiKey: async (tenant: string, { id, secretSha256, scopes, owner }: NewApiKey): Promise<void> =>
      void (await pool.query("insert into parcelkeep.api_keys (id, tenant, secret_sha256, scopes, owner) values ($1, $2, $3, $4, $5)", [
        id,
        tenant,
        secretSha256,
        scopes,
        owner,
      ])),
    apiKeysOf: async (tenant: string) =>
      (
        await pool.query<{ id: string; scopes: Scope[]; owner: string | null; created_at: Date; revoked_at: Date | null }>(
          "select * from parcelkeep.api_keys_of($1)",
          [tenant],
        )
      ).rows,
    /** @returns false where the tenant has no such key, or it is revoked. */
    revokeApiKey: async (tenant: string, id: string): Promise<boolean> =>
      (await pool.query<{ revoked: boolean }>("select parcelkeep.revoke_api_key($1, $2) as revoked", [tenant, id])).rows[0]!.revoked,
    tenants: async () =>
      (
        await pool.query<{ id: string; name: string; created_at: Date }>(
          "select id, name, created_at from parcelkeep.tenants order by created_at",
        )
      ).rows,
    apiKey: async (id: string) =>
      (await pool.query<{ tenant: string; secret_sha256: Buffer; scopes: Scope[] }>("select * from parcelkeep.api_key($1)", [id]))
        .rows[0] ?? null,
    tenantExists: async (tenant: string): Promise<boolean> =>
      (await pool.query("select from parcelkeep.tenants where id = $1", [tenant])).rowCount === 1,
    /** @returns false where there is an endpoint of this id; nothing is changed then. */
    createEndpoint: async ({ id, tenant, source, sealedCredentials, allowFrom }: NewEndpoint): Promise<boolean> => {
      const client = await pool.connect();
      try {
        await client.query("begin");
        await client.query("select parcelkeep.as_tenant($1)", [tenant]);
        const { rowCount } = await client.query(
          "insert into parcelkeep.endpoints (id, tenant, source, sealed_credentials, allow_from) values ($1, $2, $3, $4, $5) on conflict do nothing",
          [id, tenant, source, sealedCredentials, allowFrom],
        );
        await client.query("commit");
        return rowCount === 1;
      } catch (error) {
        await client.query("rollback").catch(() => {});
        throw error;
      } finally {
        client.release();
      }
    },
    /** Has the process that calls out fetch a key set. */
    wantKeySet: async (url: string, source: string): Promise<void> =>
      void (await pool.query("select parcelkeep.want_key_set($1, $2)", [url, source])),
    endpointsOf: async (tenant: string) => {
      const client = await pool.connect();
      try {
        await client.query("begin");
        await client.query("select parcelkeep.as_tenant($1)", [tenant]);
        const { rows } = await client.query<{ id: string; source: string; created_at: Date }>(
          "select id, source, created_at from parcelkeep.endpoints order by created_at, id",
        );
        await client.query("commit");
        return rows;
      } finally {
        client.release();
      }
    },
  };
}
