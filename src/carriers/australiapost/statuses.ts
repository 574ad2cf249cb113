import type { PhraseTable } from "../phrase-status.ts";
import type { StatusMeaning } from "../../domain/status.ts";

/**
 * `status` of articles and consignments: Australia Post's Shipping and Tracking API, track items, as public clients list its values (read
 * 2026-11-26). "Unknown" says nothing, so the events decide.
 */
export const statuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["Created", { status: "info_received", reason: null }],
  ["Sealed", { status: "info_received", reason: null }],
  ["Initiated", { status: "info_received", reason: null }],
  ["Unsuccessful pickup", { status: "info_received", reason: "sender:not_handed_over" }],
  ["In transit", { status: "in_transit", reason: null }],
  ["Possible delay", { status: "exception", reason: "carrier:delayed" }],
  ["Held by courier", { status: "exception", reason: null }],
  ["Article damaged", { status: "exception", reason: "carrier:damaged" }],
  ["Cannot be delivered", { status: "exception", reason: null }],
  ["Cancelled", { status: "exception", reason: "sender:cancelled" }],
  ["On Board for Delivery", { status: "out_for_delivery", reason: null }],
  ["Unsuccessful Delivery", { status: "delivery_attempt_failed", reason: null }],
  ["Unsuccessful delivery", { status: "delivery_attempt_failed", reason: null }],
  ["To be Re-Delivered", { status: "delivery_attempt_failed", reason: null }],
  ["Awaiting collection", { status: "available_for_pickup", reason: null }],
  ["Ready for Pickup", { status: "available_for_pickup", reason: null }],
  ["Delivered", { status: "delivered", reason: null }],
  ["Delivered in Full", { status: "delivered", reason: null }],
  ["Delivered in Part", { status: "delivered", reason: "delivered:partial" }],
]);

/**
 * Beginnings of event descriptions; events have no codes. The first group stands in Australia Post's own sample answers (read 2026-11-26), the
 * second is its usual wording on the tracking page and not checked.
 */
export const descriptions: PhraseTable = new Map<string, StatusMeaning>([
  ["shipping information", { status: "info_received", reason: null }],
  ["received by australia post", { status: "in_transit", reason: null }],
  ["processed through", { status: "in_transit", reason: null }],
  ["processed by", { status: "in_transit", reason: null }],
  ["arrived at facility", { status: "in_transit", reason: null }],
  ["departed facility", { status: "in_transit", reason: null }],
  ["cleared and awaiting international departure", { status: "in_transit", reason: null }],
  ["with australia post for delivery", { status: "out_for_delivery", reason: null }],
  ["delivered", { status: "delivered", reason: null }],

  ["label created", { status: "info_received", reason: null }],
  ["manifest", { status: "info_received", reason: null }],
  ["pickup", { status: "in_transit", reason: null }],
  ["picked up", { status: "in_transit", reason: null }],
  ["in transit", { status: "in_transit", reason: null }],
  ["item in transit", { status: "in_transit", reason: null }],
  ["arrived", { status: "in_transit", reason: null }],
  ["departed", { status: "in_transit", reason: null }],
  ["international departure", { status: "in_transit", reason: null }],
  ["international arrival", { status: "in_transit", reason: null }],
  ["cleared customs", { status: "in_transit", reason: null }],
  ["held by customs", { status: "exception", reason: "customs:held" }],
  ["possible delay", { status: "exception", reason: "carrier:delayed" }],
  ["redirected", { status: "in_transit", reason: "transit:forwarded" }],
  ["onboard for delivery", { status: "out_for_delivery", reason: null }],
  ["on board for delivery", { status: "out_for_delivery", reason: null }],
  ["with driver", { status: "out_for_delivery", reason: null }],
  ["attempted delivery", { status: "delivery_attempt_failed", reason: null }],
  ["delivery attempted", { status: "delivery_attempt_failed", reason: null }],
  ["unable to deliver", { status: "delivery_attempt_failed", reason: null }],
  ["awaiting collection", { status: "available_for_pickup", reason: null }],
  ["ready for collection", { status: "available_for_pickup", reason: null }],
  ["ready for pick", { status: "available_for_pickup", reason: null }],
  ["returning to sender", { status: "exception", reason: "transit:returning" }],
  ["return to sender", { status: "exception", reason: "transit:returning" }],
  ["returned to sender", { status: "returned", reason: null }],
  ["delivered to parcel locker", { status: "available_for_pickup", reason: null }],
  ["delivered in a safe place", { status: "delivered", reason: "delivered:safe_place" }],
  ["delivered - left in a safe place", { status: "delivered", reason: "delivered:safe_place" }],
  ["delivered, left in a safe place", { status: "delivered", reason: "delivered:safe_place" }],
  ["collected by customer", { status: "delivered", reason: "delivered:collected" }],
]);

/** `errors[].code` of one number: ESB-10001 is an invalid tracking id, ESB-20010 one without events (same clients, read 2026-11-26). */
export const errorCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["ESB-10001", { status: "not_found", reason: null }],
  ["ESB-10002", { status: "not_found", reason: null }],
  ["ESB-20010", { status: "not_found", reason: null }],
  ["ESB-20050", { status: "not_found", reason: null }],
]);
