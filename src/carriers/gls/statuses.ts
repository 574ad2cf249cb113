import type { StatusMeaning } from "../../domain/status.ts";

/**
 * The parcel's current status: the whole enumeration of GLS's OpenAPI description "Track And Trace V1" 1.0.7 (read 2026-11-24 in a
 * public mirror). `FINAL` says that the history is closed and not how it ended; `CANCELED` does not say by whom.
 */
export const statusWords: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["PLANNEDPICKUP", { status: "info_received", reason: null }],
  ["INPICKUP", { status: "info_received", reason: null }],
  ["NOTPICKEDUP", { status: "info_received", reason: "sender:not_handed_over" }],
  ["PREADVICE", { status: "info_received", reason: null }],
  ["INTRANSIT", { status: "in_transit", reason: null }],
  ["INWAREHOUSE", { status: "in_transit", reason: null }],
  ["INDELIVERY", { status: "out_for_delivery", reason: null }],
  ["DELIVEREDPS", { status: "available_for_pickup", reason: null }],
  ["NOTDELIVERED", { status: "delivery_attempt_failed", reason: null }],
  ["CANCELED", { status: "exception", reason: null }],
  ["DELIVERED", { status: "delivered", reason: null }],
  ["FINAL", { status: "unknown", reason: null }],
]);

/**
 * Event codes. GLS lists them all at /tracking/events/codes, which needs a login; these are the ones in its description and in
 * answers that public clients quote (read 2026-11-24). The spelling is GLS's own.
 */
export const eventCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["INTIAL.PREADVICE", { status: "info_received", reason: null }], // Data entered, parcel not yet handed over
  ["INTIAL.E48_DATA", { status: "info_received", reason: null }], // Provided by the sender for collection
  ["INTIAL.NORMAL", { status: "in_transit", reason: null }], // Handed over to GLS
  ["INBOUD.NORMAL", { status: "in_transit", reason: null }], // Reached the parcel center
  ["OUTBOD.NORMAL", { status: "in_transit", reason: null }], // Left the parcel center
  ["OUTDEL.NORMAL", { status: "out_for_delivery", reason: null }], // Expected to be delivered during the day
  ["DELIVD.PARCELSHOP", { status: "available_for_pickup", reason: null }], // Delivered at the ParcelShop
  ["DELIVD.DEL_BY_PSAPP", { status: "delivered", reason: "delivered:collected" }], // Handed out by the ParcelShop
  ["DELIVD.NORMAL", { status: "delivered", reason: null }],
  ["CANCEL.NORMAL", { status: "exception", reason: null }], // Data deleted from GLS's system
]);

/**
 * First part of an event code that is not listed: only where every second part must mean the same. `DELIVD` is delivery to the door
 * or to a shop and `INTIAL` is before or after the hand-over, so they are not here.
 */
export const eventFamilies: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["INBOUD", { status: "in_transit", reason: null }],
  ["OUTBOD", { status: "in_transit", reason: null }],
  ["OUTDEL", { status: "out_for_delivery", reason: null }],
]);

/** `state` of the Dutch consumer answer, from public recordings of it (read 2026-11-24). */
export const consumerStates: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["0", { status: "info_received", reason: null }], // Aangekondigd bij GLS
  ["1", { status: "in_transit", reason: null }], // Pakket ontvangen door GLS
  ["2", { status: "in_transit", reason: null }], // Aangekomen op GLS depot
  ["3", { status: "out_for_delivery", reason: null }], // Geladen voor aflevering
  ["4", { status: "delivered", reason: null }], // Afgeleverd
]);

/** Error in place of a parcel. The others (bad request, limit exceeded, internal error) say nothing about the number. */
export const errorCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["E_404_01", { status: "not_found", reason: null }], // Resource Not Found
]);
