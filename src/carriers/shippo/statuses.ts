import type { StatusMeaning } from "../../domain/status.ts";

/** `status`: docs.goshippo.com, tracking, read 2026-11-26. `RETURNED` is "being returned or returned", so it says that a return began. */
export const statuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["UNKNOWN", { status: "not_found", reason: null }], // No information from the carrier
  ["PRE_TRANSIT", { status: "info_received", reason: null }],
  ["TRANSIT", { status: "in_transit", reason: null }],
  ["DELIVERED", { status: "delivered", reason: null }],
  ["RETURNED", { status: "exception", reason: "transit:returning" }],
  ["FAILURE", { status: "exception", reason: null }],
]);

/** `substatus.code`: event definitions on the same page. `other` is a carrier's status that Shippo does not know, so the status decides. */
export const substatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["information_received", { status: "info_received", reason: null }],
  ["address_issue", { status: "exception", reason: "recipient:address_incorrect" }],
  ["contact_carrier", { status: "exception", reason: null }],
  ["delayed", { status: "in_transit", reason: "carrier:delayed" }],
  ["delivery_attempted", { status: "delivery_attempt_failed", reason: null }],
  ["delivery_rescheduled", { status: "in_transit", reason: "recipient:rescheduled" }],
  ["delivery_scheduled", { status: "in_transit", reason: null }],
  ["location_inaccessible", { status: "delivery_attempt_failed", reason: "carrier:no_access" }],
  ["notice_left", { status: "delivery_attempt_failed", reason: "recipient:absent" }],
  ["out_for_delivery", { status: "out_for_delivery", reason: null }],
  ["package_accepted", { status: "in_transit", reason: null }],
  ["package_arrived", { status: "in_transit", reason: null }],
  ["package_damaged", { status: "exception", reason: "carrier:damaged" }],
  ["package_departed", { status: "in_transit", reason: null }],
  ["package_forwarded", { status: "in_transit", reason: "transit:forwarded" }],
  ["package_held", { status: "exception", reason: null }],
  ["package_processed", { status: "in_transit", reason: null }],
  ["package_processing", { status: "in_transit", reason: null }],
  ["pickup_available", { status: "available_for_pickup", reason: null }],
  ["reschedule_delivery", { status: "delivery_attempt_failed", reason: null }],
  ["delivered", { status: "delivered", reason: null }],
  ["return_to_sender", { status: "exception", reason: "transit:returning" }],
  ["package_unclaimed", { status: "exception", reason: "recipient:not_collected" }],
  ["package_undeliverable", { status: "exception", reason: null }],
  ["package_disposed", { status: "exception", reason: "carrier:disposed" }],
  ["package_lost", { status: "exception", reason: "carrier:lost" }],
]);
