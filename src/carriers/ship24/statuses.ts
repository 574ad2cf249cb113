import type { StatusMeaning } from "../../domain/status.ts";

/** `statusMilestone`, given with every event: docs.ship24.com/status, read 2026-11-24. */
export const milestones: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["pending", { status: "not_found", reason: null }],
  ["info_received", { status: "info_received", reason: null }],
  ["in_transit", { status: "in_transit", reason: null }],
  ["out_for_delivery", { status: "out_for_delivery", reason: null }],
  ["failed_attempt", { status: "delivery_attempt_failed", reason: null }],
  ["available_for_pickup", { status: "available_for_pickup", reason: null }],
  ["delivered", { status: "delivered", reason: null }],
  ["exception", { status: "exception", reason: null }],
]);

/**
 * `statusCode`, empty for events that mean little. The list of docs.ship24.com/status, read 2026-11-24 in public clients that
 * quote it. `data_delivery_proposed` and `data_delivery_decided` are not here: they speak of a choice offered to the recipient at
 * any point of the way, so the milestone beside them says more.
 */
export const statusCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["data_order_created", { status: "info_received", reason: null }],
  ["data_order_cancelled", { status: "exception", reason: "sender:cancelled" }],
  ["transit_handover", { status: "in_transit", reason: null }],
  ["transit_origin_country_departure", { status: "in_transit", reason: null }],
  ["destination_arrival", { status: "in_transit", reason: null }],
  ["customs_received", { status: "in_transit", reason: "customs:processing" }],
  ["customs_exception", { status: "exception", reason: "customs:held" }],
  ["customs_rejected", { status: "exception", reason: "customs:refused" }],
  ["customs_cleared", { status: "in_transit", reason: null }],
  ["delivery_available_for_pickup", { status: "available_for_pickup", reason: null }],
  ["delivery_out_for_delivery", { status: "out_for_delivery", reason: null }],
  ["delivery_attempted", { status: "delivery_attempt_failed", reason: null }],
  ["delivery_exception", { status: "exception", reason: null }],
  ["delivery_refused", { status: "exception", reason: "recipient:refused" }],
  ["delivery_delivered", { status: "delivered", reason: null }],
  ["exception_return", { status: "exception", reason: "transit:returning" }],
  ["exception_lost", { status: "exception", reason: "carrier:lost" }],
  ["exception_discarded", { status: "exception", reason: "carrier:disposed" }],
]);
