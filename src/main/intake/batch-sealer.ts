import { LRUCache } from "lru-cache";
import { type FramedRecord, packRecords } from "../../domain/record-frame.ts";
import type { ClaimResult, ClaimRow, GroupRow, IngestStore, RecordRow } from "../../store/ingest-store.ts";
import { isStaleIndex } from "../../store/index-versions.ts";
import type { IndexKeys } from "../../vault/blind-index.ts";
import type { IngestSession, IngestSessions } from "../../vault/ingest-session.ts";
import { pooledRandom } from "../../vault/random.ts";
import { sealGroup } from "../../vault/seal-group.ts";
import { saltBytes, sealRawRecord } from "../../vault/sealing.ts";
import { formatToken, tokenOf } from "../../vault/token.ts";
import { type IndexEntry, indexEntry, type KnownToken, type SealGroup, type SubjectLink, type TokenClaim } from "../../vault/tokenise.ts";
import { inTurns } from "./in-turns.ts";
import { rawEnvelope } from "./raw-envelope.ts";

/** Links between persons that are remembered as stored. */
const linksMax = 50_000;
/** Up to this many records in a batch there is time to compress each before it is sealed; larger batches mean that requests wait. */
const compressedBatchMax = 48;

/** Twice in a row happens only where keys are rotated faster than one claim takes. */
const claimAttemptsMax = 3;

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

/** A request that waits for its turn. */
export interface Submission {
  readonly head: RecordHead;
  /**
   * Called when its batch is made, and again where it has to be made anew.
   * @param pending candidates of the batch's earlier records, by the newest blind index; the record's own are added.
   */
  make(pending: Map<string, KnownToken>): PendingRecord;
}

/** What a request is made to, before its values are sealed. */
export interface PendingRecord {
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
    const pending = new Map<string, KnownToken>();
    const claimed: Claimed[] = [];
    const claimGroups: GroupRow[] = [];
    const groups: GroupRow[] = [];
    const records = await inTurns(batch, (submission): MadeRecord => {
      const { head } = submission;
      const record = submission.make(pending);
      const session = sessions.get(head.tenant)!;
      const holds = sealGroups(session, head, record, { claimed, claimGroups, groups });
      const { failure, lanes, messages, named, links } = record;
      return { head, session, failure, lanes, messages, named, links, holds };
    });
    const claims = claimed.length === 0 ? null : this.#claim(claimed, claimGroups);
    // It fails where it is awaited.
    claims?.catch(() => {});
    // The claim is on its way, and what does not hang on it is sealed meanwhile.
    if (claims !== null) await new Promise((resolve) => setImmediate(resolve));
    const { rows, body } = await this.#sealRaw(records);
    const renamed = claims === null ? nobody : this.#settle(claimed, await claims, records, [...claimGroups, ...groups]);
    await this.#link(records, renamed);
    for (const [number, row] of rows.entries()) {
      const { lanes, messages, holds } = records[number]!;
      row.jobs = messages.map((message, index) => ({ lane: lanes[index]!, message }));
      const subjects = new Set(holds.map(({ subject }) => subject));
      row.named = namedBy(records[number]!, renamed).filter((subject) => !subjects.has(subject));
    }
    return { body, rows, groups };
  }

  /** Raw records, each under a key of its own; their messages follow when the tokens of new values are settled. */
  async #sealRaw(records: readonly MadeRecord[]): Promise<{ readonly rows: RecordRow[]; readonly body: Buffer }> {
    const rows: RecordRow[] = [];
    const compress = this.#compression === "always" || (this.#compression === "auto" && records.length <= compressedBatchMax);
    const frames = await inTurns(records, ({ head, session, failure }): FramedRecord => {
      const salt = pooledRandom(saltBytes);
      const sealed = sealRawRecord(session.keys["raw-records"], salt, head.tenant, head.id, rawEnvelope(head, head.body, compress));
      rows.push({ ...rowOf(head), failure, session: session.id, salt, offset: 0, sealedBytes: sealed.length, jobs: [], named: [] });
      return { recordId: head.id, sessionId: session.id, sealed };
    });
    const { body, offsets } = packRecords(frames);
    for (const [index, row] of rows.entries()) row.offset = offsets[index]!;
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

/** The one as whom the process knew somebody stays, since that may be a person too. */
function namedBy({ named }: MadeRecord, renamed: Renamed): readonly string[] {
  if (renamed.size === 0) return named;
  const others = named.map((subject) => renamed.get(subject)).filter((subject) => subject !== undefined);
  return [...new Set([...named, ...others])];
}

interface Claimed {
  claim: TokenClaim;
  row: ClaimRow;
  /** What the claim is about, for an index that gets a newer key meanwhile. */
  readonly value: string;
}

/** A record whose values are sealed. */
interface MadeRecord {
  readonly head: RecordHead;
  readonly session: IngestSession;
  readonly failure: string;
  readonly lanes: readonly number[];
  messages: readonly string[];
  readonly named: readonly string[];
  readonly links: readonly SubjectLink[];
  /** The groups that it brought. */
  readonly holds: readonly GroupRow[];
}

/** Groups with a value that is new to this process go in with its claim, the others with the records. @returns those of the record. */
function sealGroups(
  session: IngestSession,
  head: RecordHead,
  record: PendingRecord,
  batch: { readonly claimed: Claimed[]; readonly claimGroups: GroupRow[]; readonly groups: GroupRow[] },
): readonly GroupRow[] {
  const claimIndexes = new Map<number, number>();
  for (const claim of record.claims) {
    const group = record.groups[claim.group]!;
    let index = claimIndexes.get(claim.group);
    if (index === undefined) {
      index = batch.claimGroups.push(groupRow(session, head, group)) - 1;
      claimIndexes.set(claim.group, index);
    }
    const row = {
      ...entryBytes(claim.entry),
      tenant: head.tenant,
      token: tokenOf(group.id, claim.position),
      group: index,
      strength: claim.strength,
    };
    batch.claimed.push({ claim, row, value: group.fields[claim.position]!.value });
  }
  return record.groups.map((group, number) => {
    const claimed = claimIndexes.get(number);
    if (claimed !== undefined) return batch.claimGroups[claimed]!;
    const row = groupRow(session, head, group);
    batch.groups.push(row);
    return row;
  });
}

function entryBytes({ blind, former, version }: IndexEntry): Pick<ClaimRow, "blind" | "former" | "version"> {
  return { blind: Buffer.from(blind, "latin1"), former: former === null ? null : Buffer.from(former, "latin1"), version };
}

function rowOf({ id, dedupe, content, tenant, endpoint, source, receivedAt }: RecordHead) {
  return { id, dedupe, content, tenant, endpoint, source, receivedAt };
}

function groupRow(session: IngestSession, { tenant, id: record }: RecordHead, group: SealGroup): GroupRow {
  const sealed = sealGroup(session, tenant, group);
  return { id: group.id, tenant, subject: group.subject, record, session: session.id, ...sealed };
}
