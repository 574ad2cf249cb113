import { randomUUID } from "node:crypto";
import type pg from "pg";
import { retentionTerms } from "./retention-terms.ts";

/** Batches that will make one segment. Committed before the segment is written, so that a crash repeats the same plan. */
export interface SegmentPlan {
  readonly id: string;
  readonly key: string;
  readonly createdAt: Date;
  /** Null in a plan from before segments were locked. */
  readonly retainUntil: Date | null;
  /** In the order in which they stand in the segment. */
  readonly batches: readonly string[];
}

export interface WrittenSegment {
  readonly sha256: Uint8Array;
  readonly bytes: number;
  readonly records: number;
  /** Where each batch begins in the segment, in the order of the plan. */
  readonly batchOffsets: readonly number[];
}

/** The archive's ledger in the database. */
export function archiveStore(pool: pg.Pool) {
  const plansWhere = async (condition: string, values: unknown[]): Promise<SegmentPlan[]> => {
    const { rows } = await pool.query<{ id: string; object_key: string; planned_at: Date; retain_until: Date | null; batches: string[] }>(
      `select s.id, s.object_key, s.planned_at, s.retain_until, array_agg(b.batch::text order by b.position) as batches
       from parcelkeep.segments s join parcelkeep.segment_batches b on b.segment = s.id where ${condition} group by s.id order by s.planned_at`,
      values,
    );
    return rows.map((row) => ({
      id: row.id,
      key: row.object_key,
      createdAt: row.planned_at,
      retainUntil: row.retain_until,
      batches: row.batches,
    }));
  };
  return {
    unfinished: () => plansWhere("s.sealed_at is null", []),

    /**
     * How long a segment is locked, in days: as long as anything of a person may be kept, by the terms in force.
     * @param settings where no term is set yet.
     */
    lockDays: async (settings: { readonly personalDays: number; readonly textDays: number }): Promise<number> => {
      const { personal = settings.personalDays, text = settings.textDays } = await retentionTerms(pool, {});
      return Math.max(personal, text);
    },

    /** @returns null while less than `bytesMin` waits and the oldest is younger than `ageMs`. */
    plan: async (bytesMin: number, ageMs: number, lockDays: number): Promise<SegmentPlan | null> => {
      const { rows } = await pool.query<{ id: string; bytes: number; old: boolean }>(
        `select id, bytes, created_at < now() - $1 * interval '1 millisecond' as old from parcelkeep.raw_batches r
         where not exists (select from parcelkeep.segment_batches b where b.batch = r.id) order by id limit 4096`,
        [ageMs],
      );
      const chosen: string[] = [];
      let bytes = 0;
      for (const row of rows) {
        if (bytes >= bytesMin) break;
        chosen.push(row.id);
        bytes += row.bytes;
      }
      if (chosen.length === 0 || (bytes < bytesMin && rows[0]!.old === false)) return null;
      const id = randomUUID();
      const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
      await pool.query(
        `with planned as (insert into parcelkeep.segments (id, object_key, retain_until) values ($1, $2, now() + $4 * interval '1 day'))
         insert into parcelkeep.segment_batches (batch, segment, position) select batch, $1, position from unnest($3::bigint[]) with ordinality as c(batch, position)`,
        [id, `segments/${day}/${id}.pkseg`, chosen, lockDays],
      );
      return (await plansWhere("s.id = $1", [id]))[0]!;
    },

    /** @returns the bodies in the plan's order; null when the plan is complete and they are gone. */
    load: async (plan: SegmentPlan): Promise<Buffer[] | null> => {
      // The client cannot take binary results; as base64 the bytes are a third shorter than as hex, and quicker to read.
      const { rows } = await pool.query<{ batch: string; body: string }>(
        "select batch, encode(body, 'base64') as body from parcelkeep.raw_pieces where batch = any($1::bigint[]) order by batch, piece",
        [plan.batches],
      );
      const pieces = new Map<string, Buffer[]>();
      for (const { batch, body } of rows) {
        const held = pieces.get(batch);
        if (held === undefined) pieces.set(batch, [Buffer.from(body, "base64")]);
        else held.push(Buffer.from(body, "base64"));
      }
      const complete = await pool.query("select from parcelkeep.segments where id = $1 and sealed_at is not null", [plan.id]);
      if (complete.rowCount === 1) return null;
      return plan.batches.flatMap((batch) => (pieces.has(batch) ? [Buffer.concat(pieces.get(batch)!)] : []));
    },

    /** The segment is durable: its batches leave the database in the same transaction that says where they are. */
    complete: async (plan: SegmentPlan, written: WrittenSegment): Promise<void> => {
      await pool.query(
        `with gone as (delete from parcelkeep.raw_batches where id = any($2::bigint[])),
           pieces_gone as (delete from parcelkeep.raw_pieces where batch = any($2::bigint[])),
           moved as (
             update parcelkeep.segment_batches b set base_offset = placed.base
             from unnest($2::bigint[], $5::bigint[]) as placed(batch, base) where b.batch = placed.batch
           )
         update parcelkeep.segments set sealed_at = now(), sha256 = $3, bytes = $4, records = $6 where id = $1 and sealed_at is null`,
        [plan.id, plan.batches, written.sha256, written.bytes, written.batchOffsets, written.records],
      );
    },
  };
}
