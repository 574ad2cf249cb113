import { boundedUnion, compareText } from "./bounded-union.ts";
import type { CarrierId } from "./carrier.ts";
import { claimKey, compareClaims, storedClaims } from "./carrier-claim.ts";
import type { CarrierClaim } from "./carrier-claim.ts";
import { bestEstimate } from "./estimate.ts";
import type { Message } from "./message.ts";
import { compareStrength, deriveStatus } from "./shipment-status.ts";
import type { Status, StatusReason } from "./status.ts";
import { storedEvents, storedSummaries, summaryKey } from "./statement.ts";
import type { StoredEvent, StoredSummary } from "./statement.ts";
import { comparePersonal, compareTexts, personalKey, storedPersonal, storedTexts } from "./stored-token.ts";
import type { StoredPersonal, StoredText } from "./stored-token.ts";
import type { CarrierTime } from "./time.ts";

/** Bounds of one shipment's state. A carrier scans a parcel some ten to sixty times; a thousand holds a lost one's year of daily notices twice over. */
export const shipmentEventsMax = 1000;
export const shipmentSummariesMax = 200;
export const shipmentPersonalMax = 200;
export const shipmentTextsMax = 50;
/** For each of numbers, references, parents and carrier claims. */
export const shipmentLinksMax = 50;

/** A shipment as the tracking index keeps it, as JSON. Pseudonymous: tokens, codes, times and countries only. */
export interface ShipmentState {
  readonly version: 1;
  readonly carrier: CarrierId | null;
  readonly status: Status;
  readonly reason: StatusReason | null;
  readonly statusCode: string | null;
  readonly statusAt: CarrierTime | null;
  readonly estimatedDelivery: CarrierTime | null;
  /** How recent the estimate is: `knowledge` of the message that it came with. */
  readonly estimateKnowledge: number | null;
  /** Whether a shop's order or fulfilment spoke of this shipment. */
  readonly announced: boolean;
  /** Most credible first; `carrier` is the first one's. */
  readonly carrierClaims: readonly CarrierClaim[];
  /** Strongest first (`compareStrength`), one per fingerprint. */
  readonly events: readonly StoredEvent[];
  /** Strongest first, one per source and instant. */
  readonly summaries: readonly StoredSummary[];
  readonly personal: readonly StoredPersonal[];
  readonly texts: readonly StoredText[];
  /** Tokens of all numbers of this parcel. */
  readonly numbers: readonly string[];
  readonly references: readonly string[];
  readonly parents: readonly string[];
}

const nothing: ShipmentState = {
  version: 1,
  carrier: null,
  status: "unknown",
  reason: null,
  statusCode: null,
  statusAt: null,
  estimatedDelivery: null,
  estimateKnowledge: null,
  announced: false,
  carrierClaims: [],
  events: [],
  summaries: [],
  personal: [],
  texts: [],
  numbers: [],
  references: [],
  parents: [],
};

/**
 * Adds messages to a shipment. The result depends on the set of all messages ever added and on nothing else: not on their order,
 * not on how they were grouped into calls, not on repeats. So retries, replays and late deliveries need no care.
 *
 * 1. Every collection is a bounded union (`boundedUnion`) under a total order of its own.
 * 2. An event is the same event when its fingerprint is; of two contents the stronger is kept.
 * 3. Over a bound the weakest statements go: `unknown` and `not_found` first, then those without a time, then the oldest, terminal ones
 *    last. Status and bound use one order, so no bound changes a status.
 * 4. Personal tokens, texts and estimates have no time of their own. They are as recent as the newest event or summary of the message that
 *    brought them (`knowledge`).
 * 5. Orders and fulfilments add numbers, references and personal tokens, and announce the shipment. What a shop says of the parcel's
 *    progress is not the carrier's word: a shop codec that relays carrier scans sends them as a message of kind `tracking`.
 * 6. The status is derived anew from the whole (`deriveStatus`).
 *
 * @param state null for a shipment that is met for the first time; else an earlier result, also one that went through JSON.
 * @returns `state` itself when the messages add nothing.
 */
export function foldMessages(state: ShipmentState | null, messages: readonly Message[]): ShipmentState {
  const held = state ?? nothing;
  const tracking = messages.filter((message) => message.kind === "tracking");
  const merged = {
    ...bestEstimate(held, tracking),
    announced: held.announced || tracking.length < messages.length,
    carrierClaims: boundedUnion(held.carrierClaims, messages.flatMap(storedClaims), claimKey, compareClaims, shipmentLinksMax),
    events: boundedUnion(held.events, tracking.flatMap(storedEvents), (event) => event.fingerprint, compareStrength, shipmentEventsMax),
    summaries: boundedUnion(held.summaries, tracking.flatMap(storedSummaries), summaryKey, compareStrength, shipmentSummariesMax),
    personal: boundedUnion(held.personal, messages.flatMap(storedPersonal), personalKey, comparePersonal, shipmentPersonalMax),
    texts: boundedUnion(held.texts, tracking.flatMap(storedTexts), (text) => text.token, compareTexts, shipmentTextsMax),
    numbers: unionOfTokens(
      held.numbers,
      messages.flatMap(({ number, alternatives }) => [number, ...alternatives]),
    ),
    references: unionOfTokens(
      held.references,
      messages.flatMap(({ references }) => references),
    ),
    parents: unionOfTokens(
      held.parents,
      messages.map(({ parent }) => parent),
    ),
  };
  if (state !== null && isPartOf(merged, state)) return state;
  const { status, reason, code, time } = deriveStatus(merged.events, merged.summaries, merged.announced);
  const carrier = merged.carrierClaims[0]?.carrier ?? null;
  return { version: 1, carrier, status, reason, statusCode: code, statusAt: time, ...merged };
}

function unionOfTokens(held: readonly string[], incoming: readonly (string | null)[]): readonly string[] {
  const tokens = incoming.filter((token) => token !== null);
  return boundedUnion(held, tokens, (token) => token, compareText, shipmentLinksMax);
}

function isPartOf(part: Partial<ShipmentState>, state: ShipmentState): boolean {
  return (Object.keys(part) as (keyof ShipmentState)[]).every((name) => part[name] === state[name]);
}
