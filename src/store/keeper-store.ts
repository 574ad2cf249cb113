import type pg from "pg";
import { type RetentionDays, retentionTerms } from "./retention-terms.ts";
import { uuidText } from "./binary-array.ts";

export type StoredErasureState = "requested" | "frozen" | "refused" | "destroyed" | "probed" | "proven";

/** What is known of an erasure that has destroyed. No personal data: ids are random. */
export interface ErasureFacts {
  readonly id: string;
  readonly tenant: string;
  readonly subject: string;
  readonly subjects: readonly string[];
  readonly reason: string;
  readonly state: StoredErasureState;
  readonly reapplied: boolean;
  readonly requested_at: Date;
  readonly frozen_at: Date;
  readonly destroyed_at: Date;
  readonly probed_at: Date | null;
  readonly values_groups: string;
  readonly index_entries: string;
  readonly raw_records: string;
  readonly commitments: readonly Buffer[];
  readonly evictions: string;
  readonly evictions_missing: string;
  /** Batches of its raw records that are in no segment yet. */
  readonly unarchived: string;
  readonly segments: readonly { readonly id: string; readonly sha256: string }[];
  readonly tombstone_at: Date | null;
  readonly probe: unknown;
  readonly proof: string | null;
}

export interface SweptSignIns {
  readonly challenges: number;
  readonly invitations: number;
  readonly sessions: number;
  readonly drafts: number;
}

/** What a tombstone object says; enough to erase the same person again. */
export interface Tombstone {
  readonly erasure: string;
  readonly tenant: string;
  readonly subject: string;
  readonly subjects: readonly string[];
  readonly reason: string;
  readonly requestedAt: string;
}

/** What the keeper may do: each call is one function of the schema and one transaction. */
export function keeperStore(pool: pg.Pool) {
  const call = async <Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<readonly Row[]> =>
    (await pool.query<Row>({ text, values })).rows;
  return {
    openErasures: (canProbe: boolean) =>
      call<{ id: string; tenant: string; subject: string; state: StoredErasureState }>("select * from parcelkeep.open_erasures($1)", [
        canProbe,
      ]),
    freeze: async (id: string): Promise<void> => void (await call("select parcelkeep.freeze_erasure($1)", [id])),
    missingEvictions: async (id: string): Promise<number> =>
      (await call<{ missing: number }>("select parcelkeep.missing_evictions($1) as missing", [id]))[0]!.missing,
    destroy: async (id: string): Promise<StoredErasureState> =>
      (await call<{ state: StoredErasureState }>("select parcelkeep.destroy_erasure($1) as state", [id]))[0]!.state,
    facts: async (id: string): Promise<ErasureFacts> => (await call<ErasureFacts>("select * from parcelkeep.erasure_facts($1)", [id]))[0]!,
    noteTombstone: async (id: string): Promise<void> => void (await call("select parcelkeep.note_tombstone($1)", [id])),
    noteProbe: async (id: string, probe: unknown): Promise<void> =>
      void (await call("select parcelkeep.note_probe($1, $2)", [id, JSON.stringify(probe)])),
    noteProof: async (id: string, proof: string, signature: unknown): Promise<void> =>
      void (await call("select parcelkeep.note_proof($1, $2, $3)", [id, proof, JSON.stringify(signature)])),
    unknownErasures: async (ids: readonly string[]): Promise<readonly string[]> =>
      (await call<{ id: string }>("select id from parcelkeep.unknown_erasures($1) id", [ids])).map(({ id }) => id),
    reapply: async ({ erasure, tenant, subject, subjects, reason, requestedAt }: Tombstone): Promise<void> =>
      void (await call("select parcelkeep.reapply_erasure($1, $2, $3, $4, $5, $6)", [
        erasure,
        tenant,
        subject,
        subjects,
        reason,
        requestedAt,
      ])),
    /** How long persons' values and texts are kept. @param settings see `retentionTerms`. */
    retentionTerms: (settings: RetentionDays): Promise<RetentionDays> => retentionTerms(pool, settings),
    /** What sign-ins have left behind, and drafts of changes that ended before a time without being applied; at most so many of each. */
    sweepSignIns: async (idleS: number, lifeS: number, draftsBefore: Date, limit: number): Promise<SweptSignIns> => {
      const [row] = await call<Record<keyof SweptSignIns, string>>("select * from parcelkeep.sweep_sign_ins($1, $2, $3, $4)", [
        `${idleS} seconds`,
        `${lifeS} seconds`,
        draftsBefore,
        limit,
      ]);
      const { challenges, invitations, sessions, drafts } = row!;
      return { challenges: Number(challenges), invitations: Number(invitations), sessions: Number(sessions), drafts: Number(drafts) };
    },
    sweepTexts: async (before: Date): Promise<number | null> =>
      (await call<{ gone: number | null }>("select parcelkeep.sweep_texts($1) as gone", [before]))[0]!.gone,
    sweepValues: async (before: Date, after: number): Promise<{ readonly gone: number; readonly place: number } | null> => {
      const [row] = await call<{ o_gone: number; o_session: number | null }>("select * from parcelkeep.sweep_values($1, $2)", [
        before,
        after,
      ]);
      return row!.o_session === null ? null : { gone: row!.o_gone, place: row!.o_session };
    },
    sweepRecords: async (before: Date): Promise<number | null> =>
      (await call<{ gone: number | null }>("select parcelkeep.sweep_records($1, $2) as gone", [uuid7Floor(before), sweptRecordsMax]))[0]!
        .gone,
  };
}

/** Below every UUID of version 7 that was made at this time or later. */
function uuid7Floor(time: Date): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(time.getTime(), 0, 6);
  return uuidText(bytes);
}

/** In one transaction. */
const sweptRecordsMax = 5_000;

export type KeeperStore = ReturnType<typeof keeperStore>;

export const erasuresChannel = "parcelkeep_erasures";
