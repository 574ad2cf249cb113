import { LRUCache } from "lru-cache";
import { type FramedRecord, packRecords } from "../domain/record-frame.ts";
import { type ClaimResult, type ClaimRow, closedSubjects, type GroupRow, type IngestStore, type RecordRow } from "../store/ingest-store.ts";
import { uuidText } from "../store/binary-array.ts";
import { isStaleIndex } from "../store/index-versions.ts";
import type { IndexKeys } from "../vault/blind-index.ts";
import type { IngestSession, IngestSessions } from "../vault/ingest-session.ts";
import { pooledRandom } from "../vault/random.ts";
import { sealGroup } from "../vault/seal-group.ts";
import { saltBytes, sealRawRecord } from "../vault/sealing.ts";
import { formatToken, tokenOf } from "../vault/token.ts";
import { type IndexEntry, indexEntry, type SealGroup, type SubjectLink, type TokenClaim } from "../vault/tokenise.ts";
import { rawEnvelope } from "./raw-envelope.ts";

/** Most records and bytes of one group commit. */
const batchRecordsMax = 256;
const batchBytesMax = 1024 * 1024;
/** Commits under way at once: one is written while the other is flushed to disk. */
const flightsMax = 2;
/** Links between persons that are remembered as stored. */
const linksMax = 50_000;
/** Up to this many records in a batch there is time to compress each before it is sealed; larger batches mean that requests wait. */
const compressedBatchMax = 48;

/** One request on its way to the durable commit. Ids and keyed hashes are 16 bytes. */
export interface PendingRecord {
  readonly id: Uint8Array;
  readonly dedupe: Uint8Array;
  readonly content: Uint8Array;
  readonly tenant: string;
  readonly endpoint: string;
  readonly source: string;
  readonly receivedAt: number;
  /** Empty, or why it goes to quarantine. */
  readonly failure: string;
  /** What is sealed as the raw record, with the time of receipt (`raw-envelope.ts`). */
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly body: Uint8Array;
  readonly messages: readonly string[];
  readonly lanes: readonly number[];
  readonly groups: readonly SealGroup[];
  readonly claims: readonly TokenClaim[];
  /** Persons whose tokens were known when the record was tokenised. */
  readonly named: readonly string[];
  readonly links: readonly SubjectLink[];
}

export type CommitOutcome =
  | { readonly state: "committed" }
  /** Received before. `sameBody` is false where only the Idempotency-Key was the same. */
  | { readonly state: "duplicate"; readonly receipt: string; readonly sameBody: boolean }
  /** Not stored: made of tokens of a person who is erased, or may be. To be tokenised anew and submitted again. */
  | { readonly state: "stale" }
  /** Not stored and not to be acknowledged. */
  | { readonly state: "failed" };

/** Whether raw records are compressed before they are sealed: as long as no requests wait for it, always or never. */
export type Compression = "auto" | "always" | "never";

export interface CommitterHooks {
  /** A value's token is settled; later records may use it without asking. */
  settled(blind: string, token: string, subject: string): void;
  /** Nothing is stored under these subjects any more; their tokens are to be forgotten. */
  closed(subjects: readonly string[]): void;
  /** The keys of a tenant's index as they are now, where those that a value was tokenised with have become old. */
  newestIndexKeys(tenant: string): Promise<IndexKeys>;
  committed(records: number, seconds: number): void;
  failed(error: unknown): void;
}

/** Twice in a row happens only where keys are rotated faster than one claim takes. */
const claimAttemptsMax = 3;

interface Waiting {
  readonly record: PendingRecord;
  readonly done: (outcome: CommitOutcome) => void;
}

/**
 * Makes requests durable in groups. What arrives while a commit runs goes into the next one; there is no timer (a window of 2 ms lowered the
 * throughput and raised the median in the measurements behind this design). The order within a batch is: claim the tokens of new values,
 * seal, commit, answer.
 */
export class Committer {
  readonly #store: IngestStore;
  readonly #sessions: IngestSessions;
  readonly #hooks: CommitterHooks;
  readonly #cell: string;
  readonly #linked = new LRUCache<string, true>({ max: linksMax });
  readonly #compression: Compression;
  #waiting: Waiting[] = [];
  #flights = 0;
  #scheduled = false;
  #wakePending = false;

