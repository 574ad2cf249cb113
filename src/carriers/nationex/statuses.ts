import type { PhraseTable } from "../phrase-status.ts";
import type { StatusMeaning } from "../../domain/status.ts";

/** `ShipmentStatus` and `Status` of parcels: Nationex's API as public clients list the values, read 2026-11-26. "Attention" needs somebody's. */
export const shipmentStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["Creation", { status: "info_received", reason: null }],
  ["DataReceived", { status: "info_received", reason: null }],
  ["Pickup", { status: "in_transit", reason: null }],
  ["Transit", { status: "in_transit", reason: null }],
  ["OnHold", { status: "exception", reason: null }],
  ["Attention", { status: "exception", reason: null }],
  ["OutForDelivery", { status: "out_for_delivery", reason: null }],
  ["PartiallyOutForDelivery", { status: "out_for_delivery", reason: null }],
  ["RefusedDelivery", { status: "exception", reason: "recipient:refused" }],
  ["ReturnToSender", { status: "exception", reason: "transit:returning" }],
  ["PartiallyDelivered", { status: "delivered", reason: "delivered:partial" }],
  ["Delivered", { status: "delivered", reason: null }],
]);

/**
 * Beginnings of descriptions of parcel scans, in English and French; `ExceptionId` has no public list. The first two are from Nationex's own sample,
 * the others its usual wording and not checked.
 */
export const descriptions: PhraseTable = new Map<string, StatusMeaning>([
  ["unavailable consignee", { status: "delivery_attempt_failed", reason: "recipient:absent" }],
  ["destinataire indisponible", { status: "delivery_attempt_failed", reason: "recipient:absent" }],

  ["data received", { status: "info_received", reason: null }],
  ["données reçues", { status: "info_received", reason: null }],
  ["picked up", { status: "in_transit", reason: null }],
  ["ramassé", { status: "in_transit", reason: null }],
  ["in transit", { status: "in_transit", reason: null }],
  ["en transit", { status: "in_transit", reason: null }],
  ["arrived", { status: "in_transit", reason: null }],
  ["out for delivery", { status: "out_for_delivery", reason: null }],
  ["en livraison", { status: "out_for_delivery", reason: null }],
  ["closed", { status: "delivery_attempt_failed", reason: "recipient:business_closed" }],
  ["fermé", { status: "delivery_attempt_failed", reason: "recipient:business_closed" }],
  ["delivery attempt", { status: "delivery_attempt_failed", reason: null }],
  ["tentative de livraison", { status: "delivery_attempt_failed", reason: null }],
  ["refused", { status: "exception", reason: "recipient:refused" }],
  ["refusé", { status: "exception", reason: "recipient:refused" }],
  ["incorrect address", { status: "exception", reason: "recipient:address_incorrect" }],
  ["adresse incorrecte", { status: "exception", reason: "recipient:address_incorrect" }],
  ["damaged", { status: "exception", reason: "carrier:damaged" }],
  ["return to sender", { status: "exception", reason: "transit:returning" }],
  ["retour à l'expéditeur", { status: "exception", reason: "transit:returning" }],
  ["delivered", { status: "delivered", reason: null }],
  ["livré", { status: "delivered", reason: null }],
]);
