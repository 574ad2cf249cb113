import type { StatusMeaning, StatusReason } from "../../domain/status.ts";

/**
 * Scan event types and status codes; FedEx uses one list for `eventType`, `latestStatusDetail.code` and the derived codes.
 * Codes and their English names: FedEx Web Services developer guide, Track service (2015 and 2020 editions), read 2026-11-24 in
 * public clients that quote it, since FedEx's own page needs a login. `AE`, `IN` and `IP` are in live answers, not in that list.
 * The list gives `EA` and `SP` two readings ("enroute to airport" or "export approved"; both are in transit).
 */
export const statusCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["IN", { status: "info_received", reason: null }], // Initiated
  ["OC", { status: "info_received", reason: null }], // Order created
  ["OX", { status: "info_received", reason: null }], // Shipment information sent to the postal service
  ["EP", { status: "info_received", reason: null }], // Enroute to pickup
  ["DS", { status: "info_received", reason: null }], // Vehicle dispatched (to the pickup)
  ["DR", { status: "info_received", reason: "sender:not_handed_over" }], // Vehicle furnished but not used
  ["PD", { status: "info_received", reason: "carrier:delayed" }], // Pickup delay
  ["AP", { status: "in_transit", reason: null }], // At pickup
  ["PU", { status: "in_transit", reason: null }], // Picked up
  ["PX", { status: "in_transit", reason: null }], // Picked up (see details)
  ["IP", { status: "in_transit", reason: null }], // In FedEx possession
  ["AA", { status: "in_transit", reason: null }], // At airport
  ["AC", { status: "in_transit", reason: null }], // At Canada Post facility
  ["AE", { status: "in_transit", reason: null }], // Shipment arriving early
  ["AF", { status: "in_transit", reason: null }], // At FedEx facility
  ["AO", { status: "in_transit", reason: null }], // Shipment arriving on time
  ["AR", { status: "in_transit", reason: null }], // Arrived at
  ["AX", { status: "in_transit", reason: null }], // At postal facility
  ["CC", { status: "in_transit", reason: null }], // Cleared customs
  ["CH", { status: "in_transit", reason: "transit:forwarded" }], // Location changed
  ["CP", { status: "in_transit", reason: "customs:processing" }], // Clearance in progress
  ["DP", { status: "in_transit", reason: null }], // Departed
  ["EA", { status: "in_transit", reason: null }], // Enroute to airport
  ["EO", { status: "in_transit", reason: null }], // Enroute to origin airport
  ["FD", { status: "in_transit", reason: null }], // At FedEx destination
  ["IT", { status: "in_transit", reason: null }], // In transit
  ["IX", { status: "in_transit", reason: null }], // In transit (see details)
  ["LO", { status: "in_transit", reason: null }], // Left origin
  ["OF", { status: "in_transit", reason: null }], // At FedEx origin facility
  ["PF", { status: "in_transit", reason: null }], // Plane in flight
  ["PL", { status: "in_transit", reason: null }], // Plane landed
  ["PM", { status: "in_transit", reason: null }], // In progress
  ["RC", { status: "in_transit", reason: "recipient:rescheduled" }], // Delivery option cancelled
  ["RM", { status: "in_transit", reason: "recipient:rescheduled" }], // Delivery option modified
  ["RR", { status: "in_transit", reason: "recipient:rescheduled" }], // Delivery option requested
  ["SF", { status: "in_transit", reason: null }], // At sort facility
  ["SP", { status: "in_transit", reason: null }], // Split status
  ["TR", { status: "in_transit", reason: null }], // Transfer
  ["AD", { status: "out_for_delivery", reason: null }], // At delivery
  ["ED", { status: "out_for_delivery", reason: null }], // Enroute to delivery
  ["OD", { status: "out_for_delivery", reason: null }], // Out for delivery
  ["HL", { status: "available_for_pickup", reason: null }], // Hold at location
  ["HP", { status: "available_for_pickup", reason: null }], // Ready for recipient pickup
  ["CD", { status: "exception", reason: "customs:held" }], // Clearance delay
  ["DD", { status: "exception", reason: "carrier:delayed" }], // Delivery delay
  ["DY", { status: "exception", reason: "carrier:delayed" }], // Delay
  ["DE", { status: "exception", reason: null }], // Delivery exception
  ["SE", { status: "exception", reason: null }], // Shipment exception
  ["CA", { status: "exception", reason: "sender:cancelled" }], // Shipment cancelled
  ["RS", { status: "exception", reason: "transit:returning" }], // Return to shipper
  ["DL", { status: "delivered", reason: null }], // Delivered
]);

/**
 * What an `exceptionCode` adds to a `DE` or `SE` scan. FedEx's list could not be read; the numbers are those of ANSI X12 element
 * 641 (A03, A07, A11 …; public copy read 2026-11-24), written without the letter, and only those whose FedEx wording is common
 * knowledge ("customer not available or business closed" for 08).
 */
export const exceptionCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["03", { status: "exception", reason: "recipient:address_incorrect" }],
  ["07", { status: "delivery_attempt_failed", reason: "recipient:refused" }],
  ["08", { status: "delivery_attempt_failed", reason: "recipient:absent" }],
  ["11", { status: "delivery_attempt_failed", reason: "recipient:business_closed" }],
  ["12", { status: "exception", reason: "carrier:misrouted" }],
  ["17", { status: "exception", reason: "recipient:rescheduled" }],
  ["50", { status: "exception", reason: "sender:documents_missing" }],
  ["55", { status: "exception", reason: "customs:held" }],
]);

/**
 * `delayDetail.type` where `delayDetail.status` is `DELAYED`: WEATHER is in FedEx's documentation sample, CLEARANCE is not. Any
 * other type is the carrier's delay.
 */
export const delayReasons: ReadonlyMap<string, StatusReason> = new Map<string, StatusReason>([
  ["WEATHER", "weather:delayed"],
  ["CLEARANCE", "customs:held"],
]);

/** Error codes in place of a result. The first two are in FedEx's documentation sample, the others in public clients (read 2026-11-24). */
export const errorCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["TRACKING.TRACKINGNUMBER.NOTFOUND", { status: "not_found", reason: null }],
  ["TRACKING.TRACKINGNUMBER.EMPTY", { status: "not_found", reason: null }],
  ["TRACKING.TRACKINGNUMBER.INVALID", { status: "not_found", reason: null }],
  ["TRACKING.DATA.NOTFOUND", { status: "not_found", reason: null }],
]);
