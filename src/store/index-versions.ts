import type pg from "pg";

/** A key of a tenant's blind index after the first. */
export interface IndexVersionRow {
  readonly version: number;
  readonly rootEpoch: number;
  /** Entries of the version before may be left. */
  readonly isMoving: boolean;
}

/** Raised where a value is entered under a key that is not the newest. Nothing was done; with the newest keys it will be. */
const staleIndexCode = "PKI01";

export function isStaleIndex(error: unknown): boolean {
  return (error as { code?: string } | null)?.code === staleIndexCode;
}

/** @returns the newest last; none: there is the first key only. */
export function indexVersionsOf(pool: pg.Pool): (tenant: string) => Promise<readonly IndexVersionRow[]> {
  return async (tenant) => {
    const { rows } = await pool.query<{ version: number; root_epoch: number; is_moving: boolean }>(
      "select version, root_epoch, is_moving from parcelkeep.index_versions_of($1)",
      [tenant],
    );
    return rows.map(({ version, root_epoch, is_moving }) => ({ version, rootEpoch: root_epoch, isMoving: is_moving }));
  };
}
