import { compareText } from "./bounded-union.ts";
import { storedClaims } from "./carrier-claim.ts";
import type { CarrierClaim } from "./carrier-claim.ts";
import type { Estimate } from "./estimate.ts";
import type { Message } from "./message.ts";
import { knowledge, storedEvents, storedSummaries } from "./statement.ts";
import type { StoredEvent, StoredSummary } from "./statement.ts";
import { storedPersonal, storedTexts } from "./stored-token.ts";
import type { StoredPersonal, StoredText } from "./stored-token.ts";

/** What is said of a parcel: by one message, or by many together. Pseudonymous: tokens, codes, times and countries only. */
export interface Sayings extends Estimate {
  /** Whether a shop's order or fulfilment spoke of the parcel. */
  readonly announced: boolean;
  readonly carrierClaims: readonly CarrierClaim[];
  readonly events: readonly StoredEvent[];
  readonly summaries: readonly StoredSummary[];
  readonly personal: readonly StoredPersonal[];
  readonly texts: readonly StoredText[];
  /** The number that the parcel goes by, out of {@link numbers}. */
  readonly mainNumber: MainNumber | null;
  /** Tokens of all numbers of this parcel. */
  readonly numbers: readonly string[];
  readonly references: readonly string[];
  readonly parents: readonly string[];
}

export interface MainNumber {
  readonly token: string;
  /** Who calls the parcel so: 0 its carrier, 1 somebody who tracks it, 2 a shop. */
  readonly standing: 0 | 1 | 2;
}

/**
 * Orders and fulfilments add numbers, references and personal tokens, and announce the parcel. What a shop says of its progress is not the carrier's
 * word: a shop codec that relays carrier scans sends them as a message of kind `tracking`.
 */
export function sayingsOf(message: Message): Sayings {
  const { kind, number, references, parent } = message;
  const tracking = kind === "tracking";
  const events = tracking ? storedEvents(message) : [];
  const summaries = tracking ? storedSummaries(message) : [];
  const known = knowledge(events, summaries);
  const estimatedDelivery = tracking ? message.estimatedDelivery : null;
  return {
    announced: !tracking,
    carrierClaims: storedClaims(message),
    events,
    summaries,
    personal: storedPersonal(message, known),
    texts: tracking ? storedTexts(message, known) : [],
    estimatedDelivery,
    estimateKnowledge: estimatedDelivery === null ? null : known,
    mainNumber: number === null ? null : { token: number, standing: tracking ? (message.carrier === message.source ? 0 : 1) : 2 },
    numbers: numbersOf(message),
    references,
    parents: parent === null ? [] : [parent],
  };
}

/** Most numbers of one message; a parcel that changes hands has one for each carrier. */
const messageNumbersMax = 50;

/** Tokens of the numbers that a message gives its parcel. One that does not say which number is meant says nothing of a parcel. */
export function numbersOf({ number, alternatives }: Message): readonly string[] {
  if (number === null) return [];
  return alternatives.length === 0 ? [number] : [...new Set([number, ...alternatives])].slice(0, messageNumbersMax);
}

/** @returns the number of the best standing; the held one's own object when it stays. */
export function bestNumber(held: MainNumber | null, others: readonly (MainNumber | null)[]): MainNumber | null {
  let best = held;
  for (const other of others) {
    if (other === null) continue;
    if (best === null || (other.standing - best.standing || compareText(other.token, best.token)) < 0) best = other;
  }
  return best;
}
