import type { StatusMeaning } from "../../domain/status.ts";

/**
 * `orderStatus`: values that public clients of BoxKnight's API name (read 2026-11-26), by their words; its page gives no meanings. An order whose
 * address was found ("geocoded") has not moved; one that was fetched is on the van for the same day.
 */
export const orderStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["CREATED", { status: "info_received", reason: null }],
  ["GEOCODED", { status: "info_received", reason: null }],
  ["PICKUP_ASSIGNED", { status: "info_received", reason: null }],
  ["PICKUP_EN_ROUTE", { status: "info_received", reason: null }],
  ["PICKUP_ARRIVED", { status: "info_received", reason: null }],
  ["PICKUP_COMPLETED", { status: "in_transit", reason: null }],
  ["SORTED", { status: "in_transit", reason: null }],
  ["DELIVERY_ASSIGNED", { status: "in_transit", reason: null }],
  ["DELIVERY_EN_ROUTE", { status: "out_for_delivery", reason: null }],
  ["DELIVERY_ARRIVED", { status: "out_for_delivery", reason: null }],
  ["DELIVERY_ATTEMPTED", { status: "delivery_attempt_failed", reason: null }],
  ["DELIVERY_FAILED", { status: "delivery_attempt_failed", reason: null }],
  ["DELIVERY_REJECTED", { status: "exception", reason: "recipient:refused" }],
  ["RETURNING", { status: "exception", reason: "transit:returning" }],
  ["RETURNED", { status: "returned", reason: null }],
  ["CANCELLED", { status: "exception", reason: "sender:cancelled" }],
  ["LOST", { status: "exception", reason: "carrier:lost" }],
  ["DELIVERY_COMPLETED", { status: "delivered", reason: null }],
]);
