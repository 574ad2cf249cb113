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
import { type IndexEntry, indexEntry, type KnownToken, type SealGroup, type SubjectLink, type TokenClaim } from "../vault/tokenise.ts";
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

/** What a record is before its values have tokens. Ids and keyed hashes are 16 bytes. */
export interface RecordHead {
  readonly id: Uint8Array;
  readonly dedupe: Uint8Array;
  readonly content: Uint8Array;
  readonly tenant: string;
  readonly endpoint: string;
  readonly source: string;
  readonly receivedAt: number;
  /** What is sealed as the raw record, with the time of receipt (`raw-envelope.ts`). */
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly body: Uint8Array;
}

/** One request on its way to the durable commit. */
export interface PendingRecord extends RecordHead {
  /** Empty, or why it goes to quarantine. */
  readonly failure: string;
  readonly messages: readonly string[];
  readonly lanes: readonly number[];
  readonly groups: readonly SealGroup[];
  readonly claims: readonly TokenClaim[];
  /** Persons whose tokens were known when the record was tokenised. */
  readonly named: readonly string[];
  readonly links: readonly SubjectLink[];
}

/** A request that waits for its turn. */
export interface Submission {
  readonly head: RecordHead;
  /**
   * Called when its batch is made, and again where it has to be made anew.
   * @param pending candidates of the batch's earlier records, by the newest blind index; the record's own are added.
   */
  make(pending: Map<string, KnownToken>): PendingRecord;
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
  readonly submission: Submission;
  readonly done: (outcome: CommitOutcome) => void;
}

