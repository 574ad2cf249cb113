import type { StatusMeaning } from "../../domain/status.ts";

/** `shipment_status` of a fulfilment: the names of FulfillmentEventStatus in lower case (shopify.dev, Admin API, read 2026-11-24). */
export const shipmentStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["label_purchased", { status: "info_received", reason: null }],
  ["label_printed", { status: "info_received", reason: null }],
  ["confirmed", { status: "info_received", reason: null }], // Shopify's default where it knows nothing else
  ["carrier_picked_up", { status: "in_transit", reason: null }],
  ["in_transit", { status: "in_transit", reason: null }],
  ["delayed", { status: "exception", reason: "carrier:delayed" }],
  ["out_for_delivery", { status: "out_for_delivery", reason: null }],
  ["attempted_delivery", { status: "delivery_attempt_failed", reason: null }],
  ["ready_for_pickup", { status: "available_for_pickup", reason: null }],
  ["picked_up", { status: "delivered", reason: "delivered:collected" }],
  ["delivered", { status: "delivered", reason: null }],
  ["failure", { status: "exception", reason: null }],
]);
