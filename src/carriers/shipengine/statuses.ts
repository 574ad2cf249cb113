import type { StatusMeaning } from "../../domain/status.ts";

/**
 * `status_code`: docs.shipstation.com, tracking (formerly ShipEngine), read 2026-11-26. `AC` may be no more than data that the carrier has,
 * `SP` is "delivered to a collection location", so not to the person.
 */
export const statusCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["UN", { status: "unknown", reason: null }],
  ["NY", { status: "not_found", reason: null }], // Not yet in system
  ["AC", { status: "info_received", reason: null }], // Accepted
  ["IT", { status: "in_transit", reason: null }],
  ["AT", { status: "delivery_attempt_failed", reason: null }],
  ["EX", { status: "exception", reason: null }],
  ["SP", { status: "available_for_pickup", reason: null }],
  ["DE", { status: "delivered", reason: null }],
]);

/**
 * `status_detail_code`, finer than the code beside it: the enumeration `tracking_status_detail_code` of ShipStation's public API description
 * with its own sentence for each value, read 2026-11-26; the last group is from its older carrier API. What speaks of a message to the
 * recipient or of "more information" says nothing of the parcel and is left to the code.
 */
export const detailCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["AWAITING_DESPATCH", { status: "info_received", reason: null }],
  ["AWAITING_ELECTRONIC_ADVICE", { status: "info_received", reason: null }],
  ["COLLECTION_FAILED", { status: "info_received", reason: "sender:not_handed_over" }],
  ["COLLECTION_REQUESTED", { status: "info_received", reason: null }],
  ["ELEC_ADVICE_RECD_BY_CARRIER", { status: "info_received", reason: null }],
  ["NOT_YET_RECEIVED_BY_CARRIER", { status: "info_received", reason: "sender:not_handed_over" }],
  ["CANCELLED", { status: "exception", reason: "sender:cancelled" }],
  ["CANCELLED_BEFORE_DESPATCH", { status: "exception", reason: "sender:cancelled" }],

  ["COLLECTION_MADE", { status: "in_transit", reason: null }],
  ["DESPATCHED", { status: "in_transit", reason: null }],
  ["RECD_BY_CARRIER_NO_ELEC_ADVICE", { status: "in_transit", reason: null }],
  ["RECEIVED_BY_CARRIER", { status: "in_transit", reason: null }],
  ["RECEIVED_LOCAL_DELIVERY_DEPOT", { status: "in_transit", reason: null }],
  ["HUB_SCAN_OUT", { status: "in_transit", reason: null }],
  ["IN_TRANSIT", { status: "in_transit", reason: null }],
  ["SUB_CONTRACTOR_EVENT", { status: "in_transit", reason: null }],
  ["SUB_CONTRACTOR_RECEIVED", { status: "in_transit", reason: null }],
  ["PARCEL_OVER_LABELLED", { status: "in_transit", reason: null }],
  ["PARCEL_REPACKED", { status: "in_transit", reason: "carrier:damaged" }],
  ["MISSORTED", { status: "in_transit", reason: "carrier:misrouted" }],
  ["ROUTING_ERROR", { status: "in_transit", reason: "carrier:misrouted" }],
  ["CUSTOMS_CLEARED", { status: "in_transit", reason: null }],
  ["CUSTOMS_PROCESSING", { status: "in_transit", reason: "customs:processing" }],
  ["DELIVERY_ARRANGED_WITH_RECIPIENT", { status: "in_transit", reason: "recipient:rescheduled" }],
  ["CARRIER_DELAYS", { status: "exception", reason: "carrier:delayed" }],
  ["DELAYED_NOT_CARRIER", { status: "exception", reason: "other:unspecified" }],
  ["HELD_BY_CARRIER", { status: "exception", reason: "carrier:delayed" }],
  ["HELD_BY_CARRIER_FOR_CLEARANCE_PRE_PROCESSING", { status: "exception", reason: "customs:held" }],
  ["HELD_BY_CUSTOMS", { status: "exception", reason: "customs:held" }],
  ["HELD_BY_EXPORT_CUSTOMS", { status: "exception", reason: "customs:held" }],
  ["HELD_BY_IMPORT_CUSTOMS", { status: "exception", reason: "customs:held" }],
  ["INCORRECT_DECLARATION", { status: "exception", reason: "sender:documents_missing" }],
  ["ADDRESS_QUERY", { status: "exception", reason: "recipient:address_incorrect" }],

  ["OUT_FOR_DELIVERY", { status: "out_for_delivery", reason: null }],
  ["ATTEMPTED_DELIVERY", { status: "delivery_attempt_failed", reason: null }],
  ["ATTEMPTED_DELIVERY_2ND", { status: "delivery_attempt_failed", reason: null }],
  ["ATTEMPTED_DELIVERY_3RD", { status: "delivery_attempt_failed", reason: null }],
  ["CUSTOMER_CARDED", { status: "delivery_attempt_failed", reason: "recipient:absent" }],
  ["CUSTOMER_IDENTIFICATION_FAILED", { status: "delivery_attempt_failed", reason: null }],
  ["COD_AMOUNT_NOT_PAID", { status: "delivery_attempt_failed", reason: "recipient:payment_due" }],
  ["INVALID_METHOD_OF_PAYMENT", { status: "delivery_attempt_failed", reason: "recipient:payment_due" }],
  ["NO_ACCESS_TO_RECIPIENTS_ADDRESS", { status: "delivery_attempt_failed", reason: "carrier:no_access" }],

  ["AWAITING_COLLECTION_FROM_PICKUP_POINT", { status: "available_for_pickup", reason: null }],
  ["COLLECT_AT_LOCAL_PO", { status: "available_for_pickup", reason: null }],
  ["CUSTOMER_TO_COLLECT_FROM_CARRIER", { status: "available_for_pickup", reason: null }],
  ["DELIVERED_TO_LOCKER_COLLECTION_POINT", { status: "available_for_pickup", reason: null }],

  ["DELIVERED", { status: "delivered", reason: null }],
  ["PROOF_OF_DELIVERY", { status: "delivered", reason: null }],
  ["COD_AMOUNT_PAID", { status: "delivered", reason: null }],
  ["DELIVERED_DAMAGED", { status: "delivered", reason: "carrier:damaged" }],
  ["DELIVERED_IN_PART", { status: "delivered", reason: "delivered:partial" }],
  ["DELIVERED_SPECIFIED_SAFE_PLACE", { status: "delivered", reason: "delivered:safe_place" }],
  ["DELIVERED_TO_ALTERNATIVE_DELIVERY_LOCATION", { status: "delivered", reason: null }],
  ["DELIVERED_TO_NEIGHBOUR", { status: "delivered", reason: "delivered:neighbour" }],
  ["DELIVERED_TO_PO_BOX", { status: "delivered", reason: "delivered:mailbox" }],
  ["PARCEL_COLLECTED_FROM_PICKUP_POINT", { status: "delivered", reason: "delivered:collected" }],

  // Each is "being returned" in ShipStation's words, or will not be delivered.
  ["CUSTOMER_MOVED", { status: "exception", reason: "recipient:moved" }],
  ["HAZARDOUS_PROHIBITED", { status: "exception", reason: "sender:packaging" }],
  ["NOT_COLLECTED_FROM_PICKUP_POINT", { status: "exception", reason: "recipient:not_collected" }],
  ["NOT_DELIVERED", { status: "exception", reason: "transit:returning" }],
  ["NOT_DELIVERED_ADDRESSEE_DECEASED", { status: "exception", reason: null }],
  ["PARCEL_DAMAGED", { status: "exception", reason: "carrier:damaged" }],
  ["PARCEL_DISPOSED", { status: "exception", reason: "carrier:disposed" }],
  ["PARCEL_LOST", { status: "exception", reason: "carrier:lost" }],
  ["PARCEL_OUTSIDE_OF_SERVICE_CAPABILITY", { status: "exception", reason: "sender:packaging" }],
  ["REFUSED_BY_CUSTOMER", { status: "exception", reason: "recipient:refused" }],
  ["RETURN_TO_SENDER", { status: "exception", reason: "transit:returning" }],

  ["SHIPMENT_CREATED", { status: "info_received", reason: null }],
  ["AWAITING_PICKUP_DROP_OFF", { status: "info_received", reason: null }],
  ["PICKED_UP", { status: "in_transit", reason: null }],
  ["DROPPED_OFF", { status: "in_transit", reason: null }],
  ["HUB_SCAN_IN", { status: "in_transit", reason: null }],
  ["HUB_PROCESSING", { status: "in_transit", reason: null }],
  ["DELIVERY_SCHEDULED", { status: "in_transit", reason: null }],
  ["DELIVERY_RESCHEDULED", { status: "in_transit", reason: "recipient:rescheduled" }],
  ["PARCEL_REDIRECTED", { status: "in_transit", reason: "transit:forwarded" }],
  ["ATTEMPTED_DELIVERY_FINAL", { status: "delivery_attempt_failed", reason: null }],
]);
