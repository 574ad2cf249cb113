import {
  bulkhead,
  BulkheadRejectedError,
  BrokenCircuitError,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  DelegateBackoff,
  handleWhen,
  retry,
  SamplingBreaker,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from "cockatiel";

/** A call that failed by the recipient's doing. What the caller does next stands at each. */
export class CallFailure extends Error {
  override readonly name = "CallFailure";
  /** `unavailable`, `timeout`: tried again soon, then later. `malformed`: later, since asking again brings the same. `open`: not sent, the breaker is open. */
  readonly code: "unavailable" | "timeout" | "malformed" | "open";
  /** What the recipient asked for; null where it did not say. */
  readonly retryAfterMs: number | null;
  constructor(code: CallFailure["code"], retryAfterMs: number | null = null, options?: ErrorOptions) {
    super(`a call failed: ${code}`, options);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface ResilienceSettings {
  readonly timeoutMs: number;
  /** Attempts beyond the first. */
  readonly retriesMax: number;
  /** Of the first pause; doubled for each next one, and the upper half of it random. */
  readonly pauseMs: number;
  /** A recipient that wants a longer pause than this is asked later. */
  readonly pauseMaxMs: number;
  /** Failures in a row of one credential that open its breaker. */
  readonly failuresMax: number;
  /** How long a breaker stays open before one call tries. */
  readonly openMs: number;
  /** Calls that may be under way at one source. */
  readonly callsMax: number;
}

/** Carriers answer a batch within seconds; what has not come by then comes no more. */
export const usualResilience: ResilienceSettings = {
  timeoutMs: 20_000,
  retriesMax: 2,
  pauseMs: 500,
  pauseMaxMs: 10_000,
  failuresMax: 5,
  openMs: 30_000,
  callsMax: 8,
};

export type BreakerState = "closed" | "half-open" | "open";

interface Breaker {
  readonly policy: CircuitBreakerPolicy;
  openedAt: number;
}

/**
 * What stands between a call and a source that is in trouble, from the outside in:
 *
 *   retry      a few attempts with growing pauses, or the pause that the recipient asked for
 *   breaker    of the credential: one customer's trouble at a carrier ends there
 *   breaker    of the source: opens when most calls of all credentials fail
 *   bulkhead   so many calls at once for one source; a source that hangs holds these and no others
 *   timeout    the call's signal is aborted
 */
export class Resilience {
  readonly #settings: ResilienceSettings;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #sources = new Map<string, { readonly breaker: Breaker; readonly bulkhead: ReturnType<typeof bulkhead> }>();
  readonly #credentials = new Map<string, Breaker>();

  constructor(settings: ResilienceSettings, now: () => number, random: () => number) {
    this.#settings = settings;
    this.#now = now;
    this.#random = random;
  }

  /**
   * @param attempt makes one call; throws {@link CallFailure} for what is the recipient's doing.
   * @throws {CallFailure} of the last attempt; `open` where none was made.
   */
  async call<Result>(source: string, credential: string, attempt: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { timeoutMs, retriesMax, pauseMaxMs } = this.#settings;
    const of = this.#source(source);
    const retrying = retry(
      handleWhen((error) => isSoonAgain(error, pauseMaxMs)),
      { maxAttempts: retriesMax, backoff: new DelegateBackoff((context) => this.#pauseMs(context)) },
    );
    const policy = wrap(retrying, this.#credential(credential).policy, of.breaker.policy, of.bulkhead);
    const patience = timeout(timeoutMs, TimeoutStrategy.Aggressive);
    try {
      return await policy.execute(() => patience.execute(({ signal }) => attempt(signal)).catch(timedOut));
    } catch (error) {
      if (error instanceof BrokenCircuitError || error instanceof BulkheadRejectedError)
        throw new CallFailure("open", null, { cause: error });
      throw error;
    }
  }

  /** How long until a call with this credential would be let through; 0: now. */
  waitMs(source: string, credential: string): number {
    return Math.max(this.#waitOf(this.#sources.get(source)?.breaker), this.#waitOf(this.#credentials.get(credential)));
  }

  /** @returns null where the source was never called. */
  stateOf(source: string): BreakerState | null {
    const breaker = this.#sources.get(source)?.breaker;
    return breaker === undefined ? null : states[breaker.policy.state];
  }

  /** Calls that are under way at a source. */
  underWay(source: string): number {
    const held = this.#sources.get(source);
    return held === undefined ? 0 : this.#settings.callsMax - held.bulkhead.executionSlots;
  }

  /** Forgets credentials that are not in use any more. */
  keep(credentials: ReadonlySet<string>): void {
    for (const credential of this.#credentials.keys()) if (!credentials.has(credential)) this.#credentials.delete(credential);
  }

  #source(source: string) {
    let held = this.#sources.get(source);
    if (held === undefined) {
      // Most calls of ten seconds, where there were some: a source with few callers is left to their own breakers.
      const breaker = new SamplingBreaker({ threshold: 0.6, duration: 10_000, minimumRps: 1 });
      held = { breaker: this.#breaker(breaker), bulkhead: bulkhead(this.#settings.callsMax, 0) };
      this.#sources.set(source, held);
    }
    return held;
  }

  #credential(credential: string): Breaker {
    let held = this.#credentials.get(credential);
    if (held === undefined) {
      held = this.#breaker(new ConsecutiveBreaker(this.#settings.failuresMax));
      this.#credentials.set(credential, held);
    }
    return held;
  }

  #breaker(kind: ConsecutiveBreaker | SamplingBreaker): Breaker {
    const policy = circuitBreaker(
      handleWhen((error) => error instanceof CallFailure),
      { halfOpenAfter: this.#settings.openMs, breaker: kind },
    );
    const held: Breaker = { policy, openedAt: -Infinity };
    policy.onBreak(() => (held.openedAt = this.#now()));
    return held;
  }

  #waitOf(breaker: Breaker | undefined): number {
    if (breaker === undefined || breaker.policy.state !== CircuitState.Open) return 0;
    return Math.max(0, breaker.openedAt + this.#settings.openMs - this.#now());
  }

  #pauseMs(context: { readonly attempt: number; readonly result: unknown }): number {
    const { pauseMs, pauseMaxMs } = this.#settings;
    const error = (context.result as { readonly error?: unknown }).error;
    const asked = error instanceof CallFailure ? error.retryAfterMs : null;
    if (asked !== null) return asked;
    return Math.min(pauseMaxMs, pauseMs * 2 ** (context.attempt - 1)) * (0.5 + this.#random() / 2);
  }
}

const states: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: "closed",
  [CircuitState.Open]: "open",
  [CircuitState.HalfOpen]: "half-open",
  [CircuitState.Isolated]: "open",
};

function isSoonAgain(error: unknown, pauseMaxMs: number): boolean {
  return (
    error instanceof CallFailure && (error.code === "unavailable" || error.code === "timeout") && (error.retryAfterMs ?? 0) <= pauseMaxMs
  );
}

function timedOut(error: unknown): never {
  throw error instanceof TaskCancelledError ? new CallFailure("timeout", null, { cause: error }) : error;
}
