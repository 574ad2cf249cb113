import { type Status, terminalStatuses } from "../../domain/status.ts";

/** What is known of a shipment when its turn has come. Times are epoch milliseconds. */
export interface TrackedShipment {
  readonly status: Status;
  readonly createdAt: number;
  /** When the index last learned something of it. */
  readonly changedAt: number;
  /** When its carrier last answered about it; null: never. */
  readonly polledAt: number | null;
  /** Whether its tenant has an address that this carrier sends to. */
  readonly isPushed: boolean;
}

export type PollDecision =
  | { readonly kind: "poll" }
  /** Not due by what is known now; look again then. */
  | { readonly kind: "wait"; readonly until: number }
  /** `finished`: delivered or returned, and asked once more after that. `stale`: nothing has changed for so long that nothing will. */
  | { readonly kind: "stop"; readonly why: "finished" | "stale" };

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A parcel that has ended is asked about once more: some come back, or were with a neighbour after all. */
export const recheckAfterMs = day;
/** One that had ended so long before anybody could ask is left alone. */
const recheckUntilMs = 7 * day;
/** Carriers give numbers out again after months; most drop what they know after 60 to 90 days. */
export const staleAfterMs = 60 * day;
/** What comes by itself is asked for as a safety net only. */
const pushedIntervalMs = 12 * hour;

/**
 * How often a status is worth asking about, by how long it has stood. Own choices: an announced parcel is handed over within days, one in transit has a
 * scan or two a day, the last mile is what shoppers look at. A carrier's own cadence and its quotas come on top.
 */
const intervals: Readonly<Record<Status, readonly (readonly [untilAgeMs: number, intervalMs: number])[]>> = {
  unknown: [
    [3 * day, 4 * hour],
    [14 * day, 12 * hour],
    [Infinity, day],
  ],
  not_found: [
    [3 * day, 4 * hour],
    [14 * day, 12 * hour],
    [Infinity, day],
  ],
  info_received: [
    [3 * day, 4 * hour],
    [14 * day, 12 * hour],
    [Infinity, day],
  ],
  in_transit: [
    [5 * day, 2 * hour],
    [21 * day, 6 * hour],
    [Infinity, day],
  ],
  out_for_delivery: [
    [16 * hour, 30 * minute],
    [3 * day, 2 * hour],
    [Infinity, 12 * hour],
  ],
  available_for_pickup: [
    [7 * day, 6 * hour],
    [Infinity, day],
  ],
  delivery_attempt_failed: [
    [3 * day, 3 * hour],
    [Infinity, 12 * hour],
  ],
  exception: [
    [7 * day, 6 * hour],
    [Infinity, day],
  ],
  returned: [[Infinity, day]],
  delivered: [[Infinity, day]],
};

/**
 * Whether a shipment is asked about now. Pure: the same facts give the same decision.
 * @param cadenceMs least time between two questions about one parcel, by the carrier.
 * @param jitter 0 to 1; spreads what came at once over a tenth of the interval.
 */
export function decidePoll(shipment: TrackedShipment, cadenceMs: number, now: number, jitter: number): PollDecision {
  const { status, changedAt, polledAt, isPushed } = shipment;
  if (terminalStatuses.has(status)) return decideRecheck(changedAt, polledAt, now);
  if (now - changedAt >= staleAfterMs) return { kind: "stop", why: "stale" };
  const interval = Math.max(intervalOf(status, now - changedAt), cadenceMs, isPushed ? pushedIntervalMs : 0);
  const seenAt = isPushed ? Math.max(polledAt ?? 0, changedAt) : polledAt;
  if (seenAt === null) return { kind: "poll" };
  const dueAt = seenAt + Math.round(interval * (1 + jitter / 10));
  return now >= dueAt ? { kind: "poll" } : { kind: "wait", until: dueAt };
}

function decideRecheck(changedAt: number, polledAt: number | null, now: number): PollDecision {
  const recheckAt = changedAt + recheckAfterMs;
  if (now < recheckAt) return { kind: "wait", until: recheckAt };
  const isOver = (polledAt !== null && polledAt >= recheckAt) || now >= changedAt + recheckUntilMs;
  return isOver ? { kind: "stop", why: "finished" } : { kind: "poll" };
}

function intervalOf(status: Status, ageMs: number): number {
  return intervals[status].find(([untilAgeMs]) => ageMs < untilAgeMs)![1];
}

/** After an answer the index needs a moment to take it in; then the shipment is looked at again, by what is known then. */
export const settleMs = 2 * minute;

/** When a shipment whose poll failed is due again: a minute, doubled with each failure in a row up to an hour, and a random part so that not all come at once. */
export function retryAt(failures: number, now: number, jitter: number): number {
  const waitMs = Math.min(hour, minute * 2 ** Math.min(failures - 1, 10));
  return now + Math.round(waitMs * (0.75 + jitter / 2));
}