/**
 * Makes requests durable in groups. What arrives while a commit runs goes into the next one; there is no timer (a window of 2 ms lowered the
 * throughput and raised the median in the measurements behind this design). The order within a batch is: tokenise, claim the tokens of new values,
 * seal, commit, answer.
 *
 * Values get their tokens when their batch is made, and one batch at a time is made and claimed while the one before it is committed: so whatever this
 * process has met before is known, and it claims a value once, however many requests name it at the same time.
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
  /** While a batch is made, claimed and sealed. */
  #sealing: Promise<void> | null = null;
  #wakePending = false;

  constructor(store: IngestStore, sessions: IngestSessions, cell: string, compression: Compression, hooks: CommitterHooks) {
    this.#compression = compression;
    this.#store = store;
    this.#sessions = sessions;
    this.#cell = cell;
    this.#hooks = hooks;
  }

  /** What may wait is bounded by whoever submits (`intake-threads.ts`). */
  submit(submission: Submission, done: (outcome: CommitOutcome) => void): void {
    this.#waiting.push({ submission, done });
    if (!this.#scheduled && this.#flights < flightsMax && this.#sealing === null) {
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
    while (this.#flights < flightsMax && this.#sealing === null && this.#waiting.length > 0) {
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
      (count === 0 || bytes + this.#waiting[count]!.submission.head.body.length <= batchBytesMax)
    ) {
      bytes += this.#waiting[count++]!.submission.head.body.length;
    }
    return this.#waiting.splice(0, count);
  }

  async #fly(batch: readonly Waiting[]): Promise<void> {
    const started = performance.now();
    try {
      const outcomes = await this.#commit(batch.map((each) => each.submission));
      this.#hooks.committed(batch.length, (performance.now() - started) / 1000);
      for (const [index, each] of batch.entries()) each.done(outcomes[index]!);
      this.#wakeSoon();
    } catch (error) {
      this.#hooks.failed(error);
      for (const each of batch) each.done({ state: "failed" });
    }
  }

  async #commit(batch: readonly Submission[]): Promise<readonly CommitOutcome[]> {
    const sealed = await this.#unlessClosed(() => this.#sealInTurn(batch));
    if (sealed === null) return batch.map(() => ({ state: "stale" }));
    try {
      const stored = await this.#unlessClosed(() => this.#store.commit(sealed.body, sealed.rows, sealed.groups));
      return batch.map(() => ({ state: stored === null ? "stale" : "committed" }));
    } catch (error) {
      if ((error as { code?: string }).code === "23505") return this.#withoutDuplicates(batch);
      if (batch.length === 1 || isTransient(error)) throw error;
      // One record that the database does not take must not hold back the others.
      return this.#oneByOne(batch, error);
    }
  }

  async #sealInTurn(batch: readonly Submission[]): Promise<{ body: Buffer; rows: RecordRow[]; groups: GroupRow[] }> {
    while (this.#sealing !== null) await this.#sealing;
    let ended: () => void = () => {};
    this.#sealing = new Promise((resolve) => (ended = resolve));
    try {
      const pending = new Map<string, KnownToken>();
      return await this.#seal(batch.map((each) => each.make(pending)));
    } finally {
      this.#sealing = null;
      ended();
      this.#takeOff();
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

  async #oneByOne(batch: readonly Submission[], error: unknown): Promise<readonly CommitOutcome[]> {
    this.#hooks.failed(error);
    const outcomes: CommitOutcome[] = [];
    for (const submission of batch) {
      outcomes.push(...(await this.#commit([submission]).catch((): CommitOutcome[] => [{ state: "failed" }])));
    }
    return outcomes;
  }

  /** Some records were received before, or stand twice in this batch: the first of each is committed, the others get its receipt. */
  async #withoutDuplicates(batch: readonly Submission[]): Promise<readonly CommitOutcome[]> {
    const known = new Map((await this.#store.knownRecords(batch.map(({ head }) => head.dedupe))).map((row) => [row.dedupe, row]));
    const fresh: Submission[] = [];
    const firsts = new Map<string, Submission>();
    for (const submission of batch) {
      const dedupe = uuidText(submission.head.dedupe);
      if (known.has(dedupe) || firsts.has(dedupe)) continue;
      firsts.set(dedupe, submission);
      fresh.push(submission);
    }
    const committed = fresh.length === 0 ? [] : await this.#commit(fresh);
    const outcomes = new Map(fresh.map((submission, index) => [submission, committed[index]!]));
    return batch.map((submission): CommitOutcome => {
      const own = outcomes.get(submission);
      if (own !== undefined) return own;
      const dedupe = uuidText(submission.head.dedupe);
      const before = known.get(dedupe);
      const first = firsts.get(dedupe);
      const content = uuidText(submission.head.content);
      if (before !== undefined) return { state: "duplicate", receipt: before.record, sameBody: before.content === content };
      const firstOutcome = outcomes.get(first!)!;
      if (firstOutcome.state !== "committed") return firstOutcome;
      return { state: "duplicate", receipt: uuidText(first!.head.id), sameBody: uuidText(first!.head.content) === content };
    });
  }

  async #seal(records: readonly PendingRecord[]): Promise<{ body: Buffer; rows: RecordRow[]; groups: GroupRow[] }> {
    const sessions = await this.#sessionsOf(records);
    const messages = records.map((record) => record.messages);
    const { groups, holders, renamed } = await this.#sealGroups(records, sessions, messages);
    await this.#link(records, renamed);
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
      const named = namedBy(record, renamed).filter((subject) => !holds.has(subject));
      rows.push({ ...rowOf(record), session: session.id, salt, offset: 0, sealedBytes: sealed.length, jobs, named });
    }
    const { body, offsets } = packRecords(frames);
    for (const [index, row] of rows.entries()) row.offset = offsets[index]!;
    return { body, rows, groups };
  }

  /** Stores the links that this process has not stored yet, before the records that showed them. */
  async #link(records: readonly PendingRecord[], renamed: Renamed): Promise<void> {
    const fresh = new Map<string, { readonly tenant: string } & SubjectLink>();
    for (const { tenant, links } of records) {
      for (const { subject, sameAs } of links) {
        const link = { subject: renamed.get(subject) ?? subject, sameAs: renamed.get(sameAs) ?? sameAs };
        if (link.subject === link.sameAs) continue;
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
   * @returns the others, which go in with the records; all groups of each record, each with its person; and who turned out to be somebody else.
   */
  async #sealGroups(
    records: readonly PendingRecord[],
    sessions: ReadonlyMap<string, IngestSession>,
    messages: (readonly string[])[],
  ): Promise<{ readonly groups: GroupRow[]; readonly holders: readonly (readonly GroupRow[])[]; readonly renamed: Renamed }> {
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
    const renamed = claimed.length === 0 ? new Map<string, string>() : await this.#settle(claimed, claimGroups, messages, groups, records);
    return { groups, holders, renamed };
  }

  async #sessionsOf(records: readonly PendingRecord[]): Promise<Map<string, IngestSession>> {
    const counts = new Map<string, number>();
    for (const record of records) counts.set(record.tenant, (counts.get(record.tenant) ?? 0) + 1);
    const sessions = new Map<string, IngestSession>();
    for (const [tenant, count] of counts) sessions.set(tenant, await this.#sessions.take(tenant, count));
    return sessions;
  }

  /**
   * Lets the vault decide the tokens of new values; where another process was first, its token and person take the place of ours, in the messages and
   * groups of the whole batch: later records of it may have taken over a candidate.
   * @returns the persons that were replaced, and by whom.
   */
  async #settle(
    claimed: readonly Claimed[],
    claimGroups: readonly GroupRow[],
    messages: (readonly string[])[],
    groups: readonly GroupRow[],
    records: readonly PendingRecord[],
  ): Promise<Renamed> {
    const results = await this.#claim(claimed, claimGroups, records);
    const replaced = new Map<string, string>();
    const renamed = new Map<string, string>();
    for (const [index, { claim, row }] of claimed.entries()) {
      const { token, subject } = results[index]!;
      const text = token.equals(row.token) ? claim.token : formatToken(this.#cell, claim.category, token);
      if (text !== claim.token) replaced.set(claim.token, text);
      if (subject !== claim.subject) renamed.set(claim.subject, subject);
      this.#hooks.settled(claim.entry.blind, text, subject);
    }
    for (const [candidate, holds] of [...replaced, ...renamed]) {
      for (const [record, texts] of messages.entries()) messages[record] = texts.map((message) => message.replaceAll(candidate, holds));
    }
    for (const group of [...claimGroups, ...groups]) group.subject = renamed.get(group.subject) ?? group.subject;
    return renamed;
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

/** Who was taken for somebody else, and who that is. */
type Renamed = ReadonlyMap<string, string>;

/** The one as whom the process knew somebody stays, since that may be a person too. */
function namedBy({ named }: PendingRecord, renamed: Renamed): readonly string[] {
  if (renamed.size === 0) return named;
  const others = named.map((subject) => renamed.get(subject)).filter((subject) => subject !== undefined);
  return [...new Set([...named, ...others])];
}

interface Claimed {
  claim: TokenClaim;
  row: ClaimRow;
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
