import { createHash, hash } from "node:crypto";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";
import { LRUCache } from "lru-cache";
import type { Codec, Decoded } from "../carriers/codec.ts";
import type { Notice } from "../domain/notice.ts";
import { ProblemError } from "../ingress/problems.ts";
import type { Received } from "../ingress/services.ts";
import { uuidText } from "../store/binary-array.ts";
import { indexKeys, type IndexKeys } from "../vault/blind-index.ts";
import type { SealingKeys } from "../vault/keys/provider.ts";
import { type KnownToken, tokenise, type Tokenised } from "../vault/tokenise.ts";
import type { Committer, PendingRecord } from "./committer.ts";
import type { IngressMetrics } from "./metrics.ts";
import { rawEnvelope } from "./raw-envelope.ts";
import { uuid7 } from "./uuid7.ts";

const inflatedBytesMax = 1024 * 1024;
const knownTokensMax = 200_000;
const recentRequestsMax = 100_000;

/** One request that has proven where it comes from. */
export interface IntakeRequest {
  readonly tenant: string;
  readonly endpoint: string;
  readonly source: string;
  readonly codec: Codec | null;
  /** As received. */
  readonly body: Buffer;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly idempotencyKey: string | null;
}

interface Recent {
  readonly receipt: string;
  readonly content: string;
  /** Null once the request is durable. */
  outcome: Promise<boolean> | null;
}

/** From a verified request to its receipt: decode, tokenise, hand to the durable commit. */
export class Intake {
  readonly #committer: Committer;
  readonly #keys: SealingKeys;
  readonly #cell: string;
  readonly #metrics: IngressMetrics;
  readonly #now: () => number;
  readonly #tenantKeys = new Map<string, Promise<IndexKeys>>();
  readonly #readyKeys = new Map<string, IndexKeys>();
  readonly #known: LRUCache<string, KnownToken>;
  readonly #recent = new LRUCache<string, Recent>({ max: recentRequestsMax });

  constructor(
    committer: Committer,
    keys: SealingKeys,
    cell: string,
    metrics: IngressMetrics,
    known: LRUCache<string, KnownToken>,
    now: () => number,
  ) {
    this.#committer = committer;
    this.#keys = keys;
    this.#cell = cell;
    this.#metrics = metrics;
    this.#known = known;
    this.#now = now;
  }

  static knownTokens(): LRUCache<string, KnownToken> {
    return new LRUCache({ max: knownTokensMax });
  }

  /** The keys of a tenant's blind index, derived once. */
  indexKeys(tenant: string): Promise<IndexKeys> {
    let keys = this.#tenantKeys.get(tenant);
    if (keys === undefined) {
      keys = indexKeys(this.#keys, tenant);
      this.#tenantKeys.set(tenant, keys);
      keys.then(
        (ready) => this.#readyKeys.set(tenant, ready),
        () => this.#tenantKeys.delete(tenant),
      );
    }
    return keys;
  }

  /** @throws {ProblemError} `busy`, `idempotency_key_reused`, `body_too_large`, `invalid_encoding`. */
  async receive(request: IntakeRequest): Promise<Received> {
    const plain =
      request.contentEncoding === "" || request.contentEncoding === "identity"
        ? request.body
        : await inflated(request.body, request.contentEncoding);
    const decoded: Decoded = request.codec === null ? { ok: false, reason: "no-codec" } : request.codec.decode(plain);
    return this.take(request, decoded.ok ? decoded.notices : [], decoded.ok ? "" : decoded.reason);
  }

  /** @param failure empty, or why the record goes to quarantine. */
  async take(request: IntakeRequest, notices: readonly Notice[], failure: string): Promise<Received> {
    if (!this.#committer.hasRoom) throw new ProblemError("busy", { retryAfterS: 1 });
    const keys = this.#readyKeys.get(request.tenant) ?? (await this.indexKeys(request.tenant));
    const content = keys.dedupe(request.endpoint, hash("sha256", request.body, "binary"));
    const dedupe = request.idempotencyKey === null ? content : keys.dedupe(request.endpoint, `key|${request.idempotencyKey}`);
    const before = this.#recent.get(dedupe);
    if (before !== undefined) {
      if (before.content !== content) throw new ProblemError("idempotency_key_reused");
      if (before.outcome === null || (await before.outcome)) return this.#repeated(request.source, before.receipt);
    }
    const receivedAt = this.#now();
    const id = uuid7(receivedAt);
    let tokenised = nothing;
    let reason = failure;
    if (failure === "" && notices.length > 0) {
      try {
        tokenised = tokenise(notices, request.source, this.#cell, keys, (blind) => this.#known.get(blind));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        reason = "too-many";
      }
    }
    if (reason !== "") this.#metrics.quarantined.inc({ source: request.source, reason });
    const record: PendingRecord = {
      id,
      dedupe: Buffer.from(dedupe, "latin1"),
      content: Buffer.from(content, "latin1"),
      tenant: request.tenant,
      endpoint: request.endpoint,
      source: request.source,
      receivedAt,
      failure: reason,
      raw: rawEnvelope({ contentType: request.contentType, contentEncoding: request.contentEncoding, receivedAt }, request.body),
      messages: tokenised.messages.map((message) => JSON.stringify(message)),
      lanes: tokenised.lanes,
      groups: tokenised.groups,
      claims: tokenised.claims,
    };
    return this.#commit(request.source, record, dedupe, content);
  }

  #commit(source: string, record: PendingRecord, dedupe: string, content: string): Promise<Received> {
    const receipt = uuidText(record.id);
    return new Promise((resolve, reject) => {
      let settle: (stored: boolean) => void = () => {};
      const recent: Recent = { receipt, content, outcome: new Promise((done) => (settle = done)) };
      this.#recent.set(dedupe, recent);
      this.#committer.submit(record, (outcome) => {
        recent.outcome = null;
        if (outcome.state === "failed") {
          if (this.#recent.get(dedupe) === recent) this.#recent.delete(dedupe);
          settle(false);
          this.#metrics.received.inc({ source, outcome: "failed" });
          reject(new ProblemError("busy", { retryAfterS: 1 }));
          return;
        }
        if (outcome.state === "duplicate") {
          this.#recent.delete(dedupe);
          settle(false);
          if (outcome.sameBody) resolve(this.#repeated(source, outcome.receipt));
          else reject(new ProblemError("idempotency_key_reused"));
          return;
        }
        settle(true);
        this.#metrics.received.inc({ source, outcome: "accepted" });
        resolve({ receipt, duplicate: false });
      });
    });
  }

  #repeated(source: string, receipt: string): Received {
    this.#metrics.received.inc({ source, outcome: "duplicate" });
    return { receipt, duplicate: true };
  }
}

const nothing: Tokenised = { messages: [], lanes: [], groups: [], claims: [] };

const decompressors: Readonly<Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/** Bounded: a small body that inflates past {@link inflatedBytesMax} is refused while it inflates. */
export async function inflated(body: Buffer, encoding: string): Promise<Buffer> {
  const decompress = decompressors[encoding.trim().toLowerCase()];
  if (decompress === undefined) throw new ProblemError("unsupported_media_type");
  try {
    return await decompress(body, { maxOutputLength: inflatedBytesMax });
  } catch (error) {
    throw new ProblemError((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE" ? "body_too_large" : "invalid_encoding");
  }
}

/** Hash of an API key's secret as it is kept. The secret has 160 random bits, so no slow hash is needed. */
export function secretHash(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
