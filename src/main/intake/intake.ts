import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { DecodeFailure } from "../../carriers/codec.ts";
import type { Notice } from "../../domain/notice.ts";
import { packMessage } from "../../domain/packed-message.ts";
import { type ProblemCode, ProblemError } from "../../ingress/problems.ts";
import { noticeOf, type ShipmentInput } from "../../ingress/shipment-input.ts";
import { uuidText } from "../../store/binary-array.ts";
import { EitherKnown, type KnownToken, tokenise, type Tokenised } from "../../vault/tokenise.ts";
import type { CommitOutcome, Committer } from "./committer.ts";
import { inflated, isPlain } from "./inflate.ts";
import { apiSource, codecs } from "./sources.ts";
import type { PendingRecord, RecordHead, Submission } from "./record-maker.ts";
import type { TenantKeys } from "../keys/tenant-keys.ts";
import { uuid7 } from "./uuid7.ts";

const knownTokensMax = 200_000;
/** A token that retention has taken is not used longer than this; the time counts from when it was settled. */
const knownTokensTtlMs = 24 * 60 * 60 * 1000;
const recentRequestsMax = 100_000;
/** A record is made anew this often because of persons who are being erased; each time at least one of them is forgotten. */
const remadeMax = 8;

/** One request that has proven where it comes from. */
export interface IntakeRequest {
  readonly tenant: string;
  readonly endpoint: string;
  readonly source: string;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly idempotencyKey: string | null;
  /** As received. */
  readonly body: Buffer;
  /** Whether it is out of quarantine: it is stored only where it decodes now, since otherwise it stays where it is. */
  readonly isReplay?: boolean | undefined;
}

/** What became of a request. Accepted and duplicate are acknowledgements: the record is durable. */
export type IntakeOutcome =
  | { readonly state: "accepted"; readonly receipt: string }
  | { readonly state: "duplicate"; readonly receipt: string }
  | {
      readonly state: "refused";
      readonly code: Extract<
        ProblemCode,
        "busy" | "idempotency_key_reused" | "body_too_large" | "invalid_encoding" | "unsupported_media_type" | "still_undecodable"
      >;
    };

/** A request that may come again. */
interface Recent {
  readonly receipt: string;
  readonly content: string;
  isDurable: boolean;
  /** Of the same requests that came before it was durable; called when it is, or has failed. */
  repeats: ((isDurable: boolean) => void)[] | null;
}

const reused = { state: "refused", code: "idempotency_key_reused" } as const;
const busy = { state: "refused", code: "busy" } as const;
const undecodable = { state: "refused", code: "still_undecodable" } as const;

/** From a verified request to its receipt: decode, tokenise, hand to the durable commit. */
export class Intake {
  readonly #committer: Committer;
  readonly #keys: TenantKeys;
  readonly #cell: string;
  readonly #now: () => number;
  readonly #quarantined: (source: string, reason: DecodeFailure) => void;
  readonly #known = new LRUCache<string, KnownToken>({ max: knownTokensMax, ttl: knownTokensTtlMs, ttlResolution: 1_000 });
  readonly #recent = new LRUCache<string, Recent>({ max: recentRequestsMax });

  constructor(
    committer: Committer,
    keys: TenantKeys,
    cell: string,
    now: () => number,
    quarantined: (source: string, reason: DecodeFailure) => void,
  ) {
    this.#committer = committer;
    this.#keys = keys;
    this.#cell = cell;
    this.#now = now;
    this.#quarantined = quarantined;
  }

  /** A value's token is settled: later records use it without asking. */
  settle(blind: string, token: string, subject: string): void {
    this.#known.set(blind, { token, subject });
  }

  /** What is settled of a value. */
  known(blind: string): KnownToken | undefined {
    return this.#known.get(blind);
  }

  /** Nothing is stored under these subjects any more: their values are new ones when they come again. */
  forget(subjects: ReadonlySet<string>): void {
    for (const [blind, { subject }] of this.#known.entries()) if (subjects.has(subject)) this.#known.delete(blind);
  }

  /** @param done is called once; the request is durable where it says so. */
  receive(request: IntakeRequest, done: (outcome: IntakeOutcome) => void): void {
    if (isPlain(request.contentEncoding) && this.#keys.ready(request.tenant) !== undefined) this.#take(request, request.body, done);
    else {
      this.#prepare(request).then(
        (plain) => this.#take(request, plain, done),
        (error: unknown) => done(error instanceof ProblemError ? { state: "refused", code: error.code as typeof busy.code } : busy),
      );
    }
  }

  async #prepare(request: IntakeRequest): Promise<Buffer> {
    await this.#keys.of(request.tenant);
    return isPlain(request.contentEncoding) ? request.body : await inflated(request.body, request.contentEncoding);
  }

