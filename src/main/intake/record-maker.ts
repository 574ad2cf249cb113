import type { ClaimRow, GroupRow, RecordRow } from "../../store/ingest-store.ts";
import type { IngestSession } from "../../vault/ingest-session.ts";
import { sealGroup } from "../../vault/seal-group.ts";
import { tokenOf } from "../../vault/token.ts";
import type { IndexEntry, KnownToken, SealGroup, TokenClaim, Tokenised } from "../../vault/tokenise.ts";
import type { Maker } from "./in-turns.ts";

/** What a record is before its values have tokens. Ids and keyed hashes are 16 bytes. */
export interface RecordHead extends Pick<RecordRow, "id" | "dedupe" | "content" | "tenant" | "endpoint" | "source" | "receivedAt"> {
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
export interface PendingRecord extends Omit<Tokenised, "messages"> {
  /** Empty, or why it goes to quarantine. */
  readonly failure: string;
  /** Packed. */
  readonly messages: readonly string[];
}

/** A value whose token is to be claimed. */
export interface Claimed {
  claim: TokenClaim;
  row: ClaimRow;
  /** What the claim is about, for an index that gets a newer key meanwhile. */
  readonly value: string;
}

/** A record whose values are sealed. */
export interface MadeRecord extends Pick<PendingRecord, "failure" | "lanes" | "named" | "links"> {
  readonly head: RecordHead;
  readonly session: IngestSession;
  messages: readonly string[];
  /** The groups that it brought. */
  readonly holds: readonly GroupRow[];
}

/** Makes the records of one batch, one after the other, and seals the values of each as soon as it is made. */
export class RecordMaker implements Maker<Submission, MadeRecord> {
  readonly claimed: Claimed[] = [];
  /** Groups with a value that is new to this process: they go in with its claim. */
  readonly claimGroups: GroupRow[] = [];
  /** All others, which go in with the records. */
  readonly groups: GroupRow[] = [];
  readonly #sessions: ReadonlyMap<string, IngestSession>;
  readonly #pending = new Map<string, KnownToken>();

  /** @param sessions of each tenant of the batch. */
  constructor(sessions: ReadonlyMap<string, IngestSession>) {
    this.#sessions = sessions;
  }

  make(submission: Submission): MadeRecord {
    const { head } = submission;
    const { failure, lanes, messages, named, links, groups, claims } = submission.make(this.#pending);
    const session = this.#sessions.get(head.tenant)!;
    const holds: GroupRow[] = [];
    for (const group of groups) holds.push(groupRow(session, head, group));
    const places = new Map<number, number>();
    for (const claim of claims) {
      let place = places.get(claim.group);
      if (place === undefined) {
        place = this.claimGroups.push(holds[claim.group]!) - 1;
        places.set(claim.group, place);
      }
      this.#claim(claim, head.tenant, groups[claim.group]!, place);
    }
    for (let number = 0; number < holds.length; number++) if (!places.has(number)) this.groups.push(holds[number]!);
    return { head, session, failure, lanes, messages, named, links, holds };
  }

  #claim(claim: TokenClaim, tenant: string, { id, fields }: SealGroup, group: number): void {
    const { blind, former, version } = entryBytes(claim.entry);
    const token = tokenOf(id, claim.position);
    const row = { blind, former, version, tenant, token, group, strength: claim.strength };
    this.claimed.push({ claim, row, value: fields[claim.position]!.value });
  }
}

export function entryBytes({ blind, former, version }: IndexEntry): Pick<ClaimRow, "blind" | "former" | "version"> {
  return { blind: Buffer.from(blind, "latin1"), former: former === null ? null : Buffer.from(former, "latin1"), version };
}

function groupRow(session: IngestSession, { tenant, id: record }: RecordHead, group: SealGroup): GroupRow {
  const { purpose, salt, commitment, sealed } = sealGroup(session, tenant, group);
  return { id: group.id, tenant, subject: group.subject, record, session: session.id, purpose, salt, commitment, sealed };
}
