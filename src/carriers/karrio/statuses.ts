import type { StatusMeaning, StatusReason } from "../../domain/status.ts";

/** `status` of a tracker and of its events: karrio's tracker statuses (our notes of 2026-11-24). */
export const trackerStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["unknown", { status: "unknown", reason: null }],
  ["pending", { status: "info_received", reason: null }],
  ["picked_up", { status: "in_transit", reason: null }],
  ["in_transit", { status: "in_transit", reason: null }],
  ["out_for_delivery", { status: "out_for_delivery", reason: null }],
  ["ready_for_pickup", { status: "available_for_pickup", reason: null }],
  ["delivered", { status: "delivered", reason: null }],
  ["on_hold", { status: "exception", reason: null }],
  ["delivery_delayed", { status: "exception", reason: "carrier:delayed" }],
  ["delivery_failed", { status: "delivery_attempt_failed", reason: null }],
  ["return_to_sender", { status: "exception", reason: "transit:returning" }],
  ["cancelled", { status: "exception", reason: "sender:cancelled" }],
]);

/** `reason` of an event: karrio's incident reasons, the party at fault in front (public sources, read 2026-11-26). */
export const incidentReasons: ReadonlyMap<string, StatusReason> = new Map<string, StatusReason>([
  ["carrier_damaged_parcel", "carrier:damaged"],
  ["carrier_sorting_error", "carrier:misrouted"],
  ["carrier_address_not_found", "recipient:address_incorrect"],
  ["carrier_parcel_lost", "carrier:lost"],
  ["carrier_not_enough_time", "carrier:delayed"],
  ["carrier_vehicle_issue", "carrier:delayed"],
  ["carrier_delay", "carrier:delayed"],
  ["consignee_refused", "recipient:refused"],
  ["consignee_business_closed", "recipient:business_closed"],
  ["consignee_not_available", "recipient:absent"],
  ["consignee_not_home", "recipient:absent"],
  ["consignee_incorrect_address", "recipient:address_incorrect"],
  ["consignee_access_restricted", "carrier:no_access"],
  ["customs_delay", "customs:held"],
  ["customs_documentation", "sender:documents_missing"],
  ["customs_duties_unpaid", "customs:payment_due"],
  ["weather_delay", "weather:delayed"],
  ["natural_disaster", "weather:delayed"],
]);
