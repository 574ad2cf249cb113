import type { StatusMeaning } from "../../domain/status.ts";

/**
 * Ids of parcel statuses (`GET /api/v2/parcels/statuses`), with Sendcloud's message for each as given in public clients and their
 * meanings in sendcloud.dev, tracking statuses (both read 2026-11-24).
 */
export const statusIds: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["1", { status: "info_received", reason: null }], // Announced
  ["3", { status: "in_transit", reason: null }], // En route to sorting center
  ["4", { status: "exception", reason: "carrier:delayed" }], // Delivery delayed
  ["5", { status: "in_transit", reason: null }], // Sorted
  ["6", { status: "in_transit", reason: null }], // Not sorted
  ["7", { status: "in_transit", reason: null }], // Being sorted
  ["8", { status: "delivery_attempt_failed", reason: null }], // Delivery attempt failed
  ["11", { status: "delivered", reason: null }], // Delivered
  ["12", { status: "available_for_pickup", reason: null }], // Awaiting customer pickup
  ["13", { status: "info_received", reason: "sender:not_handed_over" }], // Announced: not collected
  ["15", { status: "exception", reason: null }], // Error collecting
  ["22", { status: "in_transit", reason: null }], // Shipment picked up by driver
  ["80", { status: "exception", reason: null }], // Unable to deliver
  ["91", { status: "in_transit", reason: null }], // Parcel en route
  ["92", { status: "out_for_delivery", reason: null }], // Driver en route
  ["93", { status: "delivered", reason: "delivered:collected" }], // Shipment collected by customer
  ["94", { status: "unknown", reason: null }], // Parcel cancellation failed: says nothing about where the parcel is
  ["999", { status: "info_received", reason: null }], // No label
  ["1000", { status: "info_received", reason: null }], // Ready to send
  ["1001", { status: "info_received", reason: null }], // Being announced
  ["1002", { status: "exception", reason: null }], // Announcement failed
  ["1337", { status: "unknown", reason: null }], // Unknown status - check carrier track & trace page for more insights
  ["1998", { status: "exception", reason: "sender:cancelled" }], // Cancelled upstream
  ["1999", { status: "exception", reason: "sender:cancelled" }], // Cancellation requested
  ["2000", { status: "exception", reason: "sender:cancelled" }], // Cancelled
  ["2001", { status: "exception", reason: "sender:cancelled" }], // Submitting cancellation request
  ["62989", { status: "in_transit", reason: "customs:processing" }], // At Customs
  ["62990", { status: "in_transit", reason: null }], // At sorting centre
  ["62991", { status: "delivery_attempt_failed", reason: "recipient:refused" }], // Refused by recipient
  ["62992", { status: "returned", reason: null }], // Returned to sender
  ["62993", { status: "in_transit", reason: "recipient:rescheduled" }], // Delivery method changed
  ["62994", { status: "in_transit", reason: "recipient:rescheduled" }], // Delivery date changed
  ["62995", { status: "in_transit", reason: "transit:forwarded" }], // Delivery address changed
  ["62996", { status: "exception", reason: null }], // Exception: lost, damaged, destroyed …
  ["62997", { status: "exception", reason: "recipient:address_incorrect" }], // Address invalid
]);
