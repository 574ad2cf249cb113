import type pg from "pg";
import {
  byteaArray,
  charArray,
  int2Array,
  int4Array,
  repeatedUuidBytes,
  textArray,
  timestamptzArray,
  uuidArray,
  uuidBytes,
} from "./binary-array.ts";

/** A record that is ready to be committed: sealed and pseudonymous. Ids and keyed hashes are 16 bytes. */
export interface RecordRow {
  readonly id: Uint8Array;
  readonly dedupe: Uint8Array;
  readonly content: Uint8Array;
  readonly tenant: string;
  readonly endpoint: string;
  readonly source: string;
  readonly receivedAt: number;
  readonly session: number;
  readonly salt: Uint8Array;
  /** Of the record in the batch's body. */
  offset: number;
  readonly sealedBytes: number;
  /** Empty, or why the record is in quarantine. */
  readonly failure: string;
  jobs: readonly JobRow[];
  /** Persons that the record names by tokens alone. */
  named: readonly string[];
}

export interface JobRow {
  readonly lane: number;
  readonly message: string;
}

export interface GroupRow {
  readonly id: Uint8Array;
  readonly tenant: string;
  subject: string;
  readonly record: Uint8Array;
  readonly session: number;
  readonly purpose: "personal-values" | "message-texts" | "tracking-numbers";
  readonly salt: Uint8Array;
  readonly commitment: Uint8Array;
  readonly sealed: Uint8Array;
}

/** The wraps of one ingest session's data keys. */
export type WrappedSession = Readonly<Record<"raw-records" | "personal-values" | "tracking-numbers", Uint8Array>>;

export const purposeLetters = { "personal-values": "p", "message-texts": "t", "tracking-numbers": "n" } as const;

export interface ClaimRow {
  readonly blind: Uint8Array;
  /** Under the key before the newest, while entries are being moved from it. */
  readonly former: Uint8Array | null;
  /** Of the key that `blind` is under. */
  readonly version: number;
  readonly tenant: string;
  readonly token: Buffer;
  /** Index into the groups of the same call. */
  readonly group: number;
  readonly strength: number;
}

export interface ClaimResult {
  readonly token: Buffer;
  readonly subject: string;
}

/**
 * Subjects that are being erased or have been, out of the error of a call that would have stored something under one of them; null for any other error.
 * Nothing of the call is stored. What was remembered of these subjects is to be forgotten, and the record made anew.
 */
export function closedSubjects(error: unknown): readonly string[] | null {
  const { code, detail } = error as { code?: string; detail?: string };
  return code === "PK001" ? (detail ?? "").split(",") : null;
}

export interface KnownRecord {
  readonly dedupe: string;
  readonly record: string;
  readonly content: string;
}

/** What ingress may do in the database: seal in, never read out. Every call is one function of the schema. */
export interface IngestStore {
  /**
   * @returns for each claim, in order, the token and subject that hold from now on.
   * @throws {Error} for {@link closedSubjects}, and `isStaleIndex` (`index-versions.ts`).
   */
  claimTokens(claims: readonly ClaimRow[], groups: readonly GroupRow[]): Promise<readonly ClaimResult[]>;
  /** Durable when it returns. Throws PostgreSQL's 23505 when a record was received before, and for {@link closedSubjects}; nothing of the batch is then stored. */
  commit(body: Uint8Array, records: readonly RecordRow[], groups: readonly GroupRow[]): Promise<void>;
  /** Persons who are one by a record that is about to be committed. May be repeated. */
  linkSubjects(links: readonly { readonly tenant: string; readonly subject: string; readonly sameAs: string }[]): Promise<void>;
  knownRecords(dedupes: readonly Uint8Array[]): Promise<readonly KnownRecord[]>;
  openSession(tenant: string, epoch: number, wrapped: WrappedSession): Promise<number>;
  /** Wakes the workers; not part of any commit, since a notifying commit holds a lock that all commits queue for. */
  wake(): Promise<void>;
}

