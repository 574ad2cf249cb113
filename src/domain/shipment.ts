import { boundedUnion, compareText } from "./bounded-union.ts";
import type { CarrierId } from "./carrier.ts";
import { claimKey, compareClaims } from "./carrier-claim.ts";
import { bestEstimate } from "./estimate.ts";
import type { Message } from "./message.ts";
import { bestNumber, sayingsOf } from "./sayings.ts";
import type { Sayings } from "./sayings.ts";
import { compareStrength, deriveStatus } from "./shipment-status.ts";
import type { Status, StatusReason } from "./status.ts";
import { summaryKey } from "./statement.ts";
import { comparePersonal, compareTexts, personalKey, personalKind } from "./stored-token.ts";
import type { CarrierTime } from "./time.ts";

/** Bounds of one shipment's state. A carrier scans a parcel some ten to sixty times; a thousand holds a lost one's year of daily notices twice over. */
export const shipmentEventsMax = 1000;
export const shipmentSummariesMax = 200;
export const shipmentPersonalMax = 200;
/** Tokens of one category and role: a message brings one, or the three lines of a street. Older ones stay in the vault, found by their record. */
export const shipmentPersonalOfKindMax = 4;
export const shipmentTextsMax = 50;
/** For each of numbers, references, parents and carrier claims. */
export const shipmentLinksMax = 50;

/**
 * A shipment as the tracking index keeps it: all that was said of it, and what follows. Claims are in order, most credible first; events and
 * summaries strongest first (`compareStrength`), one per fingerprint, and one per source and instant.
 */
export interface ShipmentState extends Sayings {
  readonly version: 1;
  /** The most credible claim's. */
  readonly carrier: CarrierId | null;
  readonly status: Status;
  readonly reason: StatusReason | null;
  readonly statusCode: string | null;
  readonly statusAt: CarrierTime | null;
}

const nothing: Sayings = {
  estimatedDelivery: null,
  estimateKnowledge: null,
  announced: false,
  carrierClaims: [],
  events: [],
  summaries: [],
  personal: [],
  texts: [],
  mainNumber: null,
  numbers: [],
  references: [],
  parents: [],
};

/**
 * Adds messages to a shipment.
 * @param state null for a shipment that is met for the first time; else an earlier result, also one that was stored.
 */
export function foldMessages(state: ShipmentState | null, messages: readonly Message[]): ShipmentState {
  return addSayings(state, messages.map(sayingsOf));
}

/**
 * Adds what messages say to a shipment, or what other shipments say that turned out to be the same parcel. The result depends on the set of all messages
 * ever added and on nothing else: not on their order, not on how they were grouped into calls and shipments, not on repeats. So retries, replays and late
 * deliveries need no care.
 *
 * 1. Every collection is a bounded union (`boundedUnion`) under a total order of its own.
 * 2. An event is the same event when its fingerprint is; of two contents the stronger is kept.
 * 3. Over a bound the weakest statements go: `unknown` and `not_found` first, then those without a time, then the oldest, terminal ones
 *    last. Status and bound use one order, so no bound changes a status.
 * 4. Personal tokens, texts and estimates have no time of their own. They are as recent as the newest event or summary of the message that
 *    brought them (`knowledge`).
 * 5. A shop announces; it says nothing of the parcel's progress (`sayingsOf`).
 * 6. The status is derived anew from the whole (`deriveStatus`).
 *
 * @returns `state` itself when the others add nothing.
 */
export function addSayings(state: ShipmentState | null, more: readonly Sayings[]): ShipmentState {
  if (state !== null && more.length === 0) return state;
  const held = state ?? nothing;
  const said: Sayings = {
    ...bestEstimate(held, more),
    announced: held.announced || more.some(({ announced }) => announced),
    carrierClaims: boundedUnion(held.carrierClaims, more.flatMap(claims), claimKey, compareClaims, shipmentLinksMax),
    events: boundedUnion(held.events, more.flatMap(events), (event) => event.fingerprint, compareStrength, shipmentEventsMax),
    summaries: boundedUnion(held.summaries, more.flatMap(summaries), summaryKey, compareStrength, shipmentSummariesMax),
    personal: boundedUnion(held.personal, more.flatMap(personal), personalKey, comparePersonal, shipmentPersonalMax, ofKind),
    texts: boundedUnion(held.texts, more.flatMap(texts), (text) => text.token, compareTexts, shipmentTextsMax),
    mainNumber: bestNumber(
      held.mainNumber,
      more.map(({ mainNumber }) => mainNumber),
    ),
    numbers: unionOfTokens(held.numbers, more.flatMap(numbers)),
    references: unionOfTokens(held.references, more.flatMap(references)),
    parents: unionOfTokens(held.parents, more.flatMap(parents)),
  };
  return state !== null && isPartOf(said, state) ? state : shipmentOf(said);
}

/** A shipment's state as it follows from all that was said. @param said results of bounded unions, in their order. */
export function shipmentOf(said: Sayings): ShipmentState {
  // The strongest of each stands first, so the others need not be looked at.
  const { status, reason, code, time } = deriveStatus(said.events.slice(0, 1), said.summaries.slice(0, 1), said.announced);
  const carrier = said.carrierClaims[0]?.carrier ?? null;
  return { version: 1, carrier, status, reason, statusCode: code, statusAt: time, ...said };
}

const claims = (said: Sayings) => said.carrierClaims;
const events = (said: Sayings) => said.events;
const summaries = (said: Sayings) => said.summaries;
const personal = (said: Sayings) => said.personal;
const texts = (said: Sayings) => said.texts;
const numbers = (said: Sayings) => said.numbers;
const references = (said: Sayings) => said.references;
const parents = (said: Sayings) => said.parents;
const ofKind = { kindOf: personalKind, max: shipmentPersonalOfKindMax };

function unionOfTokens(held: readonly string[], incoming: readonly string[]): readonly string[] {
  return boundedUnion(held, incoming, (token) => token, compareText, shipmentLinksMax);
}

function isPartOf(part: Partial<ShipmentState>, state: ShipmentState): boolean {
  return (Object.keys(part) as (keyof ShipmentState)[]).every((name) => part[name] === state[name]);
}
