import type { Egress, EgressAnswer } from "../../outbound/egress.ts";
import { publicKeySet } from "../../ingress/rsa-signature.ts";
import type { DueKeySet, OutboundStore } from "../../store/outbound-store.ts";
import { backoffMs } from "../backoff.ts";
import { nobody } from "./cached-register.ts";

/** A set without a word on how long it holds is fetched again after this; a word is followed within the bounds. */
const usualLifeMs = 60 * 60_000;
const shortestLifeMs = 5 * 60_000;
const longestLifeMs = 24 * 60 * 60_000;
/** However many requests name an unknown key, a set is fetched no more often. */
const restMs = 60_000;
/** After a failure; doubled with each next one. */
const retries = { firstMs: 30_000, longestMs: 60 * 60_000 };
/** RSA keys of 4096 bits are under a kilobyte each, and twenty are read. */
const setBytesMax = 64 * 1024;

export interface KeySetParts {
  readonly store: Pick<OutboundStore, "dueKeySets" | "keepKeySet" | "failKeySet">;
  readonly egress: Egress;
  /** Where a set is fetched: at its own address, outside tests. */
  readonly addressOf: (set: DueKeySet) => string;
  readonly now: () => number;
  /** A set could not be fetched; what was fetched before holds on. */
  readonly failed: (source: string, reason: string) => void;
}

/** Fetches the key sets that senders publish (RFC 7517), through the egress, and keeps them where the front reads them. */
export class KeySets {
  readonly #parts: KeySetParts;

  constructor(parts: KeySetParts) {
    this.#parts = parts;
  }

  /** Fetches what was never fetched, has expired, or lacks a key that a request named. */
  async turn(signal?: AbortSignal): Promise<void> {
    for (const set of await this.#parts.store.dueKeySets()) await this.#fetch(set, signal);
  }

  async #fetch(set: DueKeySet, signal: AbortSignal | undefined): Promise<void> {
    const { store, egress, addressOf, now, failed } = this.#parts;
    const fail = async (reason: string): Promise<void> => {
      failed(set.source, reason);
      await store.failKeySet(set.url, backoffMs(set.failures + 1, retries));
    };
    const call = {
      tenant: nobody,
      recipient: set.source,
      method: "GET",
      url: addressOf(set),
      headers: { accept: "application/json" },
      body: null,
      covered: [],
    } as const;
    let answer: EgressAnswer;
    try {
      answer = await egress.send(call, signal);
    } catch (error) {
      return fail((error as { code?: unknown }).code === undefined ? "failed" : String((error as { code: unknown }).code));
    }
    if (answer.status !== 200) return fail(`status ${answer.status}`);
    const content = answer.body.length > setBytesMax ? null : publicKeySet(Buffer.from(answer.body).toString("utf8"));
    // A set without a usable key would lock the sender out for good; what verified before goes on doing so.
    if (content === null) return fail("no usable key");
    await store.keepKeySet(set.url, content, now() + lifeMs(answer.headers["cache-control"]), restMs);
  }
}

/** What `Cache-Control: max-age` says (RFC 9111, section 5.2.2.1), within the bounds. */
function lifeMs(cacheControl: string | undefined): number {
  const seconds = /(?:^|[,\s])max-age="?(\d{1,9})/i.exec(cacheControl ?? "")?.[1];
  const wanted = seconds === undefined ? usualLifeMs : Number(seconds) * 1000;
  return Math.min(longestLifeMs, Math.max(shortestLifeMs, wanted));
}
