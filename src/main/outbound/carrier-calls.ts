import { randomUUID } from "node:crypto";
import type { CarrierClient, ChangeFeed, ClientAnswer, ClientRequest, Credentials, TrackOutcome } from "../../carriers/client.ts";
import type { Quota } from "../../domain/register-entry.ts";
import { type CoveredValue, type Egress, EgressError } from "../../outbound/egress.ts";
import { costOf, type Pace, paceOf, spent, waitMs } from "../../outbound/polling/quota.ts";
import { CallFailure, type Resilience } from "../../outbound/resilience.ts";
import type { TokenCache } from "../../outbound/token-cache.ts";
import type { OutboundAccount, OutboundStore, SealedNumber } from "../../store/outbound-store.ts";
import { openCredential } from "../../vault/carrier-credentials.ts";
import type { OpeningKeys } from "../../vault/keys/provider.ts";
import type { NumberResolver } from "../../vault/resolve-numbers.ts";
import type { AnswerDoor } from "../intake/captured-ingress.ts";

/** How often a spending is tried anew because another process came first. */
const spendingsMax = 3;

/** A shipment that is asked about, by the token of its number. */
export interface PolledShipment {
  readonly shipment: string;
  readonly number: string;
}

/** What became of a call. `unresolved`: shipments whose number is not kept any more, or does not open. */
export type CallOutcome =
  | { readonly kind: "answered"; readonly answered: readonly string[]; readonly unresolved: readonly string[] }
  /** No quota is left; nothing was sent. */
  | { readonly kind: "no-quota" }
  | { readonly kind: "rate-limited"; readonly retryAfterMs: number | null }
  /** The credential is refused, with a fresh token too. */
  | { readonly kind: "unauthorised" }
  /** By the recipient's doing: `unavailable`, `timeout`, `malformed`, or `open` where the breaker let nothing through. */
  | { readonly kind: "failed"; readonly code: CallFailure["code"]; readonly retryAfterMs: number | null }
  /** The answer could not be handed to ingress; it is asked for again. */
  | { readonly kind: "not-taken-in" }
  /** By our doing, or a host's that is not what the register says; does not mend itself. */
  | { readonly kind: "refused"; readonly code: EgressError["code"] };

/** What became of one call that was sent: a code for counters and spans. */
export type AttemptOutcome =
  "answered" | "unauthorised" | "rate-limited" | "not-taken-in" | "failed" | CallFailure["code"] | EgressError["code"];

/** What became of a call for a feed; `no-feed`: the credential has no part for it. */
export type FeedOutcome = { readonly kind: "fed"; readonly payloads: number } | { readonly kind: "no-feed" } | CallOutcome;

export interface CarrierCallParts {
  readonly store: Pick<OutboundStore, "beginCall" | "endCall" | "quotaUses">;
  readonly egress: Egress;
  readonly ingress: Pick<AnswerDoor, "handIn">;
  readonly keys: Pick<OpeningKeys, "unwrap">;
  readonly numbers: Pick<NumberResolver, "resolve">;
  readonly tokens: TokenCache;
  readonly resilience: Resilience;
  /** Where the source is called. */
  readonly baseUrlOf: (client: CarrierClient) => string;
  readonly now: () => number;
  readonly called: (source: string, outcome: AttemptOutcome, latencyMs: number) => void;
}

/** Thrown within a call to end it with an outcome that is no failure of the recipient's. */
class CallEnded extends Error {
  override readonly name = "CallEnded";
  readonly outcome: CallOutcome;
  constructor(outcome: CallOutcome) {
    super(`a call ended: ${outcome.kind}`);
    this.outcome = outcome;
  }
}

/** Asks carriers. Every attempt is counted against the quota and recorded as a release before it goes out. */
export class CarrierCalls {
  readonly #parts: CarrierCallParts;
  /** The instants of quotas as the database last had them, by `credential quota`. */
  readonly #freeAt = new Map<string, number>();
  /** Of a credential, the call that spends of its quotas at the moment. */
  readonly #spending = new Map<string, Promise<unknown>>();

