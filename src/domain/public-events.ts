import { compareText } from "./bounded-union.ts";
import { compareNewest } from "./statement.ts";
import type { StoredEvent } from "./statement.ts";
import { statusRank } from "./status.ts";
import type { Status, StatusReason } from "./status.ts";
import { rfc3339 } from "./time.ts";
import type { ZoneConfidence } from "./time.ts";

/** An event as the API and the tracking page show it (DESIGN section 11). */
export interface PublicEvent {
  readonly status: Status;
  readonly reason: StatusReason | null;
  /** RFC 3339 UTC; null unless the carrier stated the zone. */
  readonly occurredAt: string | null;
  /** The clock on the wall, ISO 8601 without a zone; null when the carrier gave no time. */
  readonly localTime: string | null;
  /** Stated or assumed, as `zoneConfidence` says. */
  readonly zone: string | null;
  readonly zoneConfidence: ZoneConfidence;
  readonly code: string | null;
  readonly country: string | null;
  /** The time as the carrier wrote it. */
  readonly timeText: string | null;
}

/**
 * @returns the events, oldest first. Events without a time come before all others, by rank: their place is unknown, and the last
 * event of the list is the newest that is known to be so.
 */
export function publicEvents(state: { readonly events: readonly StoredEvent[] }): readonly PublicEvent[] {
  return state.events.toSorted(compareChronology).map(publicEvent);
}

function compareChronology(left: StoredEvent, right: StoredEvent): number {
  return (
    compareNewest(right.at, left.at) ||
    statusRank[left.status] - statusRank[right.status] ||
    compareText(left.fingerprint, right.fingerprint)
  );
}

function publicEvent({ status, reason, code, country, time }: StoredEvent): PublicEvent {
  return {
    status,
    reason,
    occurredAt: time === null || time.instant === null ? null : rfc3339(time.instant),
    localTime: time?.local ?? null,
    zone: time?.zone ?? null,
    zoneConfidence: time?.confidence ?? "none",
    code,
    country,
    timeText: time?.text ?? null,
  };
}
