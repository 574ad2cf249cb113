import type { StatusMeaning } from "../../domain/status.ts";

/**
 * Tags: aftership.com/docs/tracking/enum/delivery-statuses, read 2026-11-24. `Expired` says that nothing was heard for 30 days, not
 * what became of the parcel.
 */
export const tags: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["Pending", { status: "not_found", reason: null }],
  ["InfoReceived", { status: "info_received", reason: null }],
  ["InTransit", { status: "in_transit", reason: null }],
  ["OutForDelivery", { status: "out_for_delivery", reason: null }],
  ["AttemptFail", { status: "delivery_attempt_failed", reason: null }],
  ["Delivered", { status: "delivered", reason: null }],
  ["AvailableForPickup", { status: "available_for_pickup", reason: null }],
  ["Exception", { status: "exception", reason: null }],
  ["Expired", { status: "unknown", reason: null }],
]);

/**
 * Subtags: aftership.com/docs/tracking/2026-07/enum/delivery-sub-statuses, read 2026-11-24. Of `InTransit_010` to `_013`,
 * `Exception_014` and `Exception_015` only the existence is known to us; they carry the meaning of their tag.
 */
export const subtags: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["Pending_001", { status: "not_found", reason: null }],
  ["Pending_002", { status: "not_found", reason: null }],
  ["Pending_003", { status: "not_found", reason: null }],
  ["Pending_004", { status: "not_found", reason: null }],
  ["Pending_005", { status: "not_found", reason: null }],
  ["Pending_006", { status: "not_found", reason: null }],
  ["InfoReceived_001", { status: "info_received", reason: null }],
  ["InTransit_001", { status: "in_transit", reason: null }],
  ["InTransit_002", { status: "in_transit", reason: null }], // Acceptance scan
  ["InTransit_003", { status: "in_transit", reason: null }], // Arrival scan
  ["InTransit_004", { status: "in_transit", reason: null }], // Arrived in the destination country
  ["InTransit_005", { status: "in_transit", reason: null }], // Customs cleared
  ["InTransit_006", { status: "in_transit", reason: "customs:processing" }], // Customs clearance started
  ["InTransit_007", { status: "in_transit", reason: null }], // Departure scan
  ["InTransit_008", { status: "in_transit", reason: null }], // Problem resolved
  ["InTransit_009", { status: "in_transit", reason: "transit:forwarded" }], // Forwarded to another address
  ["InTransit_010", { status: "in_transit", reason: null }],
  ["InTransit_011", { status: "in_transit", reason: null }],
  ["InTransit_012", { status: "in_transit", reason: null }],
  ["InTransit_013", { status: "in_transit", reason: null }],
  ["OutForDelivery_001", { status: "out_for_delivery", reason: null }],
  ["OutForDelivery_003", { status: "out_for_delivery", reason: null }], // Customer contacted
  ["OutForDelivery_004", { status: "out_for_delivery", reason: null }], // Appointment made
  ["AttemptFail_001", { status: "delivery_attempt_failed", reason: null }],
  ["AttemptFail_002", { status: "delivery_attempt_failed", reason: "recipient:absent" }],
  ["AttemptFail_003", { status: "delivery_attempt_failed", reason: "recipient:business_closed" }],
  ["AvailableForPickup_001", { status: "available_for_pickup", reason: null }],
  ["Delivered_001", { status: "delivered", reason: null }],
  ["Delivered_002", { status: "delivered", reason: "delivered:collected" }],
  ["Delivered_003", { status: "delivered", reason: "delivered:signed" }],
  ["Delivered_004", { status: "delivered", reason: null }], // Cash on delivery received
  ["Delivered_005", { status: "delivered", reason: "delivered:neighbour" }],
  ["Exception_001", { status: "exception", reason: null }],
  ["Exception_002", { status: "exception", reason: "recipient:moved" }],
  ["Exception_003", { status: "exception", reason: "recipient:refused" }],
  ["Exception_004", { status: "exception", reason: "customs:held" }], // Delayed: customs clearance
  ["Exception_005", { status: "exception", reason: "carrier:delayed" }], // Delayed: external factors
  ["Exception_006", { status: "exception", reason: "recipient:payment_due" }], // Held for payment
  ["Exception_007", { status: "exception", reason: "recipient:address_incorrect" }],
  ["Exception_008", { status: "exception", reason: "recipient:not_collected" }], // Pick-up missed
  ["Exception_009", { status: "exception", reason: "carrier:cancelled" }], // Rejected by the carrier
  ["Exception_010", { status: "exception", reason: "transit:returning" }],
  ["Exception_011", { status: "returned", reason: null }],
  ["Exception_012", { status: "exception", reason: "carrier:damaged" }],
  ["Exception_013", { status: "exception", reason: "carrier:lost" }],
  ["Exception_014", { status: "exception", reason: null }],
  ["Exception_015", { status: "exception", reason: null }],
  ["Exception_016", { status: "exception", reason: "carrier:delayed" }], // Delayed: processing issue
  ["Exception_017", { status: "exception", reason: "weather:delayed" }],
  ["Exception_018", { status: "exception", reason: "sender:documents_missing" }],
  ["Exception_019", { status: "exception", reason: "carrier:delayed" }], // Late flight
  ["Exception_020", { status: "exception", reason: "sender:cancelled" }], // Cancelled
  ["Exception_021", { status: "exception", reason: "carrier:disposed" }],
  ["Expired_001", { status: "unknown", reason: null }],
]);
