import type { StatusMeaning } from "../../domain/status.ts";

/**
 * `status` of a shipment, an item and an event in PostNord's Track & Trace v5 (developer.postnord.com, and public clients, read 2026-11-26). `OTHER` is
 * PostNord's own "none of these". `SPLIT`: the items of a shipment are not together.
 */
export const statusWords: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["CREATED", { status: "info_received", reason: null }],
  ["INFORMED", { status: "info_received", reason: null }],
  ["EN_ROUTE", { status: "in_transit", reason: null }],
  ["SPLIT", { status: "in_transit", reason: null }],
  ["DELAYED", { status: "in_transit", reason: "carrier:delayed" }],
  ["EXPECTED_DELAY", { status: "in_transit", reason: "carrier:delayed" }],
  ["DELIVERY", { status: "out_for_delivery", reason: null }],
  ["AVAILABLE_FOR_DELIVERY", { status: "available_for_pickup", reason: null }],
  ["AVAILABLE_FOR_DELIVERY_PAR_LOC", { status: "available_for_pickup", reason: null }],
  ["DELIVERY_IMPOSSIBLE", { status: "delivery_attempt_failed", reason: null }],
  ["DELIVERY_REFUSED", { status: "delivery_attempt_failed", reason: "recipient:refused" }],
  ["STOPPED", { status: "exception", reason: null }],
  ["RETURNED", { status: "returned", reason: null }],
  ["DELIVERED", { status: "delivered", reason: null }],
  ["OTHER", { status: "unknown", reason: null }],
]);

/** `eventCode` that says more than its event's status: 113, "the delivery of the shipment item is in progress", comes as `EN_ROUTE`. */
export const eventCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["113", { status: "out_for_delivery", reason: null }],
]);
