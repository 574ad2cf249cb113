import { randomUUID } from "node:crypto";
import type { CarrierClient, ClientAnswer, ClientRequest, Credentials, TrackOutcome } from "../carriers/client.ts";
import type { Quota } from "../domain/register-entry.ts";
import { type CoveredValue, type Egress, EgressError } from "../outbound/egress.ts";
import { costOf, type Pace, paceOf, spent, waitMs } from "../outbound/polling/quota.ts";
import { CallFailure, type Resilience } from "../outbound/resilience.ts";
import type { TokenCache } from "../outbound/token-cache.ts";
import type { OutboundAccount, OutboundStore, SealedNumber } from "../store/outbound-store.ts";
import { openCredential } from "../vault/carrier-credentials.ts";
import type { OpeningKeys } from "../vault/keys/provider.ts";
import type { NumberResolver } from "../vault/resolve-numbers.ts";
import type { CapturedIngress } from "./captured-ingress.ts";

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

export interface CarrierCallParts {
  readonly store: Pick<OutboundStore, "beginCall" | "endCall" | "quotaUses">;
  readonly egress: Egress;
  readonly ingress: CapturedIngress;
  readonly keys: Pick<OpeningKeys, "unwrap">;
  readonly numbers: Pick<NumberResolver, "resolve">;
  readonly tokens: TokenCache;
  readonly resilience: Resilience;
  /** Where the source is called. */
  readonly baseUrlOf: (client: CarrierClient) => string;
  readonly now: () => number;
  readonly called: (source: string, outcome: string, latencyMs: number) => void;
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
  /** The instants of quotas as this process last knew them, by `credential quota`. */
  readonly #freeAt = new Map<string, number>();

  constructor(parts: CarrierCallParts) {
    this.#parts = parts;
  }

  /** Reads what was spent, by this process and by others. */
  async learnQuotas(credentials: readonly string[]): Promise<void> {
    for (const [name, freeAt] of await this.#parts.store.quotaUses(credentials)) {
      this.#freeAt.set(name, Math.max(freeAt, this.#freeAt.get(name) ?? 0));
    }
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
    try {
      return await this.#parts.resilience.call(account.source, account.credential, attempt);
    } catch (error) {
      if (error instanceof CallEnded) return error.outcome;
      if (error instanceof CallFailure) return { kind: "failed", code: error.code, retryAfterMs: error.retryAfterMs };
      if (error instanceof EgressError) return { kind: "refused", code: error.code };
      throw error;
    }
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
    const credentials = await openCredential(
      this.#parts.keys,
      { tenant: account.tenant, account: account.id, source: account.source },
      account,
    );
    const token = await this.#tokenOf(account, client, credentials, signal);
    const release = randomUUID();
    const sealed = await this.#begin(release, account, quotas, basis, polls);
    const resolved = sealed.length === 0 ? new Map<string, string>() : await numbers.resolve(account.tenant, sealed);
    const asked = [...new Set(resolved.values())];
    const unresolved = polls.flatMap(({ shipment }) => (resolved.has(shipment) ? [] : [shipment]));
    if (asked.length === 0) return { kind: "answered", answered: [], unresolved };
    const began = this.#parts.now();
    const end = async (outcome: string, isFailure: boolean): Promise<void> => {
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
        const isTakenIn = await this.#takeIn(account, outcome.payloads);
        await end(isTakenIn ? "answered" : "not-taken-in", false);
        if (!isTakenIn) throw new CallEnded({ kind: "not-taken-in" });
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

  /** @throws {CallEnded} `no-quota` */
  async #begin(
    release: string,
    account: OutboundAccount,
    quotas: readonly Quota[],
    basis: string,
    polls: readonly PolledShipment[],
  ): Promise<readonly SealedNumber[]> {
    const now = this.#parts.now();
    const spending = quotas.map(paceOf).map((pace) => {
      const was = this.freeAt(account.credential, pace);
      const cost = costOf(pace, polls.length);
      return { key: pace.key, was, freeAt: spent(pace, was, cost, now), waitMs: waitMs(pace, was, cost, now) };
    });
    if (spending.some((each) => each.waitMs > 0)) throw new CallEnded({ kind: "no-quota" });
    // Two calls of one process with one credential would both count from the same instant.
    for (const { key, freeAt } of spending) this.#freeAt.set(`${account.credential} ${key}`, freeAt);
    const sealed = await this.#parts.store.beginCall({ release, account: account.id, purpose: "tracking", basis, polls, quotas: spending });
    if (sealed !== null) return sealed;
    await this.learnQuotas([account.credential]);
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

  async #takeIn({ tenant, source }: OutboundAccount, payloads: readonly Uint8Array[]): Promise<boolean> {
    for (const payload of payloads) {
      if (!(await this.#parts.ingress.take(tenant, source, payload))) return false;
    }
    return true;
  }
}

function secrets(credentials: Credentials, token: string | null): CoveredValue[] {
  const values = token === null ? Object.values(credentials) : [...Object.values(credentials), token];
  return values.map((value) => ({ kind: "credential", value }));
}
