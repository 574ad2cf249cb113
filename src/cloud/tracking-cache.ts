/**
 * Short-lived copies of what tracking reads answer, ready to be sent. Pseudonymous like the index behind it. Whatever fails here is a miss.
 *
 * A reader that misses takes a ticket **before** it reads the database and fills with it afterwards:
 *
 * ```ts
 * const ticket = await cache.begin(key);
 * const bytes = render(await loadShipment(key));
 * await cache.fill(ticket, bytes);
 * ```
 *
 * A writer invalidates after its commit. Without the ticket, a reader that loaded the old row, was overtaken by commit and invalidation, and then
 * filled the cache would show the old row for a whole expiry.
 */
export interface TrackingCache {
  /** @returns the bytes, which the caller must not change; undefined on a miss. Counts a hit or a miss. */
  get(key: string): Awaitable<Buffer | undefined>;
  /** Call it before reading what {@link fill} will store. A ticket that is never used costs nothing. */
  begin(key: string): Awaitable<FillTicket>;
  /**
   * Stores what was read since {@link begin}, until one expiry after `begin`: so nothing in the cache is older than the expiry, also where an
   * invalidation was lost.
   * @param bytes the cache's from now on.
   * @returns false when the key was invalidated or set in between, or the expiry has passed: nothing is stored then. A cache may drop more
   * fills than it must, and need not keep what it accepted.
   */
  fill(ticket: FillTicket, bytes: Buffer): Awaitable<boolean>;
  /** Stores what the caller itself has just committed; outdates every ticket for the key. @param bytes the cache's from now on. */
  set(key: string, bytes: Buffer): Awaitable<void>;
  /** Forgets keys and outdates every ticket for them. Call it after the commit. */
  invalidate(keys: readonly string[]): Awaitable<void>;
  /** Forgets everything and outdates every ticket: for when invalidations may have been lost. */
  clear(): Awaitable<void>;
}

/** A remote cache answers later, the one in the process at once. */
export type Awaitable<T> = T | Promise<T>;

/** Opaque to callers; good for the cache that gave it. */
export interface FillTicket {
  readonly key: string;
  /** A number in this process, a text elsewhere; null where the cache did not answer. */
  readonly generation: number | string | null;
  /** In the cache's own clock, milliseconds. */
  readonly begunAt: number;
}

/** Longest time that a read may be out of date (guide B4: short expiry). */
export const trackingTtlMs = 2000;
