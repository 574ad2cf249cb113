import { LRUCache } from "lru-cache";
import { trackingTtlMs } from "./tracking-cache.ts";
import type { FillTicket, TrackingCache } from "./tracking-cache.ts";

export interface MemoryCacheOptions {
  readonly ttlMs?: number;
  readonly entriesMax?: number;
  /** Keys and values together. */
  readonly bytesMax?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly clock?: () => number;
}

export interface CacheCounters {
  readonly hits: number;
  readonly misses: number;
  /** Fills that came too late. */
  readonly dropped: number;
}

/** Generations are kept for groups of keys, so they need no memory per key and no end. Two keys in one group cost a needless drop at times. */
const generationGroups = 4096;

/**
 * The tracking cache in this process; the least recently used goes first. It answers at once. What other processes change it learns by expiry,
 * unless somebody passes their invalidations on.
 */
export class MemoryCache implements TrackingCache {
  readonly #entries: LRUCache<string, Buffer>;
  readonly #generations = new Uint32Array(generationGroups);
  readonly #clock: () => number;
  readonly #ttlMs: number;
  #clearings = 0;
  #hits = 0;
  #misses = 0;
  #dropped = 0;

  constructor({
    ttlMs = trackingTtlMs,
    entriesMax = 50_000,
    bytesMax = 64 * 1024 * 1024,
    clock = () => performance.now(),
  }: MemoryCacheOptions = {}) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#entries = new LRUCache({
      max: entriesMax,
      maxSize: bytesMax,
      sizeCalculation: (bytes, key) => bytes.length + key.length,
      ttl: ttlMs,
      // Its own resolution would read the clock once per turn by a timer: a test's clock does not move timers.
      ttlResolution: 0,
      perf: { now: clock },
    });
  }

  get(key: string): Buffer | undefined {
    const bytes = this.#entries.get(key);
    if (bytes === undefined) this.#misses++;
    else this.#hits++;
    return bytes;
  }

  begin(key: string): FillTicket {
    return { key, generation: this.#generationOf(key), begunAt: this.#clock() };
  }

  fill(ticket: FillTicket, bytes: Buffer): boolean {
    const { key, generation, begunAt } = ticket;
    if (generation !== this.#generationOf(key) || this.#clock() - begunAt >= this.#ttlMs) {
      this.#dropped++;
      return false;
    }
    this.#entries.set(key, bytes, { start: begunAt });
    return true;
  }

  set(key: string, bytes: Buffer): void {
    this.#outdate(key);
    this.#entries.set(key, bytes);
  }

  invalidate(keys: readonly string[]): void {
    for (const key of keys) {
      this.#outdate(key);
      this.#entries.delete(key);
    }
  }

  clear(): void {
    this.#clearings++;
    this.#entries.clear();
  }

  counters(): CacheCounters {
    return { hits: this.#hits, misses: this.#misses, dropped: this.#dropped };
  }

  /** Grows with each of both, so it is the same only where nothing has happened. */
  #generationOf(key: string): number {
    return this.#generations[groupOf(key)]! + this.#clearings;
  }

  /** 32 bits come round after 4 billion invalidations of a group, which would have to fall within one read. */
  #outdate(key: string): void {
    this.#generations[groupOf(key)]!++;
  }
}

/** FNV-1a, 32 bits (draft-eastlake-fnv-17, section 2), over UTF-16 code units: spreads keys, nothing more. */
function groupOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % generationGroups;
}
