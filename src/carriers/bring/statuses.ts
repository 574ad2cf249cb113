import { statusTable } from "../status-table.ts";

/**
 * `status` of an event in Bring's Tracking API and of an Event Cast message: the same words (developer.bring.com, Event Cast API, "Default events" and "Deviation events", read 2026-11-26).
 * `NOTIFICATION_SENT` is no scan; `EXPIRED` is about the subscription. `DELIVERED_BAG_ON_DOOR` is in public recordings of the consumer's answers.
 */
export const statusWords = statusTable([
  ["not_found", null, "NOT_REGISTERED"],
  ["info_received", null, "PRE_NOTIFIED"],
  ["in_transit", null, "COLLECTED HANDED_IN INTERNATIONAL IN_TRANSIT TERMINAL"],
  ["in_transit", "customs:processing", "CUSTOMS"],
  ["in_transit", "recipient:rescheduled", "DELIVERY_CANCELLED DELIVERY_CHANGED DELIVERY_ORDERED"],
  ["out_for_delivery", null, "TRANSPORT_TO_RECIPIENT"],
  ["available_for_pickup", null, "READY_FOR_PICKUP"],
  ["delivery_attempt_failed", null, "ATTEMPTED_DELIVERY"],
  ["exception", null, "DEVIATION"],
  ["exception", "transit:returning", "RETURN"],
  ["returned", null, "DELIVERED_SENDER"],
  ["delivered", null, "DELIVERED"],
  ["delivered", "delivered:safe_place", "DELIVERED_BAG_ON_DOOR"],
  ["unknown", null, "NOTIFICATION_SENT EXPIRED"],
]);
