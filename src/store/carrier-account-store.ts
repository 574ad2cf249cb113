import type pg from "pg";

export interface NewCarrierAccount {
  readonly id: string;
  readonly tenant: string;
  readonly source: string;
  readonly carriers: readonly string[];
  readonly rank: number;
  /** UUID that is the same for the same credential. */
  readonly credential: string;
  readonly epoch: number;
  readonly wrapped: Uint8Array;
  readonly sealed: Uint8Array;
}

export interface CarrierAccountRow {
  readonly id: string;
  readonly source: string;
  readonly carriers: readonly string[];
  readonly rank: number;
  readonly createdAt: Date;
  readonly heldUntil: Date | null;
  readonly heldReason: string | null;
}

export interface PollBacklog {
  readonly source: string;
  readonly tracked: number;
  readonly overdue: number;
}

/** What the API may do with accounts: it cannot read what it has sealed. */
export type CarrierAccountStore = ReturnType<typeof carrierAccountStore>;

export function carrierAccountStore(pool: pg.Pool) {
  return {
    /** @returns false where there is no such tenant. */
    add: async (account: NewCarrierAccount): Promise<boolean> => {
      const { id, tenant, source, carriers, rank, credential, epoch, wrapped, sealed } = account;
      const { rows } = await pool.query<{ added: boolean }>(
        "select parcelkeep.add_carrier_account($1, $2, $3, $4, $5::smallint, $6, $7, $8, $9) as added",
        [id, tenant, source, carriers, rank, credential, epoch, wrapped, sealed],
      );
      return rows[0]!.added;
    },
    /** @returns false where the tenant has none of this id. */
    remove: async (tenant: string, id: string): Promise<boolean> =>
      (await pool.query<{ gone: boolean }>("select parcelkeep.remove_carrier_account($1, $2) as gone", [tenant, id])).rows[0]!.gone,
    of: async (tenant: string): Promise<readonly CarrierAccountRow[]> =>
      (
        await pool.query<CarrierAccountRow>(
          `select id, source, carriers, rank, created_at as "createdAt", held_until as "heldUntil", held_reason as "heldReason" from parcelkeep.carrier_accounts_of($1)`,
          [tenant],
        )
      ).rows,
    /** What was spent of the accounts' quotas, as the instant of each (`quota.ts`). */
    quotaUses: async (tenant: string): Promise<readonly { readonly account: string; readonly quota: string; readonly freeAt: Date }[]> =>
      (
        await pool.query<{ account: string; quota: string; freeAt: Date }>(
          'select account, quota, free_at as "freeAt" from parcelkeep.account_quotas($1)',
          [tenant],
        )
      ).rows,
    backlog: async (tenant: string): Promise<readonly PollBacklog[]> =>
      (
        await pool.query<{ source: string; tracked: string; overdue: string }>("select * from parcelkeep.poll_backlog($1)", [tenant])
      ).rows.map(({ source, tracked, overdue }) => ({ source, tracked: Number(tracked), overdue: Number(overdue) })),
    /** Puts outbound dead letters back. Null: all of them. @returns how many. */
    retryLetters: async (tenant: string, ids: readonly string[] | null, source: string | null, code: string | null): Promise<number> =>
      (
        await pool.query<{ retried: number }>("select parcelkeep.retry_outbound_letters($1, $2, $3, $4) as retried", [
          tenant,
          ids,
          source,
          code,
        ])
      ).rows[0]!.retried,
  };
}
