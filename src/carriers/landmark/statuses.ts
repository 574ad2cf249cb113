import type { StatusMeaning } from "../../domain/status.ts";

/** `EventCode`: Landmark Global's tracking codes with their words, as public clients of its API list them, read 2026-11-26. */
export const eventCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["50", { status: "info_received", reason: null }], // Shipment data uploaded
  ["60", { status: "info_received", reason: null }], // Inventory allocated
  ["75", { status: "info_received", reason: null }], // Shipment processed
  ["80", { status: "info_received", reason: null }], // Shipment fulfilled
  ["90", { status: "exception", reason: "customs:payment_due" }], // Held for payment
  ["100", { status: "info_received", reason: null }], // Information transmitted to the carrier
  ["125", { status: "in_transit", reason: null }], // Customs cleared
  ["135", { status: "exception", reason: "customs:held" }], // Customs issue
  ["150", { status: "in_transit", reason: null }], // Crossing border
  ["155", { status: "in_transit", reason: null }], // Crossing received
  ["200", { status: "in_transit", reason: null }], // Scanned at postal facility
  ["225", { status: "in_transit", reason: null }], // Grouped at a facility
  ["250", { status: "in_transit", reason: null }], // Scanned for crossing
  ["275", { status: "in_transit", reason: null }], // In transit with carrier
  ["300", { status: "out_for_delivery", reason: null }],
  ["400", { status: "delivery_attempt_failed", reason: null }],
  ["410", { status: "available_for_pickup", reason: null }],
  ["450", { status: "in_transit", reason: "transit:forwarded" }], // Re-directed to a new address
  ["500", { status: "delivered", reason: null }],
  ["510", { status: "delivered", reason: "delivered:signed" }], // Proof of delivery
  ["900", { status: "exception", reason: null }], // Delivery failed
]);
