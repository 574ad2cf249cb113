import type pg from "pg";
import type { ClaimedChange } from "./webhook-store.ts";

/** What became of changes that were claimed; what is in neither stays, and is claimed again. */
export interface ToldChanges {
  readonly told: readonly string[];
  /** Not to be told, for what `code` says. */
  readonly refused: readonly { readonly seqs: readonly string[]; readonly code: string }[];
}

/** What the worker may do for the event bus. */
export function busStore(pool: pg.Pool) {
  return {
    /** Whether changes are noted for a bus from now on. */
    follow: async (isFollowed: boolean): Promise<void> => {
      await pool.query("select parcelkeep.follow_event_bus($1)", [isFollowed]);
    },
    /**
     * Has the oldest changes told. They are locked meanwhile and removed in the same transaction, so what was told and not removed is told again.
     * @param tell gets no change of a shipment that is not shown.
     * @returns how many changes there were, and how many are left of them.
     */
    tellChanges: async (
      limit: number,
      tell: (changes: readonly ClaimedChange[]) => Promise<ToldChanges>,
    ): Promise<{ readonly claimed: number; readonly left: number }> => {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query("begin");
        const { rows } = await client.query<ClaimedChange>("select * from parcelkeep.claim_bus_changes($1)", [limit]);
        const { told, refused } = rows.length === 0 ? { told: [], refused: [] } : await tell(rows.filter(({ state }) => state !== null));
        const hidden = rows.filter(({ state }) => state === null).flatMap(({ seqs }) => seqs);
        const ended = [...told, ...hidden];
        if (ended.length > 0) await client.query("select parcelkeep.settle_bus_changes($1, '{}', '')", [ended]);
        for (const { seqs, code } of refused) await client.query("select parcelkeep.settle_bus_changes('{}', $1, $2)", [seqs, code]);
        await client.query("commit");
        const claimed = rows.reduce((sum, { seqs }) => sum + seqs.length, 0);
        return { claimed, left: claimed - ended.length - refused.reduce((sum, { seqs }) => sum + seqs.length, 0) };
      } catch (error) {
        await client.query("rollback").catch((failure: Error) => (broken = failure));
        throw error;
      } finally {
        client.release(broken);
      }
    },
  };
}
export type BusStore = ReturnType<typeof busStore>;
