import { type Egress, EgressError } from "../egress.ts";
import { askedWaitMs, nextAttempt, pauseAfter } from "./retry.ts";
import { cloudEventsType } from "./shipment-event.ts";
import { signatures } from "./signature.ts";

/** An event on its way to an endpoint. */
export interface DueDelivery {
  readonly endpoint: string;
  readonly tenant: string;
  readonly url: string;
  readonly event: string;
  readonly body: string;
  /** With the one that is due. */
  readonly attempts: number;
  readonly since: Date;
  /** Of the endpoint, in a row, before this attempt. */
  readonly failures: number;
}

/** What became of an attempt. */
export interface Attempted {
  readonly endpoint: string;
  readonly event: string;
  readonly state: "delivered" | "waiting" | "dead";
  readonly dueAt: Date | null;
  /** The answer's status, or why there is none. */
  readonly code: string;
  /** What it says of the endpoint; null for what is no fault of its own and no merit. */
  readonly isFailure: boolean | null;
  readonly pauseMs: number | null;
  /** Set where the endpoint wants nothing any more. */
  readonly disable: "gone" | null;
}

export interface DeliveryParts {
  /** Up to `limit` deliveries that are due, of no busy endpoint; they are held for a while by whoever gets them. */
  readonly claim: (limit: number, busy: readonly string[]) => Promise<readonly DueDelivery[]>;
  readonly finish: (attempted: Attempted) => Promise<void>;
  /** The newest first. */
  readonly secretsOf: (endpoint: string) => Promise<readonly string[]>;
  readonly egress: Egress;
  readonly now: () => Date;
  readonly random: () => number;
  /** @param call its answer's status, null where there was none, and how long it took. */
  readonly counted: (
    outcome: "delivered" | "retried" | "dead" | "disabled",
    call: { readonly status: number | null; readonly tookMs: number },
  ) => void;
  /** What became of an attempt could not be told: it is made again when its hold is over. */
  readonly failed: (error: unknown) => void;
}

/** Calls at once, in all and to one endpoint. */
export const inFlightMax = 64;
export const inFlightPerEndpointMax = 4;
/** A receiver answers first and works later. */
const answerWithinMs = 15_000;
/** Longer than an attempt may take. */
export const holdS = 60;

/**
 * Delivers what is due, each event to each endpoint at least once: what a process had begun when it ended is claimed again. The order of events is not promised, not
 * for one shipment either; each holds the shipment's whole state and its time. A slow endpoint has its few calls and keeps nobody else waiting.
 */
export class WebhookDeliveries {
  readonly #parts: DeliveryParts;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #byEndpoint = new Map<string, number>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Begins what is due and there is room for. @returns how many calls were begun. */
  async begin(): Promise<number> {
    const room = inFlightMax - this.#inFlight.size;
    if (room <= 0) return 0;
    const busy = Array.from(this.#byEndpoint).flatMap(([endpoint, count]) => (count >= inFlightPerEndpointMax ? [endpoint] : []));
    const due = await this.#parts.claim(room, busy);
    for (const delivery of due) this.#start(delivery);
    return due.length;
  }

  /** Resolves when all that was begun has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  #start(delivery: DueDelivery): void {
    const { endpoint } = delivery;
    this.#byEndpoint.set(endpoint, (this.#byEndpoint.get(endpoint) ?? 0) + 1);
    const running = this.#deliver(delivery)
      .catch((error: unknown) => this.#parts.failed(error))
      .finally(() => {
        this.#inFlight.delete(running);
        const left = this.#byEndpoint.get(endpoint)! - 1;
        if (left === 0) this.#byEndpoint.delete(endpoint);
        else this.#byEndpoint.set(endpoint, left);
      });
    this.#inFlight.add(running);
  }

  async #deliver(delivery: DueDelivery): Promise<void> {
    const secrets = await this.#parts.secretsOf(delivery.endpoint);
    const began = performance.now();
    const attempted = await attempt(this.#parts, delivery, secrets);
    const tookMs = performance.now() - began;
    await this.#parts.finish(attempted);
    const status = /^\d{3}$/.test(attempted.code) ? Number(attempted.code) : null;
    this.#parts.counted(attempted.disable !== null ? "disabled" : attempted.state === "waiting" ? "retried" : attempted.state, {
      status,
      tookMs,
    });
  }
}

async function attempt(parts: DeliveryParts, delivery: DueDelivery, secrets: readonly string[]): Promise<Attempted> {
  const { tenant, endpoint, event, url, body } = delivery;
  const timestampS = Math.floor(parts.now().getTime() / 1000);
  try {
    const answer = await parts.egress.send(
      {
        tenant,
        recipient: `webhook:${endpoint}`,
        method: "POST",
        url,
        headers: {
          "content-type": cloudEventsType,
          "user-agent": "parcelkeep",
          "webhook-id": event,
          "webhook-timestamp": String(timestampS),
          "webhook-signature": signatures(secrets, event, timestampS, body),
        },
        body: Buffer.from(body),
        covered: [],
      },
      AbortSignal.timeout(answerWithinMs),
    );
    return afterAnswer(parts, delivery, answer.status, answer.headers["retry-after"]);
  } catch (error) {
    if (error instanceof EgressError) return afterNoAnswer(parts, delivery, error.code);
    throw error;
  }
}

function afterAnswer(parts: DeliveryParts, delivery: DueDelivery, status: number, retryAfter: string | undefined): Attempted {
  const { endpoint, event } = delivery;
  const code = String(status);
  if (status >= 200 && status < 300)
    return { endpoint, event, state: "delivered", dueAt: null, code, isFailure: false, pauseMs: null, disable: null };
  // 410: the receiver wants no more events (Standard Webhooks, "Operational considerations").
  if (status === 410) return { endpoint, event, state: "dead", dueAt: null, code, isFailure: true, pauseMs: null, disable: "gone" };
  return failed(parts, delivery, code, askedWaitMs(retryAfter, parts.now()));
}

function afterNoAnswer(parts: DeliveryParts, delivery: DueDelivery, code: EgressError["code"]): Attempted {
  const { endpoint, event } = delivery;
  // The same call would be refused again, and nothing is wrong with the endpoint.
  if (code === "leak") return { endpoint, event, state: "dead", dueAt: null, code, isFailure: null, pauseMs: null, disable: null };
  return failed(parts, delivery, code, null);
}

function failed(parts: DeliveryParts, delivery: DueDelivery, code: string, retryAfterMs: number | null): Attempted {
  const { endpoint, event, attempts, since, failures } = delivery;
  const dueAt = nextAttempt({ attempts, since, now: parts.now(), retryAfterMs, random: parts.random() });
  const pauseMs = pauseAfter(failures + 1, retryAfterMs);
  return { endpoint, event, state: dueAt === null ? "dead" : "waiting", dueAt, code, isFailure: true, pauseMs, disable: null };
}
