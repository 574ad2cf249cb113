import type pg from "pg";
import { retentionTerms } from "./retention-terms.ts";
import { byteaArray, textArray, timestamptzArray, uuidArray, uuidBytes } from "./binary-array.ts";
import { type AddedCount, tellCounters } from "./told-counters.ts";

/** What waits for its place, with the log that it goes into. */
export interface TakenOutbox {
  readonly size: number;
  readonly hashes: readonly Buffer[];
  readonly drafts: readonly OutboxDraft[];
}

export interface OutboxDraft {
  readonly id: string;
  readonly at: Date;
  readonly type: string;
  readonly tenant: string | null;
  /** JSON, as it was written down. */
  readonly facts: string;
}

export interface PlacedRows {
  readonly size: number;
  readonly hashes: readonly Buffer[];
  readonly entries: readonly { readonly draft: Pick<OutboxDraft, "id" | "at" | "tenant">; readonly type: string; readonly bytes: Buffer }[];
}

export interface LogShard {
  readonly shard: string;
  readonly origin: string;
  readonly size: number;
  readonly hashes: readonly Buffer[];
}

type Facts = Readonly<Record<string, unknown>>;

export const auditChannel = "parcelkeep_audit";
/** Whoever sequences holds this lock of the session (two keys, of which the second is the log's). */
const sequencerLock = 80;

/** What the sequencer may do. */
export function auditStore(pool: pg.Pool) {
  return {
    /** How long files of the log are locked. @param setting in days: see `retentionTerms`. */
    retentionDays: async (setting: number): Promise<number> => (await retentionTerms(pool, { audit: setting })).audit ?? setting,
    openShards: async (): Promise<readonly LogShard[]> => {
      const { rows } = await pool.query<{ shard: string; origin: string; size: string; hashes: Buffer[] }>(
        "select * from parcelkeep.open_audit_shards()",
      );
      return rows.map(({ size, ...row }) => ({ ...row, size: Number(size) }));
    },
    /** Takes over a shard, making it where there is none, with `opened` as the facts of its first entry. @returns the epoch that this sequencer writes under. */
    lead: async (
      shard: string,
      origin: string,
      opened: Facts,
    ): Promise<LogShard & { readonly epoch: number; readonly closed: boolean }> => {
      const { rows } = await pool.query<{ epoch: string; size: string; hashes: Buffer[]; origin: string; closed: boolean }>(
        "select * from parcelkeep.lead_audit_log($1, $2, $3)",
        [shard, origin, JSON.stringify(opened)],
      );
      const { epoch, size, ...row } = rows[0]!;
      return { shard, ...row, size: Number(size), epoch: Number(epoch) };
    },
    /**
     * Places up to `max` waiting entries, in one transaction.
     * @returns what was placed; null where another sequencer leads, or the shard is closed.
     */
    sequence: async (shard: string, epoch: number, max: number, place: (taken: TakenOutbox) => PlacedRows): Promise<PlacedRows | null> => {
      const client = await pool.connect();
      try {
        await client.query("begin");
        const taken = await takeOutbox(client, shard, epoch, max);
        const placed = taken === null ? null : place(taken);
        if (placed !== null && placed.entries.length > 0 && !(await placeEntries(client, shard, epoch, placed))) {
          await client.query("rollback");
          return null;
        }
        await client.query("commit");
        return placed;
      } catch (error) {
        await client.query("rollback").catch(() => {});
        throw error;
      } finally {
        client.release();
      }
    },
    /** Places entries that have their places already, at the end. @returns false where another sequencer leads, or the end is elsewhere. */
    place: (shard: string, epoch: number, rows: PlacedRows): Promise<boolean> => placeEntries(pool, shard, epoch, rows),
    append: async (type: string, facts: Facts): Promise<string> =>
      (await pool.query<{ entry: string }>("select parcelkeep.append_audit($1, null, $2) as entry", [type, JSON.stringify(facts)])).rows[0]!
        .entry,
    /** @returns false where the entry of this time-stamp was written before. */
    noteTimeStamp: async (facts: { readonly size: number; readonly authority: string; readonly tokenSha256: string }): Promise<boolean> =>
      (await pool.query<{ noted: boolean }>("select parcelkeep.note_time_stamp($1) as noted", [JSON.stringify(facts)])).rows[0]!.noted,
    /** Closes a shard and opens the next one. @returns false where another sequencer leads. */
    close: async (
      shard: string,
      epoch: number,
      next: { readonly shard: string; readonly origin: string; readonly opened: Facts },
    ): Promise<boolean> =>
      (
        await pool.query<{ closed: boolean }>("select parcelkeep.close_audit_log($1, $2, $3, $4, $5) as closed", [
          shard,
          epoch,
          next.shard,
          next.origin,
          JSON.stringify(next.opened),
        ])
      ).rows[0]!.closed,
    tellCounters: (counts: readonly AddedCount[]): Promise<void> => tellCounters(pool, counts),
    bodies: async (shard: string, from: number, to: number): Promise<readonly Buffer[]> =>
      (await pool.query<{ body: Buffer }>("select body from parcelkeep.audit_bodies($1, $2, $3)", [shard, from, to])).rows.map(
        ({ body }) => body,
      ),
  };
}

