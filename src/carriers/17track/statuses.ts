import type { StatusMeaning } from "../../domain/status.ts";

/** Main statuses: 17TRACK's API v2.2 document (asset.17track.net, read 2026-11-24 in our notes). */
export const mainStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["NotFound", { status: "not_found", reason: null }],
  ["InfoReceived", { status: "info_received", reason: null }],
  ["InTransit", { status: "in_transit", reason: null }],
  ["Expired", { status: "unknown", reason: null }], // Nothing heard for long; not what became of the parcel
  ["AvailableForPickup", { status: "available_for_pickup", reason: null }],
  ["OutForDelivery", { status: "out_for_delivery", reason: null }],
  ["DeliveryFailure", { status: "delivery_attempt_failed", reason: null }],
  ["Delivered", { status: "delivered", reason: null }],
  ["Exception", { status: "exception", reason: null }],
]);

/** Stages that events and milestones have beside the main statuses. */
export const stages: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["PickedUp", { status: "in_transit", reason: null }],
  ["Departure", { status: "in_transit", reason: null }],
  ["Arrival", { status: "in_transit", reason: null }],
  ["Returning", { status: "exception", reason: "transit:returning" }],
  ["Returned", { status: "returned", reason: null }],
]);

/** Sub-statuses: the same document. `NoBody` is nobody at the address; `Security` covers checks by authorities. */
export const subStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["NotFound_Other", { status: "not_found", reason: null }],
  ["NotFound_InvalidCode", { status: "not_found", reason: null }],
  ["InfoReceived", { status: "info_received", reason: null }],
  ["InTransit_PickedUp", { status: "in_transit", reason: null }],
  ["InTransit_Other", { status: "in_transit", reason: null }],
  ["InTransit_Departure", { status: "in_transit", reason: null }],
  ["InTransit_Arrival", { status: "in_transit", reason: null }],
  ["InTransit_CustomsProcessing", { status: "in_transit", reason: "customs:processing" }],
  ["InTransit_CustomsReleased", { status: "in_transit", reason: null }],
  ["InTransit_CustomsRequiringInformation", { status: "in_transit", reason: "customs:held" }],
  ["Expired_Other", { status: "unknown", reason: null }],
  ["AvailableForPickup_Other", { status: "available_for_pickup", reason: null }],
  ["OutForDelivery_Other", { status: "out_for_delivery", reason: null }],
  ["DeliveryFailure_Other", { status: "delivery_attempt_failed", reason: null }],
  ["DeliveryFailure_NoBody", { status: "delivery_attempt_failed", reason: "recipient:absent" }],
  ["DeliveryFailure_Security", { status: "delivery_attempt_failed", reason: "other:security" }],
  ["DeliveryFailure_Rejected", { status: "delivery_attempt_failed", reason: "recipient:refused" }],
  ["DeliveryFailure_InvalidAddress", { status: "delivery_attempt_failed", reason: "recipient:address_incorrect" }],
  ["Delivered_Other", { status: "delivered", reason: null }],
  ["Exception_Other", { status: "exception", reason: null }],
  ["Exception_Returning", { status: "exception", reason: "transit:returning" }],
  ["Exception_Returned", { status: "returned", reason: null }],
  ["Exception_NoBody", { status: "exception", reason: "recipient:absent" }],
  ["Exception_Security", { status: "exception", reason: "other:security" }],
  ["Exception_Damage", { status: "exception", reason: "carrier:damaged" }],
  ["Exception_Rejected", { status: "exception", reason: "recipient:refused" }],
  ["Exception_Delayed", { status: "exception", reason: "carrier:delayed" }],
  ["Exception_Lost", { status: "exception", reason: "carrier:lost" }],
  ["Exception_Destroyed", { status: "exception", reason: "carrier:disposed" }],
  ["Exception_Cancel", { status: "exception", reason: "sender:cancelled" }],
]);