  #take(request: IntakeRequest, plain: Buffer, done: (outcome: IntakeOutcome) => void): void {
    if (request.isReplay === true && !this.#isDecodable(request, plain)) return done(undecodable);
    const keys = this.#keys.ready(request.tenant)!;
    const content = keys.dedupe(request.endpoint, hash("sha256", request.body, "binary"));
    const dedupe = request.idempotencyKey === null ? content : keys.dedupe(request.endpoint, `key|${request.idempotencyKey}`);
    const before = this.#recent.get(dedupe);
    if (before !== undefined) {
      if (before.content !== content) return done(reused);
      const { receipt } = before;
      if (before.isDurable) return done({ state: "duplicate", receipt });
      (before.repeats ??= []).push((isDurable) => (isDurable ? done({ state: "duplicate", receipt }) : this.#take(request, plain, done)));
      return;
    }
    this.#commit(this.#submission(request, plain, dedupe, content), dedupe, content, done);
  }

  #isDecodable({ tenant, source }: IntakeRequest, plain: Buffer): boolean {
    const decoded = decodedSafely(source, plain);
    return decoded.ok && this.#tokenised(tenant, source, decoded.notices, new Map()).failure === "";
  }

  #submission(request: IntakeRequest, plain: Buffer, dedupe: string, content: string): Submission {
    const { tenant, endpoint, source, contentType, contentEncoding, body } = request;
    const receivedAt = this.#now();
    const head = {
      id: uuid7(receivedAt),
      dedupe: Buffer.from(dedupe, "latin1"),
      content: Buffer.from(content, "latin1"),
      tenant,
      endpoint,
      source,
      receivedAt,
      contentType,
      contentEncoding,
      body,
    };
    return new WaitingRequest(head, plain, this.#make);
  }

  /** Kept, so that what waits holds one function and not each a function of its own. */
  readonly #make: Make = ({ tenant, source }, plain, pending) => {
    const decoded = decodedSafely(source, plain);
    if (!decoded.ok) this.#quarantined(source, decoded.reason);
    const { tokenised, failure } = decoded.ok
      ? this.#tokenised(tenant, source, decoded.notices, pending)
      : { tokenised: nothing, failure: decoded.reason };
    const { groups, claims, lanes, named, links } = tokenised;
    return { failure, messages: tokenised.messages.map(packMessage), lanes, groups, claims, named, links };
  };

  /** Empty `failure`: decoded. Otherwise the record goes to quarantine, sealed whole. */
  #tokenised(
    tenant: string,
    source: string,
    notices: readonly Notice[],
    pending: Map<string, KnownToken>,
  ): { readonly tokenised: Tokenised; readonly failure: DecodeFailure | "" } {
    const keys = this.#keys.ready(tenant);
    if (keys === undefined) throw new Error("a tenant's keys were given up under a request of its own");
    try {
      const tokenised = tokenise(notices, source, this.#cell, keys, new EitherKnown(this.#known, pending));
      for (const { entry, token, subject } of tokenised.claims) pending.set(entry.blind, { token, subject });
      return { tokenised, failure: "" };
    } catch (error) {
      const failure = mistake(error);
      this.#quarantined(source, failure);
      return { tokenised: nothing, failure };
    }
  }

  #commit(submission: Submission, dedupe: string, content: string, done: (outcome: IntakeOutcome) => void): void {
    const receipt = uuidText(submission.head.id);
    const recent: Recent = { receipt, content, isDurable: false, repeats: null };
    this.#recent.set(dedupe, recent);
    this.#submit(submission, remadeMax, (outcome) => {
      recent.isDurable = outcome.state === "committed";
      if (!recent.isDurable && this.#recent.get(dedupe) === recent) this.#recent.delete(dedupe);
      const { repeats } = recent;
      recent.repeats = null;
      done(outcomeOf(outcome, receipt));
      for (const repeat of repeats ?? []) repeat(recent.isDurable);
    });
  }

  #submit(submission: Submission, remakes: number, done: (outcome: CommitOutcome) => void): void {
    this.#committer.submit(submission, (outcome) => {
      if (outcome.state === "stale" && remakes > 0) this.#submit(submission, remakes - 1, done);
      else done(outcome);
    });
  }
}

type Make = (head: RecordHead, plain: Buffer, pending: Map<string, KnownToken>) => PendingRecord;

class WaitingRequest implements Submission {
  readonly head: RecordHead;
  readonly #plain: Buffer;
  readonly #make: Make;

  constructor(head: RecordHead, plain: Buffer, make: Make) {
    this.head = head;
    this.#plain = plain;
    this.#make = make;
  }

  make(pending: Map<string, KnownToken>): PendingRecord {
    return this.#make(this.head, this.#plain, pending);
  }
}

function outcomeOf(outcome: CommitOutcome, receipt: string): IntakeOutcome {
  switch (outcome.state) {
    case "committed":
      return { state: "accepted", receipt };
    case "duplicate":
      return outcome.sameBody ? { state: "duplicate", receipt: outcome.receipt } : reused;
    case "stale":
    case "failed":
      return busy;
  }
}

type Decoding = { readonly ok: true; readonly notices: readonly Notice[] } | { readonly ok: false; readonly reason: DecodeFailure };

function decodedSafely(source: string, plain: Buffer): Decoding {
  try {
    return decode(source, plain);
  } catch (error) {
    return { ok: false, reason: mistake(error) };
  }
}

function decode(source: string, plain: Buffer): Decoding {
  // What the API has checked against its schema, on its way through the same path.
  if (source === apiSource) return { ok: true, notices: [noticeOf(JSON.parse(plain.toString("utf8")) as ShipmentInput)] };
  return codecs.get(source)?.decode(plain) ?? { ok: false, reason: "no-codec" };
}

/**
 * What a payload that nobody thought of brings about. It falls in tests; here the sender would repeat the payload, and the process would end over it each
 * time. Trouble with keys is something else, and nothing is decided about the payload then.
 */
function mistake(error: unknown): DecodeFailure {
  if (error instanceof RangeError) return "too-many";
  if (error instanceof TypeError || error instanceof SyntaxError) return "codec-failed";
  throw error;
}

const nothing: Tokenised = { messages: [], lanes: [], groups: [], claims: [], named: [], links: [] };
