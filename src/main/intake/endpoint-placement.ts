import { LRUCache } from "lru-cache";

/** Endpoints whose thread is remembered. */
const endpointsMax = 50_000;
/** Requests of others that an endpoint stands behind before it is moved: about one batch. */
const behindRequests = 256;

/** A thread, as far as its load goes. */
export interface Loaded {
  /** Requests that wait for their commit. */
  waiting: number;
}

/** Where an endpoint's requests go. */
export class Place<Thread extends Loaded> {
  readonly thread: Thread;
  /** The endpoint's own share of what waits there. */
  #waiting = 0;

  constructor(thread: Thread) {
    this.thread = thread;
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
 * is repeated meets the one before it there too. An endpoint moves away from others that keep its thread busy, and never from its own load, which would come
 * with it. What depends on the place is speed alone.
 */
export class EndpointPlacement<Thread extends Loaded> {
  readonly #threads: readonly Thread[];
  readonly #places = new LRUCache<string, Place<Thread>>({ max: endpointsMax });
  #next = 0;

  constructor(threads: readonly Thread[]) {
    this.#threads = threads;
  }

  of(endpoint: string): Place<Thread> {
    const place = this.#places.get(endpoint);
    if (place === undefined) return this.#put(endpoint, this.#leastLoaded());
    // Mostly so, and then nothing else is looked at.
    if (place.others < behindRequests) return place;
    const least = this.#leastLoaded();
    return place.others - least.waiting < behindRequests ? place : this.#put(endpoint, least);
  }

  #put(endpoint: string, thread: Thread): Place<Thread> {
    const place = new Place(thread);
    this.#places.set(endpoint, place);
    return place;
  }

  /** By turns among equals. */
  #leastLoaded(): Thread {
    const first = this.#next++ % this.#threads.length;
    let least = this.#threads[first]!;
    for (let at = 1; at < this.#threads.length; at++) {
      const thread = this.#threads[(first + at) % this.#threads.length]!;
      if (thread.waiting < least.waiting) least = thread;
    }
    return least;
  }
}
