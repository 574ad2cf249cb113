import { LRUCache } from "lru-cache";
import { type FramedRecord, packRecords } from "../../domain/record-frame.ts";
import type { ClaimResult, GroupRow, IngestStore, JobRow, RecordRow } from "../../store/ingest-store.ts";
import { isStaleIndex } from "../../store/index-versions.ts";
import type { IndexKeys } from "../../vault/blind-index.ts";
import type { IngestSession, IngestSessions } from "../../vault/ingest-session.ts";
import { pooledRandom } from "../../vault/random.ts";
import { saltBytes, sealRawRecord } from "../../vault/sealing.ts";
import { formatToken } from "../../vault/token.ts";
import { indexEntry, type SubjectLink } from "../../vault/tokenise.ts";
import { inTurns, type Maker } from "./in-turns.ts";
import { rawEnvelope } from "./raw-envelope.ts";
import { type Claimed, entryBytes, type MadeRecord, RecordMaker, type Submission } from "./record-maker.ts";

/** Links between persons that are remembered as stored. */
const linksMax = 50_000;
/** Up to this many records in a batch there is time to compress each before it is sealed; larger batches mean that requests wait. */
const compressedBatchMax = 48;

/** Twice in a row happens only where keys are rotated faster than one claim takes. */
const claimAttemptsMax = 3;

/** Whether raw records are compressed before they are sealed: as long as no requests wait for it, always or never. */
export type Compression = "auto" | "always" | "never";

export interface BatchSealerHooks {
  /** A value's token is settled; later records may use it without asking. */
  settled(blind: string, token: string, subject: string): void;
  /** The keys of a tenant's index as they are now, where those that a value was tokenised with have become old. */
  newestIndexKeys(tenant: string): Promise<IndexKeys>;
}

/** What one commit stores. */
export interface SealedBatch {
  /** Raw records, one after the other. */
  readonly body: Buffer;
  readonly rows: readonly RecordRow[];
  /** Those that did not go in with their claims. */
  readonly groups: readonly GroupRow[];
}

/** Turns a batch of records into what is stored: claims the tokens of new values, and seals groups and raw records. One batch at a time. */
export class BatchSealer {
  readonly #store: Pick<IngestStore, "claimTokens" | "linkSubjects">;
  readonly #sessions: IngestSessions;
  readonly #cell: string;
  readonly #compression: Compression;
  readonly #hooks: BatchSealerHooks;
  readonly #linked = new LRUCache<string, true>({ max: linksMax });

  constructor(
    store: Pick<IngestStore, "claimTokens" | "linkSubjects">,
    sessions: IngestSessions,
    cell: string,
    compression: Compression,
    hooks: BatchSealerHooks,
  ) {
    this.#store = store;
    this.#sessions = sessions;
    this.#cell = cell;
    this.#compression = compression;
    this.#hooks = hooks;
  }

  /**
   * Values are sealed as soon as their record is made: while the batch waits for the database only the bodies as received are kept in clear, and the values that
   * are being claimed.
   * @throws {Error} as the store does.
   */
  async seal(batch: readonly Submission[]): Promise<SealedBatch> {
    const sessions = await this.#sessionsOf(batch);
    const maker = new RecordMaker(sessions);
    const records = await inTurns(batch, maker);
    const { claimed, claimGroups, groups } = maker;
    const claims = claimed.length === 0 ? null : this.#claim(claimed, claimGroups);
    // It fails where it is awaited.
    claims?.catch(() => {});
    // The claim is on its way, and what does not hang on it is sealed meanwhile.
    if (claims !== null) await new Promise((resolve) => setImmediate(resolve));
    const { rows, body } = await this.#sealRaw(records);
    const renamed = claims === null ? nobody : this.#settle(claimed, await claims, records, [...claimGroups, ...groups]);
    await this.#link(records, renamed);
    for (let number = 0; number < rows.length; number++) {
      const record = records[number]!;
      rows[number]!.jobs = jobsOf(record);
      rows[number]!.named = onlyNamed(record, renamed);
    }
    return { body, rows, groups };
  }

