import type { DecodeFailure } from "../../carriers/codec.ts";
import type { Commit } from "./committer.ts";
import type { IntakeOutcome, IntakeRequest } from "./intake.ts";
import type { TokenOutcome } from "./token-intake.ts";

/**
 * Requests handed over to an intake thread in one message. `requests` is JSON: cloning many small objects costs ten times as much. Their bodies lie one after
 * the other in `bytes`, which is transferred, not copied.
 */
export interface HandedOver {
  readonly requests: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What requests of one sender have in common. */
type Kind = Omit<IntakeRequest, "body" | "idempotencyKey">;

/** `numbers` holds for each request its serial, the places of its kind and of its key (or -1), and the bytes of its body. */
interface Requests {
  readonly kinds: readonly Kind[];
  readonly keys: readonly string[];
  readonly numbers: readonly number[];
}

/** A kind that is not among the last so many is told again, so that a message from many senders is not searched for long. */
const searchedKinds = 8;

/** Collects requests for one message. */
export class HandOver {
  #kinds: Kind[] = [];
  #keys: string[] = [];
  #numbers: number[] = [];
  #bodies: Buffer[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#bodies.length === 0;
  }

  add(serial: number, request: IntakeRequest): void {
    const { body, idempotencyKey } = request;
    this.#numbers.push(serial, this.#kindOf(request), idempotencyKey === null ? -1 : this.#keys.push(idempotencyKey) - 1, body.length);
    this.#bodies.push(body);
    this.#bytes += body.length;
  }

  /** What was collected; the next one begins. */
  take(): HandedOver {
    const requests = JSON.stringify({ kinds: this.#kinds, keys: this.#keys, numbers: this.#numbers } satisfies Requests);
    // Not zeroed before, since the bodies fill it; in memory of its own, since it is transferred.
    const bytes = Buffer.allocUnsafeSlow(this.#bytes) as Uint8Array<ArrayBuffer>;
    let at = 0;
    for (const body of this.#bodies) {
      bytes.set(body, at);
      at += body.length;
    }
    this.#kinds = [];
    this.#keys = [];
    this.#numbers = [];
    this.#bodies = [];
    this.#bytes = 0;
    return { requests, bytes };
  }

  #kindOf({ tenant, endpoint, source, contentType, contentEncoding, isReplay }: IntakeRequest): number {
    const last = this.#kinds.length - 1;
    for (let at = last; at >= 0 && at > last - searchedKinds; at--) {
      const kind = this.#kinds[at]!;
      if (
        kind.endpoint === endpoint &&
        kind.contentType === contentType &&
        kind.contentEncoding === contentEncoding &&
        kind.isReplay === isReplay &&
        kind.source === source &&
        kind.tenant === tenant
      )
        return at;
    }
    return this.#kinds.push({ tenant, endpoint, source, contentType, contentEncoding, isReplay }) - 1;
  }
}

/** Gives each request that was handed over to `take`, in their order. Their bodies are parts of the same memory. */
export function takeOver({ requests, bytes }: HandedOver, take: (serial: number, request: IntakeRequest) => void): void {
  const { kinds, keys, numbers } = JSON.parse(requests) as Requests;
  const bodies = Buffer.from(bytes.buffer);
  let from = 0;
  for (let at = 0; at < numbers.length; at += 4) {
    const { tenant, endpoint, source, contentType, contentEncoding, isReplay } = kinds[numbers[at + 1]!]!;
    const idempotencyKey = keys[numbers[at + 2]!] ?? null;
    const to = from + numbers[at + 3]!;
    const body = bodies.subarray(from, to);
    from = to;
    take(numbers[at]!, { tenant, endpoint, source, contentType, contentEncoding, idempotencyKey, isReplay, body });
  }
}

/** Requests that ended in the same way: their serials, and their receipts at the same places. */
export interface Receipts {
  readonly serials: number[];
  readonly receipts: string[];
}

/** What an intake thread tells, as JSON: the ends of requests, and what is to be counted. */
export interface IntakeReport {
  readonly accepted: Receipts;
  readonly duplicates: Receipts;
  /** All other ends. */
  readonly outcomes: { readonly serial: number; readonly outcome: OtherOutcome }[];
  readonly commits: Commit[];
  failures: number;
  readonly quarantined: { readonly source: string; readonly reason: DecodeFailure }[];
  /** Serials of what was to be forgotten and is. */
  readonly forgotten: number[];
}

export type OtherOutcome = Exclude<IntakeOutcome | TokenOutcome, { state: "accepted" | "duplicate" }>;

export function emptyReport(): IntakeReport {
  return {
    accepted: { serials: [], receipts: [] },
    duplicates: { serials: [], receipts: [] },
    outcomes: [],
    commits: [],
    failures: 0,
    quarantined: [],
    forgotten: [],
  };
}

export function tell(report: IntakeReport, serial: number, outcome: IntakeOutcome | TokenOutcome): void {
  if (outcome.state !== "accepted" && outcome.state !== "duplicate") {
    report.outcomes.push({ serial, outcome });
    return;
  }
  const { serials, receipts } = outcome.state === "accepted" ? report.accepted : report.duplicates;
  serials.push(serial);
  receipts.push(outcome.receipt);
}
