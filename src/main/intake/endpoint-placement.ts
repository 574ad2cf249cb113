import { LRUCache } from "lru-cache";

/** Endpoints whose thread is remembered. */
const endpointsMax = 50_000;
/** Requests of others that an endpoint stands behind before it is moved, and with which a thread is too busy for one that is new: about one batch. */
const behindRequests = 256;
/** Where so few wait on all threads together, one of them would do. */
const quietRequests = 128;
/** How long an endpoint stays where it was moved to: what its parcels' values are known by has to be learnt anew there. */
const stayMs = 2_000;

/** A thread, as far as its load goes. */
export interface Loaded {
  /** Requests that wait for their commit. */
  waiting: number;
}

/** Where an endpoint's requests go. */
export class Place<Thread extends Loaded> {
  readonly thread: Thread;
  readonly sinceMs: number;
  /** The endpoint's own share of what waits there. */
  #waiting = 0;

  constructor(thread: Thread, sinceMs: number) {
    this.thread = thread;
    this.sinceMs = sinceMs;
  }

  /** What waits there of other endpoints. */
  get others(): number {
    return this.thread.waiting - this.#waiting;
  }

  /** A request is handed over. */
  took(): void {
    this.#waiting++;
    this.thread.waiting++;
  }

  /** A request has ended. */
  gave(): void {
    this.#waiting--;
    this.thread.waiting--;
  }
}

/**
 * Which intake thread an endpoint's requests go to: always the same one, since pushes about one parcel come over one endpoint, and a thread knows the tokens of
 * the values that it has met. (Spread over two threads by their content, every value was claimed twice, and two threads took in less than one.) A request that
 * is repeated meets the one before it there too.
 *
 * As few threads work as can keep up, the first ones before the others, since a batch costs as much as several of its records. An endpoint moves away from
 * others that keep its thread busy, and never from its own load, which would come with it; and back when little is left to do. What depends on the place is
 * speed alone.
 */
export class EndpointPlacement<Thread extends Loaded> {
  readonly #threads: readonly Thread[];
  readonly #now: () => number;
  readonly #places = new LRUCache<string, Place<Thread>>({ max: endpointsMax });

  /** @param now milliseconds of a clock that does not go back. */
  constructor(threads: readonly Thread[], now: () => number) {
    this.#threads = threads;
    this.#now = now;
  }

  of(endpoint: string): Place<Thread> {
    const place = this.#places.get(endpoint);
    const thread = place === undefined ? this.#withRoom() : this.#betterThan(place);
    if (place?.thread === thread) return place;
    const moved = new Place(thread, this.#now());
    this.#places.set(endpoint, moved);
    return moved;
  }

  #betterThan(place: Place<Thread>): Thread {
    if (place.others >= behindRequests) {
      const least = this.#leastLoaded();
      return place.others - least.waiting < behindRequests ? place.thread : least;
    }
    const first = this.#threads[0]!;
    if (place.thread === first || this.#waiting() >= quietRequests) return place.thread;
    return this.#now() - place.sinceMs < stayMs ? place.thread : first;
  }

  /** The first that is not a batch behind. */
  #withRoom(): Thread {
    for (const thread of this.#threads) if (thread.waiting < behindRequests) return thread;
    return this.#leastLoaded();
  }

  #leastLoaded(): Thread {
    let least = this.#threads[0]!;
    for (const thread of this.#threads) if (thread.waiting < least.waiting) least = thread;
    return least;
  }

  #waiting(): number {
    let waiting = 0;
    for (const thread of this.#threads) waiting += thread.waiting;
    return waiting;
  }
}