export type AuditStore = ReturnType<typeof auditStore>;

async function placeEntries(
  client: pg.PoolClient | pg.Pool,
  shard: string,
  epoch: number,
  { size, hashes, entries }: PlacedRows,
): Promise<boolean> {
  const { rows } = await client.query<{ placed: boolean }>(
    "select parcelkeep.place_audit_entries($1, $2, $3, $4, $5, $6, $7, $8, $9) as placed",
    [
      shard,
      epoch,
      size,
      hashes,
      uuidArray(entries.map(({ draft }) => uuidBytes(draft.id))),
      timestamptzArray(entries.map(({ draft }) => draft.at.getTime())),
      textArray(entries.map(({ type }) => type)),
      uuidArray(entries.map(({ draft }) => (draft.tenant === null ? null : uuidBytes(draft.tenant)))),
      byteaArray(entries.map(({ bytes }) => bytes)),
    ],
  );
  return rows[0]!.placed;
}

async function takeOutbox(client: pg.PoolClient, shard: string, epoch: number, max: number): Promise<TakenOutbox | null> {
  const { rows } = await client.query<{ size: string; hashes: Buffer[]; drafts: string }>(
    "select size, hashes, drafts from parcelkeep.take_audit_outbox($1, $2, $3)",
    [shard, epoch, max],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const drafts = JSON.parse(row.drafts) as readonly (readonly [
    id: string,
    atMs: number,
    type: string,
    tenant: string | null,
    facts: string,
  ])[];
  return {
    size: Number(row.size),
    hashes: row.hashes,
    drafts: drafts.map(([id, atMs, type, tenant, facts]) => ({ id, at: new Date(atMs), type, tenant, facts })),
  };
}

/**
 * Waits until this process alone sequences, on a connection that it keeps. A second sequencer waits here; if the lock is lost unnoticed, the epoch keeps the older one
 * from writing.
 * @param lost is called when the connection breaks.
 */
export async function holdSequencerLock(client: pg.Client, lost: (error: unknown) => void): Promise<void> {
  client.on("error", lost);
  await client.connect();
  await client.query("select pg_advisory_lock($1, 0)", [sequencerLock]);
}

/** What the API reads of the log. */
export function auditReads(pool: pg.Pool) {
  return {
    page: async (tenant: string | null, shard: string, before: number, type: string | null, limit: number) =>
      (
        await pool.query<{ index: string; body: Buffer }>("select index, body from parcelkeep.audit_page($1, $2, $3, $4, $5)", [
          tenant,
          shard,
          before,
          type,
          limit,
        ])
      ).rows.map(({ index, body }) => ({ index: Number(index), body: body.toString("utf8") })),
    /** @returns null where there is none, or it is not this tenant's. */
    entry: async (tenant: string | null, shard: string, index: number): Promise<Buffer | null> =>
      (await pool.query<{ body: Buffer }>("select body from parcelkeep.audit_entry($1, $2, $3)", [tenant, shard, index])).rows[0]?.body ??
      null,
    shards: async (): Promise<readonly string[]> =>
      (await pool.query<{ shard: string }>("select shard from parcelkeep.open_audit_shards()")).rows.map(({ shard }) => shard),
  };
}
