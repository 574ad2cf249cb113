import { LRUCache } from "lru-cache";
import { RateLimit } from "./rate-limit.ts";

/** Attempts of one address: so many at once, and one more every six seconds. */
const perAddress = { rate: 1 / 6, burst: 20 };
/** Of everybody together: each costs a row and some signatures to check. */
const together = { rate: 10, burst: 200 };
const addressesMax = 10_000;

/** Bounds attempts to come in. Behind a proxy all come from one address; a proxy that knows better bounds them better. */
export class AttemptLimit {
  readonly #all = new RateLimit(together.rate, together.burst);
  readonly #ofAddress = new LRUCache<string, RateLimit>({ max: addressesMax });

  /** @returns 0 where the attempt may pass, else the seconds after which the next one may. */
  take(address: string, nowMs: number): number {
    let limit = this.#ofAddress.get(address);
    if (limit === undefined) this.#ofAddress.set(address, (limit = new RateLimit(perAddress.rate, perAddress.burst)));
    // An address that has spent its own takes nothing from the others.
    return limit.take(address, nowMs) || this.#all.take("", nowMs);
  }
}
