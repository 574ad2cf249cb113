import type { StatusMeaning } from "../../domain/status.ts";

/**
 * Values of `status`. Names from EasyPost's published webhook example (EasyPost/examples, official/fixtures) and from public
 * clients of its API; the page docs.easypost.com/docs/trackers was read 2026-11-24 in part, without the meaning of each value.
 * `return_to_sender` is EasyPost's only word for a return, so it says that one began, not that it ended.
 */
export const trackerStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["unknown", { status: "unknown", reason: null }],
  ["pre_transit", { status: "info_received", reason: null }],
  ["in_transit", { status: "in_transit", reason: null }],
  ["out_for_delivery", { status: "out_for_delivery", reason: null }],
  ["delivered", { status: "delivered", reason: null }],
  ["available_for_pickup", { status: "available_for_pickup", reason: null }],
  ["return_to_sender", { status: "exception", reason: "transit:returning" }],
  ["failure", { status: "exception", reason: null }],
  ["cancelled", { status: "exception", reason: "sender:cancelled" }],
  ["error", { status: "unknown", reason: null }],
]);

/**
 * Values of `status_detail` that say more than the status beside them (names read 2026-11-24 in public clients). Their status is
 * the one they usually come with; where `status` is known it decides, and the detail gives the code and the reason.
 */
export const statusDetails: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["label_created", { status: "info_received", reason: null }],
  ["awaiting_information", { status: "info_received", reason: null }],
  ["arrived_at_facility", { status: "in_transit", reason: null }],
  ["departed_facility", { status: "in_transit", reason: null }],
  ["departed_origin_facility", { status: "in_transit", reason: null }],
  ["received_at_origin_facility", { status: "in_transit", reason: null }],
  ["received_at_destination_facility", { status: "in_transit", reason: null }],
  ["arrived_at_destination", { status: "in_transit", reason: null }],
  ["transferred_to_destination_carrier", { status: "in_transit", reason: null }],
  ["address_correction", { status: "in_transit", reason: "recipient:address_incorrect" }],
  ["delayed", { status: "in_transit", reason: "carrier:delayed" }],
  ["missorted", { status: "in_transit", reason: "carrier:misrouted" }],
  ["weather_delay", { status: "in_transit", reason: "weather:delayed" }],
  ["transit_exception", { status: "in_transit", reason: "other:unspecified" }],
  ["arrived_at_pickup_location", { status: "available_for_pickup", reason: null }],
  ["held", { status: "exception", reason: null }],
  ["delivery_exception", { status: "exception", reason: null }],
  ["damaged", { status: "exception", reason: "carrier:damaged" }],
  ["lost", { status: "exception", reason: "carrier:lost" }],
  ["refused", { status: "exception", reason: "recipient:refused" }],
  ["return", { status: "exception", reason: "transit:returning" }],
]);