  constructor(parts: CarrierCallParts) {
    this.#parts = parts;
  }

  /** Reads what was spent, by this process and by others. */
  async learnQuotas(credentials: readonly string[]): Promise<void> {
    for (const [name, freeAt] of await this.#parts.store.quotaUses(credentials)) this.#freeAt.set(name, freeAt);
  }

  /** Forgets access tokens and quotas of credentials that are not in use any more. */
  keep(credentials: ReadonlySet<string>): void {
    this.#parts.tokens.keep(credentials);
    for (const name of this.#freeAt.keys()) if (!credentials.has(name.slice(0, name.indexOf(" ")))) this.#freeAt.delete(name);
  }

  freeAt(credential: string, pace: Pace): number | null {
    return this.#freeAt.get(`${credential} ${pace.key}`) ?? null;
  }

  /** How long until a call with so many numbers may go; 0: now. */
  quotaWaitMs(credential: string, quotas: readonly Quota[], numbers: number): number {
    const now = this.#parts.now();
    const waits = quotas.map(paceOf).map((pace) => waitMs(pace, this.freeAt(credential, pace), costOf(pace, numbers), now));
    return Math.max(0, ...waits);
  }

  /** @param basis of the release. @throws what is neither the recipient's nor the egress guard's: keys or database away. */
  async ask(
    account: OutboundAccount,
    client: CarrierClient,
    quotas: readonly Quota[],
    basis: string,
    polls: readonly PolledShipment[],
  ): Promise<CallOutcome> {
    let isTokenFresh = false;
    const attempt = async (signal: AbortSignal): Promise<CallOutcome> => {
      const first = await this.#attempt(account, client, quotas, basis, polls, signal);
      if (first.kind !== "unauthorised" || client.tokenRequest === undefined || isTokenFresh) return first;
      isTokenFresh = true;
      return this.#attempt(account, client, quotas, basis, polls, signal);
    };
    return this.#resilient(account, attempt);
  }

  /**
   * Fetches what changed of a customer's parcels. No number goes out, so nothing is released.
   */
  async askFeed(
    account: OutboundAccount,
    client: CarrierClient,
    feed: ChangeFeed,
    quotas: readonly Quota[],
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<FeedOutcome> {
    const attempt = async (signal: AbortSignal): Promise<FeedOutcome> => {
      const credentials = await this.#credentialsOf(account);
      if ((credentials[feed.credentialField] ?? "") === "") return { kind: "no-feed" };
      const call = randomUUID();
      await this.#begin(call, account, quotas, "", []);
      const began = this.#parts.now();
      const end = async (outcome: AttemptOutcome, isFailure: boolean): Promise<void> => {
        const latencyMs = this.#parts.now() - began;
        this.#parts.called(account.source, outcome, latencyMs);
        await this.#parts.store.endCall(call, outcome, account.source, isFailure, 0, latencyMs);
      };
      let answer: ReturnType<ChangeFeed["readAnswer"]>;
      try {
        const request = feed.request(from, to, credentials, this.#parts.baseUrlOf(client));
        answer = feed.readAnswer(await this.#send(account, request, secrets(credentials, null), signal));
      } catch (error) {
        await end(error instanceof CallFailure || error instanceof EgressError ? error.code : "failed", error instanceof CallFailure);
        throw error;
      }
      if (answer.kind === "answered") {
        await this.#takeIn(account, answer.payloads, end);
        return { kind: "fed", payloads: answer.payloads.length };
      }
      await end(answer.kind, answer.kind === "unavailable" || answer.kind === "malformed");
      if (answer.kind === "unavailable") throw new CallFailure("unavailable", answer.retryAfterMs);
      if (answer.kind === "malformed") throw new CallFailure("malformed");
      return answer;
    };
    return this.#resilient(account, attempt);
  }

  async #resilient<Outcome>(account: OutboundAccount, attempt: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome | CallOutcome> {
    try {
      return await this.#parts.resilience.call(account.source, account.credential, attempt);
    } catch (error) {
      if (error instanceof CallEnded) return error.outcome;
      if (error instanceof CallFailure) return { kind: "failed", code: error.code, retryAfterMs: error.retryAfterMs };
      if (error instanceof EgressError) return { kind: "refused", code: error.code };
      throw error;
    }
  }

  #credentialsOf(account: OutboundAccount): Promise<Credentials> {
    return openCredential(this.#parts.keys, { tenant: account.tenant, account: account.id, source: account.source }, account);
  }

  async #attempt(
    account: OutboundAccount,
    client: CarrierClient,
    quotas: readonly Quota[],
    basis: string,
    polls: readonly PolledShipment[],
    signal: AbortSignal,
  ): Promise<CallOutcome> {
    const { resolver: numbers, store } = { resolver: this.#parts.numbers, store: this.#parts.store };
    const credentials = await this.#credentialsOf(account);
    const token = await this.#tokenOf(account, client, credentials, signal);
    const release = randomUUID();
    const sealed = await this.#begin(release, account, quotas, basis, polls);
    const resolved = sealed.length === 0 ? new Map<string, string>() : await numbers.resolve(account.tenant, sealed);
    const asked = [...new Set(resolved.values())];
    const unresolved = polls.flatMap(({ shipment }) => (resolved.has(shipment) ? [] : [shipment]));
    if (asked.length === 0) return { kind: "answered", answered: [], unresolved };
    const began = this.#parts.now();
    const end = async (outcome: AttemptOutcome, isFailure: boolean): Promise<void> => {
      const latencyMs = this.#parts.now() - began;
      this.#parts.called(account.source, outcome, latencyMs);
      await store.endCall(release, outcome, account.source, isFailure, asked.length, latencyMs);
    };
    let outcome: TrackOutcome;
    try {
      const request = client.trackRequest(asked, credentials, token, this.#parts.baseUrlOf(client));
      const covered: CoveredValue[] = asked.map((value) => ({ kind: "release", release, value }));
      outcome = client.readTrackAnswer(await this.#send(account, request, [...covered, ...secrets(credentials, token)], signal), asked);
    } catch (error) {
      await end(error instanceof CallFailure || error instanceof EgressError ? error.code : "failed", error instanceof CallFailure);
      throw error;
    }
    switch (outcome.kind) {
      case "answered": {
        await this.#takeIn(account, outcome.payloads, end);
        return { kind: "answered", answered: [...resolved.keys()], unresolved };
      }
      case "unauthorised":
        if (token !== null) await this.#parts.tokens.forget(account.credential, token);
        await end("unauthorised", false);
        return outcome;
      case "rate-limited":
        await end("rate-limited", false);
        return outcome;
      case "unavailable":
        await end("unavailable", true);
        throw new CallFailure("unavailable", outcome.retryAfterMs);
      case "malformed":
        await end("malformed", true);
        throw new CallFailure("malformed");
    }
  }

  /**
   * Calls with one credential begin one after the other, each counting from what the one before it has stored: a spending goes through only from the
   * instant that stands in the database.
   * @throws {CallEnded} `no-quota`
   */
  async #begin(
    release: string,
    account: OutboundAccount,
    quotas: readonly Quota[],
    basis: string,
    polls: readonly PolledShipment[],
  ): Promise<readonly SealedNumber[]> {
    const { credential } = account;
    const before = this.#spending.get(credential);
    const begun = (async () => {
      await before?.catch(() => {});
      return await this.#spend(release, account, quotas, basis, polls);
    })();
    this.#spending.set(credential, begun);
    try {
      return await begun;
    } finally {
      if (this.#spending.get(credential) === begun) this.#spending.delete(credential);
    }
  }

  async #spend(
    release: string,
    account: OutboundAccount,
    quotas: readonly Quota[],
    basis: string,
    polls: readonly PolledShipment[],
  ): Promise<readonly SealedNumber[]> {
    const { store, now } = this.#parts;
    for (let attempt = 1; attempt <= spendingsMax; attempt++) {
      const at = now();
      const spending = quotas.map(paceOf).map((pace) => {
        const was = this.freeAt(account.credential, pace);
        const cost = costOf(pace, polls.length);
        return { key: pace.key, was, freeAt: spent(pace, was, cost, at), waitMs: waitMs(pace, was, cost, at) };
      });
      if (spending.some((each) => each.waitMs > 0)) break;
      const sealed = await store.beginCall({ release, account: account.id, purpose: "tracking", basis, polls, quotas: spending });
      if (sealed !== null) {
        for (const { key, freeAt } of spending) this.#freeAt.set(`${account.credential} ${key}`, freeAt);
        return sealed;
      }
      // Another process was faster: what it left is what counts.
      await this.learnQuotas([account.credential]);
    }
    throw new CallEnded({ kind: "no-quota" });
  }

  async #tokenOf(account: OutboundAccount, client: CarrierClient, credentials: Credentials, signal: AbortSignal): Promise<string | null> {
    const { tokenRequest, readToken } = client;
    if (tokenRequest === undefined || readToken === undefined) return null;
    return this.#parts.tokens.of(account.credential, async () => {
      const request = tokenRequest(credentials, this.#parts.baseUrlOf(client));
      const issued = readToken(await this.#send(account, request, secrets(credentials, null), signal));
      if ("token" in issued) return issued;
      switch (issued.kind) {
        case "unauthorised":
        case "rate-limited":
          throw new CallEnded(issued);
        case "unavailable":
          throw new CallFailure("unavailable", issued.retryAfterMs);
        case "malformed":
          throw new CallFailure("malformed");
      }
    });
  }

  /** @throws {CallFailure} `timeout`, `unavailable`, `malformed` @throws {EgressError} the others. */
  async #send(
    { tenant, source }: OutboundAccount,
    { method, url, headers, body }: ClientRequest,
    covered: readonly CoveredValue[],
    signal: AbortSignal,
  ): Promise<ClientAnswer> {
    const call = { tenant, recipient: source, method, url, headers, body: body === null ? null : Buffer.from(body), covered };
    try {
      return await this.#parts.egress.send(call, signal);
    } catch (error) {
      if (!(error instanceof EgressError)) throw error;
      if (error.code === "timeout") throw new CallFailure("timeout", null, { cause: error });
      if (error.code === "unreachable") throw new CallFailure("unavailable", null, { cause: error });
      if (error.code === "answer-too-large") throw new CallFailure("malformed", null, { cause: error });
      throw error;
    }
  }

  /**
   * What the ingress refuses as it is, such as an answer that is too large, is an answer that cannot be read: asked for again in smaller batches, and a dead letter in
   * the end. It would be asked for without an end otherwise, and spend the quota.
   * @throws {CallEnded} `not-taken-in` @throws {CallFailure} `malformed`
   */
  async #takeIn(
    { tenant, source }: OutboundAccount,
    payloads: readonly Uint8Array[],
    end: (outcome: AttemptOutcome, isFailure: boolean) => Promise<void>,
  ): Promise<void> {
    for (const payload of payloads) {
      const taken = await this.#parts.ingress.handIn(tenant, source, payload);
      if (taken === "taken") continue;
      await end(taken === "away" ? "not-taken-in" : "malformed", taken === "refused");
      throw taken === "away" ? new CallEnded({ kind: "not-taken-in" }) : new CallFailure("malformed");
    }
    await end("answered", false);
  }
}

function secrets(credentials: Credentials, token: string | null): CoveredValue[] {
  const values = token === null ? Object.values(credentials) : [...Object.values(credentials), token];
  return values.map((value) => ({ kind: "credential", value }));
}
