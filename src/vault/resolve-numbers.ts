import { LRUCache } from "lru-cache";
import { KeyedHash } from "../domain/keyed-hash.ts";
import { KeyError, type OpeningKeys } from "./keys/provider.ts";
import { openGroup } from "./seal-group.ts";
import { SealError } from "./sealing.ts";

/** A sealed group of tracking numbers and the place of one of them in it. */
export interface SealedNumberPlace {
  readonly shipment: string;
  /** 19 bytes. */
  readonly groupId: Buffer;
  readonly place: number;
  readonly session: number;
  readonly epoch: number;
  readonly wrapped: Buffer;
  readonly salt: Buffer;
  readonly commitment: Buffer;
  readonly sealed: Buffer;
}

/**
 * An ingest session holds thousands of parcels, and a key service takes a call for each unwrap: a session's key is kept for a while, and zeroed when it goes.
 * Which numbers are resolved stands in the releases, which are written first.
 */
const sessionsMax = 500;
const sessionMs = 5 * 60_000;

/** Opens tracking numbers and nothing else; the keys that it is given open nothing else. */
export class NumberResolver {
  readonly #keys: Pick<OpeningKeys, "unwrap">;
  readonly #sessions: LRUCache<string, Promise<KeyedHash>>;

  constructor(keys: Pick<OpeningKeys, "unwrap">) {
    this.#keys = keys;
    this.#sessions = new LRUCache({
      max: sessionsMax,
      ttl: sessionMs,
      ttlAutopurge: true,
      dispose: (key) => void key.then((held) => held[Symbol.dispose]()).catch(() => {}),
    });
  }

  /**
   * @returns the number of each shipment; one that does not open is left out.
   * @throws {KeyError} `unavailable`, `not-permitted`, `refused-credentials`: nothing was resolved.
   */
  async resolve(tenant: string, numbers: readonly SealedNumberPlace[]): Promise<ReadonlyMap<string, string>> {
    const resolved = new Map<string, string>();
    for (const number of numbers) {
      const value = await this.#open(tenant, number).catch((error: unknown) => {
        if (isOfOne(error)) return null;
        throw error;
      });
      if (value !== null) resolved.set(number.shipment, value);
    }
    return resolved;
  }

  /** Zeroes every key. */
  close(): void {
    this.#sessions.clear();
  }

  async #open(tenant: string, number: SealedNumberPlace): Promise<string | null> {
    const session = await this.#session(tenant, number);
    const fields = openGroup(session, number.session, tenant, number.groupId, { ...number, purpose: "tracking-numbers" });
    return fields.find(({ position, category }) => position === number.place && category === "trackingNumber")?.value ?? null;
  }

  #session(tenant: string, { session, epoch, wrapped }: SealedNumberPlace): Promise<KeyedHash> {
    // A wrap that was moved to another epoch holds the same key.
    const name = `${tenant}/${session}`;
    const held = this.#sessions.get(name);
    if (held !== undefined) return held;
    const opening = this.#unwrap(tenant, epoch, wrapped);
    this.#sessions.set(name, opening);
    opening.catch(() => this.#sessions.delete(name));
    return opening;
  }

  async #unwrap(tenant: string, epoch: number, wrapped: Buffer): Promise<KeyedHash> {
    const key = await this.#keys.unwrap(wrapped, { tenant, purpose: "tracking-numbers", epoch });
    try {
      return new KeyedHash(key);
    } finally {
      key.fill(0);
    }
  }
}

/** Whether the trouble is of one number, not of all. */
function isOfOne(error: unknown): boolean {
  if (error instanceof SealError) return true;
  return error instanceof KeyError && ["refused-wrap", "retired-epoch", "unknown-epoch"].includes(error.code);
}
