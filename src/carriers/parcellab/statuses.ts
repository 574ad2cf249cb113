import type { StatusMeaning } from "../../domain/status.ts";

/**
 * Names of events: docs.parcellab.com, webhooks, read 2026-11-26 in part; the spelling of the later ones is from public receivers and not
 * checked. `onInternalDelay` is the merchant's own warehouse being late; `onUpdated` says that data were sent, not what became of the parcel,
 * and is left to the status beside it.
 */
export const eventNames: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["onCreated", { status: "info_received", reason: null }],
  ["onInternalDelay", { status: "info_received", reason: "sender:not_handed_over" }],
  ["onDispatch", { status: "in_transit", reason: null }],
  ["onScheduled", { status: "in_transit", reason: null }],
  ["onDelay", { status: "exception", reason: "carrier:delayed" }],
  ["onOutForDelivery", { status: "out_for_delivery", reason: null }],
  ["onFailedAttempt", { status: "delivery_attempt_failed", reason: null }],
  ["onPickUpReady", { status: "available_for_pickup", reason: null }],
  ["onPickupReady", { status: "available_for_pickup", reason: null }],
  ["onPickUpReminder", { status: "available_for_pickup", reason: null }],
  ["onPickupReminder", { status: "available_for_pickup", reason: null }],
  ["onException", { status: "exception", reason: null }],
  ["onReturn", { status: "exception", reason: "transit:returning" }],
  ["onReturned", { status: "returned", reason: null }],
  ["onDelivered", { status: "delivered", reason: null }],
]);

/** Statuses of a tracking, by the same names without their beginning: parcelLab's tracking status model in public clients, not checked. */
export const trackingStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["OrderProcessed", { status: "info_received", reason: null }],
  ["Dispatch", { status: "in_transit", reason: null }],
  ["Dispatched", { status: "in_transit", reason: null }],
  ["InTransit", { status: "in_transit", reason: null }],
  ["InboundScan", { status: "in_transit", reason: null }],
  ["DestinationDeliveryCenter", { status: "in_transit", reason: null }],
  ["Scheduled", { status: "in_transit", reason: null }],
  ["Delay", { status: "exception", reason: "carrier:delayed" }],
  ["OutForDelivery", { status: "out_for_delivery", reason: null }],
  ["FailedAttempt", { status: "delivery_attempt_failed", reason: null }],
  ["Exception", { status: "exception", reason: null }],
  ["PickUpReady", { status: "available_for_pickup", reason: null }],
  ["PickupReady", { status: "available_for_pickup", reason: null }],
  ["Return", { status: "exception", reason: "transit:returning" }],
  ["Returned", { status: "returned", reason: null }],
  ["Delivered", { status: "delivered", reason: null }],
]);
