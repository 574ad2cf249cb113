import type pg from "pg";
import { uuidArray } from "./binary-array.ts";

export interface ShipmentRow {
  readonly id: string;
  readonly public_id: string;
  readonly state: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface ReceiptRow {
  readonly id: string;
  readonly source: string;
  readonly received_at: Date;
  readonly state: "a" | "p" | "q";
  readonly failure: string | null;
  readonly shipments: readonly string[];
}

export interface DeadLetterRow {
  readonly id: string;
  readonly kind: "quarantined" | "failed" | "outbound";
  readonly record: string | null;
  readonly source: string;
  readonly code: string | null;
  readonly at: Date;
  readonly shipment: string | null;
  readonly failures: number;
  readonly state: LetterState;
  /** Of whoever said so; null while it is open. */
  readonly reason: string | null;
  readonly reference: string | null;
  readonly decided_by: string | null;
  readonly decided_at: Date | null;
}

export type LetterState = "open" | "acknowledged" | "dismissed";

export interface LetterDecision {
  readonly ids: readonly string[] | null;
  readonly source: string | null;
  readonly code: string | null;
  readonly state: LetterState;
  readonly reason: string;
  readonly reference: string | null;
  readonly by: string;
}

export interface EndpointRow {
  readonly id: string;
  readonly tenant: string;
  readonly source: string;
  readonly sealed_credentials: Buffer;
  readonly allow_from: readonly string[];
  readonly created_at: Date;
}

/** Place in a list: everything older than this comes next. */
export interface Before {
  readonly at: Date;
  readonly id: string;
}

export const listStart: Before = { at: new Date("9999-01-01T00:00:00Z"), id: "ffffffff-ffff-ffff-ffff-ffffffffffff" };

/** What the API reads: pseudonymous data of one tenant at a time, under row-level security. */
export type ReadStore = ReturnType<typeof readStore>;

export function readStore(pool: pg.Pool) {
  const rows = async <Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<readonly Row[]> =>
    (await pool.query<Row>({ name: text.slice(0, 60), text, values })).rows;
  return {
    shipmentsById: (tenant: string, ids: readonly string[]) =>
      rows<ShipmentRow>("select * from parcelkeep.shipments_by_id($1, $2)", [tenant, ids]),
    shipmentsByNumber: (tenant: string, numbers: readonly string[]) =>
      rows<ShipmentRow>("select * from parcelkeep.shipments_by_number($1, $2)", [tenant, numbers]),
    shipmentsPage: (tenant: string, before: Before, limit: number) =>
      rows<ShipmentRow>("select * from parcelkeep.shipments_page($1, $2, $3, $4)", [tenant, before.at, before.id, limit]),
    receipt: async (tenant: string, id: string) =>
      (await rows<ReceiptRow>("select * from parcelkeep.receipt($1, $2)", [tenant, id]))[0] ?? null,
    /** @param state null for all; `waiting`: not dismissed. */
    deadLetters: (tenant: string, before: Before, limit: number, state: LetterState | "waiting" | null) =>
      rows<DeadLetterRow>("select * from parcelkeep.dead_letter_page($1, $2, $3, $4, $5)", [tenant, before.at, before.id, limit, state]),
    /** Says of letters, all that fit where ids are null, what is to become of them. @returns of how many; a thousand at most. */
    triageLetters: async (tenant: string, { ids, source, code, state, reason, reference, by }: LetterDecision) =>
      (
        await rows<{ said: number }>("select parcelkeep.triage_letters($1, $2, $3, $4, $5, $6, $7, $8) as said", [
          tenant,
          ids,
          source,
          code,
          state,
          reason,
          reference,
          by,
        ])
      )[0]!.said,
    retryDeadLetter: async (tenant: string, id: string) =>
      (await rows<{ found: boolean }>("select parcelkeep.retry_dead_letter($1, $2) as found", [tenant, id]))[0]!.found,
    quarantinedRecord: async (tenant: string, id: string) =>
      (await rows<{ source: string; endpoint: string }>("select * from parcelkeep.quarantined_record($1, $2)", [tenant, id]))[0] ?? null,
    /** The record lives on as another one. @returns false where it was not in quarantine. */
    noteReplay: async (tenant: string, id: string, by: string) =>
      (await rows<{ noted: boolean }>("select parcelkeep.note_replay($1, $2, $3) as noted", [tenant, id, by]))[0]!.noted,
    tokensOf: (tenant: string, blinds: readonly Uint8Array[]) =>
      rows<{ blind: string; token: Buffer; subject: string }>("select * from parcelkeep.tokens_of($1, $2)", [tenant, uuidArray(blinds)]),
    track: (publicIds: readonly string[]) =>
      rows<{ public_id: string; state: string; updated_at: Date }>("select * from parcelkeep.track($1)", [publicIds]),
    /** Null where it was not fetched yet, or not renewed for too long. */
    keySet: async (url: string) => (await rows<{ content: string | null }>("select parcelkeep.key_set($1) as content", [url]))[0]!.content,
    /** A sender signed with a key that is not in its set. */
    missKey: async (url: string) => void (await rows("select parcelkeep.miss_key($1)", [url])),
    endpoint: async (id: string) => (await rows<EndpointRow>("select * from parcelkeep.endpoints where id = $1", [id]))[0] ?? null,
  };
}

/** What waits, over all tenants. */
export interface Backlog {
  readonly inboxDepth: number;
  readonly inboxOldestS: number;
  readonly unarchivedRecords: number;
  readonly quarantinedRecords: number;
  readonly deadLetters: number;
  readonly outboundLetters: number;
}

export async function backlog(pool: pg.Pool): Promise<Backlog> {
  const { rows } = await pool.query<{
    depth: string;
    oldest: string | null;
    unarchived: string | null;
    quarantined: string;
    failed: string;
    outbound: string;
  }>(
    `select (select count(*) from parcelkeep.inbox) as depth, (select extract(epoch from now() - min(received_at)) from parcelkeep.inbox) as oldest,
       (select sum(records) from parcelkeep.raw_batches) as unarchived, quarantined, failed, outbound from parcelkeep.waiting_for_persons()`,
  );
  const row = rows[0]!;
  return {
    inboxDepth: Number(row.depth),
    inboxOldestS: Math.max(0, Number(row.oldest ?? 0)),
    unarchivedRecords: Number(row.unarchived ?? 0),
    quarantinedRecords: Number(row.quarantined),
    deadLetters: Number(row.failed),
    outboundLetters: Number(row.outbound),
  };
}
