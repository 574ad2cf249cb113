import type { StatusMeaning } from "../../domain/status.ts";

/**
 * Two-letter activity codes. From the examples of UPS's own OpenAPI files Tracking.yaml, UPSTrackAlert.yaml and
 * UPSTrackAlertEnhanced.yaml (github.com/UPS-API/api-documentation, read 2026-11-24); they refer to a list "Status Codes" that is
 * not published with them. `AR`, `OF` and `DS` are known from live answers in the trade only.
 */
export const activityCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["MP", { status: "info_received", reason: null }], // Shipment ready for UPS
  ["OR", { status: "in_transit", reason: null }], // Origin scan: UPS has the package
  ["AR", { status: "in_transit", reason: null }], // Arrived at facility
  ["DP", { status: "in_transit", reason: null }], // Departed from facility
  ["DS", { status: "in_transit", reason: null }], // Destination scan
  ["YP", { status: "in_transit", reason: null }], // Preparing for delivery
  ["SR", { status: "in_transit", reason: null }], // Released by the customs agency
  ["OF", { status: "out_for_delivery", reason: null }], // Loaded, out for delivery
  ["OT", { status: "out_for_delivery", reason: null }], // Out for delivery
  ["FS", { status: "delivered", reason: null }], // Delivered
]);

/**
 * Package status codes: three digits, `statusCode` in Track answers, `descriptionCode` in Track Alert. UPS keeps the list in the
 * appendix of its Tracking API reference; read 2026-11-24 in two public clients that quote it alike, not on UPS's page.
 */
