import { randomUUID } from "node:crypto";
import type pg from "pg";

export interface NewEndpoint {
  readonly id: string;
  readonly tenant: string;
  readonly source: string;
  readonly sealedCredentials: Uint8Array;
  readonly allowFrom: readonly string[];
}

/** Tenants, their API keys and endpoints. */
export type AdminStore = ReturnType<typeof adminStore>;

export function adminStore(pool: pg.Pool) {
  return {
    createTenant: async (name: string, keyId: string, secretSha256: Uint8Array): Promise<string> => {
      const id = randomUUID();
      await pool.query(
        "with t as (insert into parcelkeep.tenants (id, name) values ($1, $2) returning id) insert into parcelkeep.api_keys (id, tenant, secret_sha256) select $3, id, $4 from t",
        [id, name, keyId, secretSha256],
      );
      return id;
    },
    tenants: async () =>
      (
        await pool.query<{ id: string; name: string; created_at: Date }>(
          "select id, name, created_at from parcelkeep.tenants order by created_at",
        )
      ).rows,
    apiKey: async (id: string) =>
      (await pool.query<{ tenant: string; secret_sha256: Buffer }>("select tenant, secret_sha256 from parcelkeep.api_key($1)", [id]))
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