  constructor(store: IngestStore, sessions: IngestSessions, cell: string, compression: Compression, hooks: CommitterHooks) {
    this.#compression = compression;
    this.#store = store;
    this.#sessions = sessions;
    this.#cell = cell;
    this.#hooks = hooks;
  }

  /** What may wait is bounded by whoever submits (`intake-threads.ts`). */
  submit(record: PendingRecord, done: (outcome: CommitOutcome) => void): void {
    this.#waiting.push({ record, done });
    if (!this.#scheduled && this.#flights < flightsMax) {
      this.#scheduled = true;
      // After the requests that the same turn of the loop has read.
      setImmediate(() => {
        this.#scheduled = false;
        this.#takeOff();
      });
    }
  }

  /** Resolves when nothing waits and nothing flies. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#flights > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #takeOff(): void {
    while (this.#flights < flightsMax && this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      this.#flights++;
      void this.#fly(batch).finally(() => {
        this.#flights--;
        this.#takeOff();
      });
    }
  }

  #nextBatch(): Waiting[] {
    let count = 0;
    let bytes = 0;
    while (
      count < this.#waiting.length &&
      count < batchRecordsMax &&
      (count === 0 || bytes + this.#waiting[count]!.record.body.length <= batchBytesMax)
    ) {
      bytes += this.#waiting[count++]!.record.body.length;
    }
    return this.#waiting.splice(0, count);
  }

  async #fly(batch: readonly Waiting[]): Promise<void> {
    const started = performance.now();
    try {
      const outcomes = await this.#commit(batch.map((each) => each.record));
      this.#hooks.committed(batch.length, (performance.now() - started) / 1000);
      for (const [index, each] of batch.entries()) each.done(outcomes[index]!);
      this.#wakeSoon();
    } catch (error) {
      this.#hooks.failed(error);
      for (const each of batch) each.done({ state: "failed" });
    }
  }

  async #commit(records: readonly PendingRecord[]): Promise<readonly CommitOutcome[]> {
    const sealed = await this.#unlessClosed(() => this.#seal(records));
    if (sealed === null) return records.map(() => ({ state: "stale" }));
    try {
      const stored = await this.#unlessClosed(() => this.#store.commit(sealed.body, sealed.rows, sealed.groups));
      return records.map(() => ({ state: stored === null ? "stale" : "committed" }));
    } catch (error) {
      if ((error as { code?: string }).code === "23505") return this.#withoutDuplicates(records);
      if (records.length === 1 || isTransient(error)) throw error;
      // One record that the database does not take must not hold back the others.
      return this.#oneByOne(records, error);
    }
  }

  /** @returns null where somebody's erasure came between; nothing is stored then. Rare enough for the whole batch to be made anew. */
  async #unlessClosed<Result>(work: () => Promise<Result>): Promise<Result | null> {
    try {
      return await work();
    } catch (error) {
      const closed = closedSubjects(error);
      if (closed === null) throw error;
      this.#hooks.closed(closed);
      return null;
    }
  }

  async #oneByOne(records: readonly PendingRecord[], error: unknown): Promise<readonly CommitOutcome[]> {
    this.#hooks.failed(error);
    const outcomes: CommitOutcome[] = [];
    for (const record of records) {
      outcomes.push(...(await this.#commit([record]).catch((): CommitOutcome[] => [{ state: "failed" }])));
    }
    return outcomes;
  }

  /** Some records were received before, or stand twice in this batch: the first of each is committed, the others get its receipt. */
  async #withoutDuplicates(records: readonly PendingRecord[]): Promise<readonly CommitOutcome[]> {
    const known = new Map((await this.#store.knownRecords(records.map((record) => record.dedupe))).map((row) => [row.dedupe, row]));
    const fresh: PendingRecord[] = [];
    const firsts = new Map<string, PendingRecord>();
    for (const record of records) {
      const dedupe = uuidText(record.dedupe);
      if (known.has(dedupe) || firsts.has(dedupe)) continue;
      firsts.set(dedupe, record);
      fresh.push(record);
    }
    const committed = fresh.length === 0 ? [] : await this.#commit(fresh);
    const outcomes = new Map(fresh.map((record, index) => [record, committed[index]!]));
    return records.map((record): CommitOutcome => {
      const own = outcomes.get(record);
      if (own !== undefined) return own;
      const dedupe = uuidText(record.dedupe);
      const before = known.get(dedupe);
      const first = firsts.get(dedupe);
      const content = uuidText(record.content);
      if (before !== undefined) return { state: "duplicate", receipt: before.record, sameBody: before.content === content };
      const firstOutcome = outcomes.get(first!)!;
      if (firstOutcome.state !== "committed") return firstOutcome;
      return { state: "duplicate", receipt: uuidText(first!.id), sameBody: uuidText(first!.content) === content };
    });
  }

  async #seal(records: readonly PendingRecord[]): Promise<{ body: Buffer; rows: RecordRow[]; groups: GroupRow[] }> {
    const sessions = await this.#sessionsOf(records);
    const messages = records.map((record) => record.messages);
    const { groups, holders } = await this.#sealGroups(records, sessions, messages);
    await this.#link(records);
    const rows: RecordRow[] = [];
    const frames: FramedRecord[] = [];
    const compress = this.#compression === "always" || (this.#compression === "auto" && records.length <= compressedBatchMax);
    for (const [number, record] of records.entries()) {
      const session = sessions.get(record.tenant)!;
      const salt = pooledRandom(saltBytes);
      const sealed = sealRawRecord(session.keys["raw-records"], salt, record.tenant, record.id, rawEnvelope(record, record.body, compress));
      frames.push({ recordId: record.id, sessionId: session.id, sealed });
      const jobs = messages[number]!.map((message, index) => ({ lane: record.lanes[index]!, message }));
      const holds = new Set(holders[number]!.map(({ subject }) => subject));
      const named = record.named.filter((subject) => !holds.has(subject));
      rows.push({ ...rowOf(record), session: session.id, salt, offset: 0, sealedBytes: sealed.length, jobs, named });
    }
    const { body, offsets } = packRecords(frames);
    for (const [index, row] of rows.entries()) row.offset = offsets[index]!;
    return { body, rows, groups };
  }

  /** Stores the links that this process has not stored yet, before the records that showed them. */
  async #link(records: readonly PendingRecord[]): Promise<void> {
    const fresh = new Map<string, { readonly tenant: string } & SubjectLink>();
    for (const { tenant, links } of records) {
      for (const link of links) {
        const key = `${link.subject}|${link.sameAs}`;
        if (!this.#linked.has(key)) fresh.set(key, { tenant, ...link });
      }
    }
    if (fresh.size === 0) return;
    await this.#store.linkSubjects([...fresh.values()]);
    for (const key of fresh.keys()) this.#linked.set(key, true);
  }

  /**
   * Groups with a value that is new to this process go in with its claim.
   * @returns the others, which go in with the records; and all groups of each record, each with its person.
   */
  async #sealGroups(
    records: readonly PendingRecord[],
    sessions: ReadonlyMap<string, IngestSession>,
    messages: (readonly string[])[],
  ): Promise<{ readonly groups: GroupRow[]; readonly holders: readonly (readonly GroupRow[])[] }> {
    const holders: GroupRow[][] = [];
    const groups: GroupRow[] = [];
    const claimed: Claimed[] = [];
    const claimGroups: GroupRow[] = [];
    for (const [number, record] of records.entries()) {
      const session = sessions.get(record.tenant)!;
      const rows = record.groups.map((group) => (group.fields.length === 0 ? null : groupRow(session, record, group)));
      holders.push(rows.filter((row) => row !== null));
      const claimIndex = new Map<number, number>();
      for (const claim of record.claims) {
        let index = claimIndex.get(claim.group);
        if (index === undefined) {
          index = claimGroups.push(rows[claim.group]!) - 1;
          claimIndex.set(claim.group, index);
        }
        const row = {
          ...entryBytes(claim.entry),
          tenant: record.tenant,
          token: tokenOf(record.groups[claim.group]!.id, claim.position),
          group: index,
          strength: claim.strength,
        };
        claimed.push({ claim, row, record: number });
      }
      for (const [index, row] of rows.entries()) if (row !== null && !claimIndex.has(index)) groups.push(row);
    }
    if (claimed.length > 0) await this.#settle(claimed, claimGroups, messages, groups, records);
    return { groups, holders };
  }

  async #sessionsOf(records: readonly PendingRecord[]): Promise<Map<string, IngestSession>> {
    const counts = new Map<string, number>();
    for (const record of records) counts.set(record.tenant, (counts.get(record.tenant) ?? 0) + 1);
    const sessions = new Map<string, IngestSession>();
    for (const [tenant, count] of counts) sessions.set(tenant, await this.#sessions.take(tenant, count));
    return sessions;
  }

  /**
   * Lets the vault decide the tokens of new values; where another process was first, its token and person take the place of ours, in the messages
   * and in the record's other groups.
   */
  async #settle(
    claimed: readonly Claimed[],
    claimGroups: readonly GroupRow[],
    messages: (readonly string[])[],
    groups: GroupRow[],
    records: readonly PendingRecord[],
  ): Promise<void> {
    const results = await this.#claim(claimed, claimGroups, records);
    for (const [index, { claim, row, record }] of claimed.entries()) {
      const { token, subject } = results[index]!;
      const text = token.equals(row.token) ? claim.token : formatToken(this.#cell, claim.category, token);
      if (text !== claim.token) messages[record] = messages[record]!.map((message) => message.replaceAll(claim.token, text));
      if (subject !== claim.subject) {
        messages[record] = messages[record]!.map((message) => message.replaceAll(claim.subject, subject));
        claimGroups[row.group]!.subject = subject;
        for (const group of groups) if (group.record === records[record]!.id && group.subject === claim.subject) group.subject = subject;
      }
      this.#hooks.settled(claim.entry.blind, text, subject);
    }
  }

  /** Where the index has got a newer key meanwhile, the values are looked for under that. */
  async #claim(
    claimed: readonly Claimed[],
    groups: readonly GroupRow[],
    records: readonly PendingRecord[],
  ): Promise<readonly ClaimResult[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#store.claimTokens(
          claimed.map((each) => each.row),
          groups,
        );
      } catch (error) {
        if (!isStaleIndex(error) || attempt === claimAttemptsMax) throw error;
        const tenants = [...new Set(claimed.map((each) => each.row.tenant))];
        const keys = new Map(
          await Promise.all(tenants.map(async (tenant) => [tenant, await this.#hooks.newestIndexKeys(tenant)] as const)),
        );
        for (const each of claimed) {
          const { category, group, position } = each.claim;
          const { value } = records[each.record]!.groups[group]!.fields[position]!;
          const entry = indexEntry(keys.get(each.row.tenant)!, category, value);
          each.claim = { ...each.claim, entry };
          each.row = { ...each.row, ...entryBytes(entry) };
        }
      }
    }
  }

  /** At most one wake-up waits at a time, whatever the rate. */
  #wakeSoon(): void {
    if (this.#wakePending) return;
    this.#wakePending = true;
    this.#store
      .wake()
      .catch((error: unknown) => this.#hooks.failed(error))
      .finally(() => {
        this.#wakePending = false;
      });
  }
}

interface Claimed {
  claim: TokenClaim;
  row: ClaimRow & { readonly token: Buffer };
  /** Place in the batch. */
  readonly record: number;
}

function entryBytes({ blind, former, version }: IndexEntry): Pick<ClaimRow, "blind" | "former" | "version"> {
  return { blind: Buffer.from(blind, "latin1"), former: former === null ? null : Buffer.from(former, "latin1"), version };
}

function rowOf(record: PendingRecord) {
  const { id, dedupe, content, tenant, endpoint, source, receivedAt, failure } = record;
  return { id, dedupe, content, tenant, endpoint, source, receivedAt, failure };
}

function groupRow(session: IngestSession, record: PendingRecord, group: SealGroup): GroupRow {
  const sealed = sealGroup(session, record.tenant, group);
  return { id: group.id, tenant: record.tenant, subject: group.subject, record: record.id, session: session.id, ...sealed };
}

/** Connection trouble and shutdown (SQLSTATE classes 08, 53, 57, 40), and errors of the socket, which have no SQLSTATE. */
function isTransient(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === undefined || !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57|40)/.test(code);
}
