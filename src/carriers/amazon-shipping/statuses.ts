import type { StatusMeaning, StatusReason } from "../../domain/status.ts";

/**
 * `eventCode` and `summary.status`: Amazon Shipping API v2 (selling partner API), as its public description and clients list them, read
 * 2026-11-26. `InTransit` and some others stand in answers although only one of the two lists has them, so both are one table.
 */
export const eventCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["LabelCreated", { status: "info_received", reason: null }],
  ["Manifested", { status: "info_received", reason: null }],
  ["ReadyForReceive", { status: "info_received", reason: null }],
  ["PreTransit", { status: "info_received", reason: null }],
  ["PickupCancelled", { status: "exception", reason: "sender:cancelled" }],
  ["PickupDone", { status: "in_transit", reason: null }],
  ["PickedUp", { status: "in_transit", reason: null }],
  ["InTransit", { status: "in_transit", reason: null }],
  ["Departed", { status: "in_transit", reason: null }],
  ["DepartedCarrierFacility", { status: "in_transit", reason: null }],
  ["ArrivedAtCarrierFacility", { status: "in_transit", reason: null }],
  ["ArrivedAtDeliveryStation", { status: "in_transit", reason: null }],
  ["ArrivedAtLocalFacility", { status: "in_transit", reason: null }],
  ["Delayed", { status: "exception", reason: "carrier:delayed" }],
  ["WeatherDelay", { status: "exception", reason: "weather:delayed" }],
  ["OnHold", { status: "exception", reason: null }],
  ["OutForDelivery", { status: "out_for_delivery", reason: null }],
  ["DeliveryAttempted", { status: "delivery_attempt_failed", reason: null }],
  ["AvailableForPickup", { status: "available_for_pickup", reason: null }],
  ["AwaitingCustomerPickup", { status: "available_for_pickup", reason: null }],
  ["Rejected", { status: "exception", reason: "recipient:refused" }],
  ["Undeliverable", { status: "exception", reason: null }],
  ["Lost", { status: "exception", reason: "carrier:lost" }],
  ["ReturnInitiated", { status: "exception", reason: "transit:returning" }],
  ["Delivered", { status: "delivered", reason: null }],
]);

/** `trackingDetailCodes`: the same description's `DetailCodes`, for what they say of the status beside them. */
export const detailReasons: ReadonlyMap<string, StatusReason> = new Map<string, StatusReason>([
  ["BusinessClosed", "recipient:business_closed"],
  ["CustomerUnavailable", "recipient:absent"],
  ["PaymentNotReady", "recipient:payment_due"],
  ["UnableToAccess", "carrier:no_access"],
  ["UnableToContactRecipient", "recipient:absent"],
  ["AddressNotFound", "recipient:address_incorrect"],
  ["Damaged", "carrier:damaged"],
  ["Rejected", "recipient:refused"],
  ["RejectedByRecipientWithVerification", "recipient:refused"],
  ["NotRequired", "recipient:refused"],
  ["IncorrectItems", "recipient:refused"],
  ["CancelledByRecipient", "recipient:refused"],
  ["HazmatShipment", "sender:packaging"],
  ["Signed", "delivered:signed"],
  ["DeliveredToNeighbor", "delivered:neighbour"],
  ["DeliveredToMailSlot", "delivered:mailbox"],
  ["DeliveredToBehindWheelieBin", "delivered:safe_place"],
  ["DeliveredToPorch", "delivered:safe_place"],
  ["DeliveredToGarage", "delivered:safe_place"],
  ["DeliveredToGarden", "delivered:safe_place"],
  ["DeliveredToGreenhouse", "delivered:safe_place"],
  ["DeliveredToRearDoor", "delivered:safe_place"],
  ["DeliveredToShed", "delivered:safe_place"],
  ["DeliveredToSafeLocation", "delivered:safe_place"],
]);