export function ingestStore(pool: pg.Pool): IngestStore {
  return {
    claimTokens: async (claims, groups) => {
      const { rows } = await pool.query<{ ord: string; token: Buffer; subject: string }>({
        name: "claim_tokens",
        text: "select ord, token, subject from parcelkeep.claim_tokens($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)",
        values: [
          uuidArray(column(claims, "blind")),
          uuidArray(claims.map(tenantBytes)),
          byteaArray(column(claims, "token")),
          int4Array(claims.map(groupNumber)),
          int2Array(column(claims, "strength")),
          uuidArray(column(claims, "former")),
          int2Array(column(claims, "version")),
          ...groupArrays(groups),
        ],
      });
      // No row at all: every value was new.
      const results: ClaimResult[] = [];
      if (rows.length === 0) for (const { token, group } of claims) results.push({ token, subject: groups[group]!.subject });
      for (const row of rows) results[Number(row.ord) - 1] = { token: row.token, subject: row.subject };
      return results;
    },
    commit: async (body, records, groups) => {
      const { jobs, jobRecords, named, namedBy } = ofRecords(records);
      await pool.query({
        name: "commit_records",
        text: "select parcelkeep.commit_records($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27,$28,$29,$30)",
        values: [
          byteaArray(pieces(body)),
          uuidArray(column(records, "id")),
          uuidArray(column(records, "dedupe")),
          uuidArray(column(records, "content")),
          uuidArray(records.map(tenantBytes)),
          textArray(column(records, "endpoint")),
          textArray(column(records, "source")),
          timestamptzArray(column(records, "receivedAt")),
          int4Array(column(records, "session")),
          byteaArray(column(records, "salt")),
          int4Array(column(records, "offset")),
          int4Array(column(records, "sealedBytes")),
          int2Array(records.map(jobCount)),
          textArray(column(records, "failure")),
          ...groupArrays(groups),
          int2Array(column(jobs, "lane")),
          uuidArray(column(jobRecords, "id")),
          uuidArray(jobRecords.map(tenantBytes)),
          timestamptzArray(column(jobRecords, "receivedAt")),
          textArray(column(jobs, "message")),
          uuidArray(column(namedBy, "id")),
          uuidArray(named.map(uuidBytes)),
        ],
      });
    },
    linkSubjects: async (links) => {
      await pool.query({
        name: "link_subjects",
        text: "select parcelkeep.link_subjects($1, $2, $3)",
        values: [uuidArray(links.map(tenantBytes)), uuidArray(links.map(subjectBytes)), uuidArray(column(links, "sameAs").map(uuidBytes))],
      });
    },
    knownRecords: async (dedupes) => {
      const { rows } = await pool.query<KnownRecord>("select dedupe, record, content from parcelkeep.known_records($1)", [
        uuidArray(dedupes),
      ]);
      return rows;
    },
    openSession: async (tenant, epoch, wrapped) => {
      const { rows } = await pool.query<{ id: number }>("select parcelkeep.open_ingest_session($1, $2, $3, $4, $5) as id", [
        tenant,
        epoch,
        wrapped["raw-records"],
        wrapped["personal-values"],
        wrapped["tracking-numbers"],
      ]);
      return rows[0]!.id;
    },
    wake: async () => {
      // What it tells of is durable; nobody waits for a wake-up to reach the disk.
      await pool.query("select set_config('synchronous_commit', 'off', true), pg_notify('parcelkeep_inbox', '')");
    },
  };
}

function groupArrays(groups: readonly GroupRow[]): Buffer[] {
  return [
    byteaArray(column(groups, "id")),
    uuidArray(groups.map(tenantBytes)),
    uuidArray(groups.map(subjectBytes)),
    uuidArray(column(groups, "record")),
    int4Array(column(groups, "session")),
    charArray(groups.map(purposeLetter)),
    byteaArray(column(groups, "salt")),
    byteaArray(column(groups, "commitment")),
    byteaArray(column(groups, "sealed")),
  ];
}

/** A job and a named person stand beside the record that they are of. */
function ofRecords(records: readonly RecordRow[]) {
  const jobs: JobRow[] = [];
  const jobRecords: RecordRow[] = [];
  const named: string[] = [];
  const namedBy: RecordRow[] = [];
  for (const record of records) {
    for (const job of record.jobs) {
      jobs.push(job);
      jobRecords.push(record);
    }
    for (const subject of record.named) {
      named.push(subject);
      namedBy.push(record);
    }
  }
  return { jobs, jobRecords, named, namedBy };
}

/** One field of every row. */
function column<Row, Field extends keyof Row>(rows: readonly Row[], field: Field): Row[Field][] {
  const values: Row[Field][] = [];
  for (const row of rows) values.push(row[field]);
  return values;
}

const tenantBytes = ({ tenant }: { readonly tenant: string }): Uint8Array => repeatedUuidBytes(tenant);
const subjectBytes = ({ subject }: { readonly subject: string }): Uint8Array => uuidBytes(subject);
const groupNumber = ({ group }: ClaimRow): number => group + 1;
const jobCount = ({ jobs }: RecordRow): number => jobs.length;
const purposeLetter = ({ purpose }: GroupRow): string => purposeLetters[purpose];

/** As much as fits one page of 8 KiB beside its headers (23 + 24 bytes of the page and tuple, 10 of the key, 4 of the length, alignment). */
const pieceBytes = 8_100;

function pieces(body: Uint8Array): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += pieceBytes) cut.push(body.subarray(at, at + pieceBytes));
  return cut;
}