export const packageStatusCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["003", { status: "info_received", reason: null }], // Shipment ready for UPS
  ["005", { status: "in_transit", reason: null }], // In transit
  ["006", { status: "in_transit", reason: null }], // On the way
  ["007", { status: "exception", reason: "sender:cancelled" }], // Shipment information voided
  ["010", { status: "in_transit", reason: null }], // In transit: on time
  ["011", { status: "delivered", reason: null }], // Delivered
  ["012", { status: "in_transit", reason: "customs:processing" }], // Clearance in progress
  ["013", { status: "exception", reason: null }], // Exception
  ["014", { status: "in_transit", reason: null }], // Clearance completed
  ["016", { status: "exception", reason: null }], // Held in warehouse
  ["017", { status: "available_for_pickup", reason: null }], // Held for customer pickup
  ["018", { status: "in_transit", reason: "recipient:rescheduled" }], // Delivery change requested: hold for pickup
  ["019", { status: "exception", reason: "recipient:rescheduled" }], // Held for future delivery
  ["020", { status: "in_transit", reason: "recipient:rescheduled" }], // Held for future delivery requested
  ["021", { status: "out_for_delivery", reason: null }], // On vehicle for delivery today
  ["022", { status: "delivery_attempt_failed", reason: null }], // First attempt made
  ["023", { status: "delivery_attempt_failed", reason: null }], // Second attempt made
  ["024", { status: "delivery_attempt_failed", reason: null }], // Final attempt made
  ["025", { status: "in_transit", reason: null }], // Transferred to local post office for delivery
  ["026", { status: "delivered", reason: null }], // Delivered by local post office
  ["027", { status: "in_transit", reason: "recipient:rescheduled" }], // Delivery address change requested
  ["028", { status: "in_transit", reason: "transit:forwarded" }], // Delivery address changed
  ["029", { status: "exception", reason: null }], // Exception: action required
  ["030", { status: "exception", reason: null }], // Local post office exception
  ["032", { status: "in_transit", reason: "weather:delayed" }], // Adverse weather may cause delay
  ["033", { status: "exception", reason: "transit:returning" }], // Return to sender requested
  ["034", { status: "returned", reason: null }], // Returned to sender
  ["035", { status: "exception", reason: "transit:returning" }], // Returning to sender
  ["036", { status: "exception", reason: "transit:returning" }], // Returning to sender: in transit
  ["037", { status: "exception", reason: "transit:returning" }], // Returning to sender: on vehicle for delivery
  ["038", { status: "in_transit", reason: null }], // Picked up
  ["039", { status: "in_transit", reason: null }], // In transit by post office
  ["040", { status: "available_for_pickup", reason: null }], // Delivered to access point, awaiting customer pickup
  ["041", { status: "in_transit", reason: null }], // Service upgrade requested
  ["042", { status: "in_transit", reason: null }], // Service upgraded
  ["043", { status: "exception", reason: "sender:cancelled" }], // Voided pickup
  ["044", { status: "info_received", reason: null }], // In transit to UPS
  ["045", { status: "info_received", reason: null }], // Order processed: in transit to UPS
  ["046", { status: "exception", reason: "carrier:delayed" }], // Delay
  ["047", { status: "exception", reason: "carrier:delayed" }], // Delay
  ["048", { status: "exception", reason: "carrier:delayed" }], // Delay
  ["049", { status: "exception", reason: "carrier:delayed" }], // Delay: action required
  ["050", { status: "exception", reason: "recipient:address_incorrect" }], // Address information required
  ["051", { status: "exception", reason: "weather:delayed" }], // Delay: emergency situation or severe weather
  ["052", { status: "exception", reason: "weather:delayed" }], // Delay: severe weather
  ["053", { status: "exception", reason: "weather:delayed" }], // Delay: severe weather, recovery in progress
  ["054", { status: "in_transit", reason: "recipient:rescheduled" }], // Delivery change requested
  ["055", { status: "in_transit", reason: "recipient:rescheduled" }], // Rescheduled delivery
  ["056", { status: "in_transit", reason: null }], // Service upgrade requested
  ["057", { status: "in_transit", reason: null }], // In transit to an access point
  ["058", { status: "exception", reason: "customs:held" }], // Clearance information required
  ["059", { status: "exception", reason: "carrier:damaged" }], // Damage reported
  ["060", { status: "delivery_attempt_failed", reason: null }], // Delivery attempted
  ["061", { status: "delivery_attempt_failed", reason: "recipient:absent" }], // Delivery attempted: adult signature required
  ["062", { status: "delivery_attempt_failed", reason: "recipient:payment_due" }], // Delivery attempted: funds required
  ["063", { status: "in_transit", reason: "recipient:rescheduled" }], // Delivery change completed
  ["064", { status: "delivery_attempt_failed", reason: "recipient:refused" }], // Delivery refused
  ["065", { status: "info_received", reason: "sender:not_handed_over" }], // Pickup attempted
  ["066", { status: "delivery_attempt_failed", reason: null }], // Post office delivery attempted
  ["067", { status: "returned", reason: null }], // Returned to sender by post office
  ["068", { status: "exception", reason: "carrier:lost" }], // Sent to lost and found
  ["069", { status: "exception", reason: "recipient:not_collected" }], // Package not claimed
  ["071", { status: "in_transit", reason: null }], // Preparing for delivery
]);

/**
 * Activity types, the coarse level: D, I, M, MV, U and X from UPSTrackAlert.yaml and UPSTrackAlertEnhanced.yaml as above, the
 * others from public clients (read 2026-11-24).
 */
export const activityTypes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["M", { status: "info_received", reason: null }], // Manifest: billing information received
  ["MV", { status: "exception", reason: "sender:cancelled" }], // Manifest voided
  ["P", { status: "in_transit", reason: null }], // Pickup
  ["I", { status: "in_transit", reason: null }], // In progress
  ["U", { status: "in_transit", reason: null }], // Delivery date or time updated
  ["W", { status: "in_transit", reason: null }], // Warehousing
  ["DO", { status: "in_transit", reason: null }], // Delivered to the origin container freight station
  ["DD", { status: "in_transit", reason: null }], // Delivered to the destination container freight station
  ["O", { status: "out_for_delivery", reason: null }], // Out for delivery
  ["D", { status: "delivered", reason: null }], // Delivered
  ["X", { status: "exception", reason: null }], // Exception: unusual, may still be on time
  ["RS", { status: "returned", reason: null }], // Returned to shipper
  ["NA", { status: "unknown", reason: null }], // Not available
]);