  /** Raw records, each under a key of its own; their messages follow when the tokens of new values are settled. */
  async #sealRaw(records: readonly MadeRecord[]): Promise<{ readonly rows: RecordRow[]; readonly body: Buffer }> {
    const sealer = new RawSealer(this.#compression === "always" || (this.#compression === "auto" && records.length <= compressedBatchMax));
    const { body, offsets } = packRecords(await inTurns(records, sealer));
    const { rows } = sealer;
    for (let index = 0; index < rows.length; index++) rows[index]!.offset = offsets[index]!;
    return { rows, body };
  }

  /** Stores the links that this process has not stored yet, before the records that showed them. */
  async #link(records: readonly MadeRecord[], renamed: Renamed): Promise<void> {
    const fresh = new Map<string, { readonly tenant: string } & SubjectLink>();
    for (const {
      head: { tenant },
      links,
    } of records) {
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

  async #sessionsOf(batch: readonly Submission[]): Promise<ReadonlyMap<string, IngestSession>> {
    const counts = new Map<string, number>();
    for (const { head } of batch) counts.set(head.tenant, (counts.get(head.tenant) ?? 0) + 1);
    const sessions = new Map<string, IngestSession>();
    for (const [tenant, count] of counts) sessions.set(tenant, await this.#sessions.take(tenant, count));
    return sessions;
  }

  /**
   * The vault has decided the tokens of new values: where another process was first, its token and person take the place of ours, in the messages and
   * groups of the whole batch, since later records of it may have taken over a candidate.
   * @returns the persons that were replaced, and by whom.
   */
  #settle(
    claimed: readonly Claimed[],
    results: readonly ClaimResult[],
    records: readonly MadeRecord[],
    groups: readonly GroupRow[],
  ): Renamed {
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
      for (const record of records) record.messages = record.messages.map((message) => message.replaceAll(candidate, holds));
    }
    for (const group of groups) group.subject = renamed.get(group.subject) ?? group.subject;
    return renamed;
  }

  /** Where the index has got a newer key meanwhile, the values are looked for under that. */
  async #claim(claimed: readonly Claimed[], groups: readonly GroupRow[]): Promise<readonly ClaimResult[]> {
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
          const entry = indexEntry(keys.get(each.row.tenant)!, each.claim.category, each.value);
          each.claim = { ...each.claim, entry };
          each.row = { ...each.row, ...entryBytes(entry) };
        }
      }
    }
  }
}

/** Who was taken for somebody else, and who that is. */
type Renamed = ReadonlyMap<string, string>;

const nobody: Renamed = new Map();

function jobsOf({ lanes, messages }: MadeRecord): readonly JobRow[] {
  const jobs: JobRow[] = [];
  for (let index = 0; index < messages.length; index++) jobs.push({ lane: lanes[index]!, message: messages[index]! });
  return jobs;
}

/** Whom a record names without bringing a value of theirs. */
function onlyNamed(record: MadeRecord, renamed: Renamed): readonly string[] {
  const named: string[] = [];
  for (const subject of namedBy(record, renamed)) if (!isHeld(record.holds, subject)) named.push(subject);
  return named;
}

function isHeld(holds: readonly GroupRow[], subject: string): boolean {
  for (const group of holds) if (group.subject === subject) return true;
  return false;
}

/** The one as whom the process knew somebody stays, since that may be a person too. */
function namedBy({ named }: MadeRecord, renamed: Renamed): readonly string[] {
  if (renamed.size === 0) return named;
  const others = named.map((subject) => renamed.get(subject)).filter((subject) => subject !== undefined);
  return [...new Set([...named, ...others])];
}

/** Seals raw records one after the other, and keeps the row of each. */
class RawSealer implements Maker<MadeRecord, FramedRecord> {
  readonly rows: RecordRow[] = [];
  readonly #compress: boolean;

  constructor(compress: boolean) {
    this.#compress = compress;
  }

  make({ head, session, failure }: MadeRecord): FramedRecord {
    const salt = pooledRandom(saltBytes);
    const sealed = sealRawRecord(session.keys["raw-records"], salt, head.tenant, head.id, rawEnvelope(head, head.body, this.#compress));
    const { id, dedupe, content, tenant, endpoint, source, receivedAt } = head;
    this.rows.push({
      id,
      dedupe,
      content,
      tenant,
      endpoint,
      source,
      receivedAt,
      failure,
      session: session.id,
      salt,
      offset: 0,
      sealedBytes: sealed.length,
      jobs: [],
      named: [],
    });
    return { recordId: id, sessionId: session.id, sealed };
  }
}
