import type { CarrierClient, ClientAnswer, ClientRequest, Credentials, TrackOutcome } from "../../carriers/client.ts";

/** A carrier that hangs is given up after this long. */
const patienceMs = 5_000;
/** Failures in a row after which a carrier is left alone for a while. */
const failuresMax = 3;
const restMs = 1_000;

export interface AskerCarrier {
  readonly client: CarrierClient;
  readonly baseUrl: string;
  readonly credentials: Credentials;
  /** Numbers whose parcels are still on their way. */
  readonly open: () => readonly string[];
}

/** What came of a carrier's calls, by outcome; `no answer` where there was none. */
export type AskedCounts = Partial<Record<TrackOutcome["kind"] | "no answer", number>>;

/**
 * Asks carriers through the product's connectors, each carrier for itself, and hands the answers on: a stand-in for the product's own scheduler, without its
 * guard and its budgets. One carrier's failure is that carrier's: no other waits for it.
 */
export class Asker {
  readonly counts = new Map<string, AskedCounts>();
  readonly #onPayload: (source: string, payload: Uint8Array) => Promise<void>;
  readonly #everyMs: number;
  readonly #ended = new AbortController();
  #loops: readonly Promise<void>[] = [];

  constructor(everyMs: number, onPayload: (source: string, payload: Uint8Array) => Promise<void>) {
    this.#everyMs = everyMs;
    this.#onPayload = onPayload;
  }

  start(carriers: readonly AskerCarrier[]): void {
    this.#loops = carriers.map((carrier) => this.#loop(carrier));
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#loops);
  }

  async #loop(carrier: AskerCarrier): Promise<void> {
    const counts: AskedCounts = {};
    this.counts.set(carrier.client.source, counts);
    const tokens = new TokenHolder(carrier, this.#ended.signal);
    let failures = 0;
    while (!this.#ended.signal.aborted) {
      const open = carrier.open();
      for (let at = 0; at < open.length && !this.#ended.signal.aborted; at += carrier.client.batchMax) {
        const outcome = await this.#ask(carrier, tokens, open.slice(at, at + carrier.client.batchMax));
        counts[outcome.kind] = (counts[outcome.kind] ?? 0) + 1;
        failures = outcome.kind === "answered" ? 0 : failures + 1;
        if (outcome.kind === "rate-limited") await this.#pause(outcome.retryAfterMs ?? restMs);
        else if (failures >= failuresMax) await this.#pause(restMs);
      }
      await this.#pause(this.#everyMs);
    }
  }

  async #ask(
    carrier: AskerCarrier,
    tokens: TokenHolder,
    numbers: readonly string[],
  ): Promise<TrackOutcome | { readonly kind: "no answer" }> {
    const { client, credentials, baseUrl } = carrier;
    try {
      const token = await tokens.current();
      const answer = await send(client.trackRequest(numbers, credentials, token, baseUrl), this.#ended.signal);
      const outcome = client.readTrackAnswer(answer, numbers);
      if (outcome.kind === "unauthorised") tokens.forget();
      if (outcome.kind === "answered") for (const payload of outcome.payloads) await this.#onPayload(client.source, payload);
      return outcome;
    } catch {
      return { kind: "no answer" };
    }
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#ended;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
      signal.addEventListener("abort", done);
    });
  }
}

/** One access token for all calls, until it is refused. */
class TokenHolder {
  readonly #carrier: AskerCarrier;
  readonly #signal: AbortSignal;
  #token: string | null = null;

  constructor(carrier: AskerCarrier, signal: AbortSignal) {
    this.#carrier = carrier;
    this.#signal = signal;
  }

  /** Null for a carrier that wants none. @throws {Error} where the carrier gives none. */
  async current(): Promise<string | null> {
    const { client, credentials, baseUrl } = this.#carrier;
    if (client.tokenRequest === undefined || this.#token !== null) return this.#token;
    const given = client.readToken!(await send(client.tokenRequest(credentials, baseUrl), this.#signal));
    if ("kind" in given) throw new Error(`no token: ${given.kind}`);
    this.#token = given.token;
    return this.#token;
  }

  forget(): void {
    this.#token = null;
  }
}

export async function send({ method, url, headers, body }: ClientRequest, signal: AbortSignal): Promise<ClientAnswer> {
  const answer = await fetch(url, { method, headers, body, signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]) });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: new Uint8Array(await answer.arrayBuffer()) };
}
