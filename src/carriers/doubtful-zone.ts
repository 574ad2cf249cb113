import type { CarrierTime } from "../domain/time.ts";

/**
 * The time with its digits kept and its zone given up: for senders that write `Z` behind a local time, or behind a bare date,
 * because their format wants a zone. The digits are then still good, the instant is not.
 */
export function withoutZone(time: CarrierTime | null): CarrierTime | null {
  return time === null ? null : { ...time, zone: null, confidence: "none", instant: null };
}
