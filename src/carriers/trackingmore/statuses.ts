import type { StatusMeaning } from "../../domain/status.ts";

/**
 * `delivery_status`: trackingmore.com/docs/logistics_status.php, read 2026-11-26. `pickup` is "out for delivery or arrived at local facility"
 * in TrackingMore's words; its sub-status tells which.
 */
export const deliveryStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["pending", { status: "not_found", reason: null }],
  ["notfound", { status: "not_found", reason: null }],
  ["inforeceived", { status: "info_received", reason: null }],
  ["transit", { status: "in_transit", reason: null }],
  ["pickup", { status: "out_for_delivery", reason: null }],
  ["delivered", { status: "delivered", reason: null }],
  ["undelivered", { status: "delivery_attempt_failed", reason: null }],
  ["exception", { status: "exception", reason: null }],
  ["expired", { status: "unknown", reason: null }], // No result after 30 (post: 60) days; not what became of the parcel
]);

/**
 * `substatus`: the same page in two editions, read in part on 2026-11-26; the `pickup`, `undelivered` and `exception` rows are as TrackingMore's
 * documentation numbers them by common knowledge and were not read. 007 is "lost or damaged", so neither is said.
 */
export const subStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["notfound001", { status: "info_received", reason: null }],
  ["notfound002", { status: "not_found", reason: null }],
  ["inforeceived001", { status: "info_received", reason: null }],
  ["transit001", { status: "in_transit", reason: null }],
  ["transit002", { status: "in_transit", reason: null }], // Arrived at a hub
  ["transit003", { status: "in_transit", reason: null }], // Arrived at the delivery facility
  ["transit004", { status: "in_transit", reason: null }], // Arrived in the country of destination
  ["transit005", { status: "in_transit", reason: null }], // Customs cleared
  ["transit006", { status: "in_transit", reason: null }], // Dispatched
  ["transit007", { status: "in_transit", reason: null }], // Departed from an airport
  ["pickup001", { status: "out_for_delivery", reason: null }],
  ["pickup002", { status: "available_for_pickup", reason: null }],
  ["pickup003", { status: "out_for_delivery", reason: null }], // Customer contacted before delivery
  ["delivered001", { status: "delivered", reason: null }],
  ["delivered002", { status: "delivered", reason: "delivered:collected" }],
  ["delivered003", { status: "delivered", reason: "delivered:signed" }],
  ["delivered004", { status: "delivered", reason: "delivered:neighbour" }],
  ["undelivered001", { status: "delivery_attempt_failed", reason: "recipient:address_incorrect" }],
  ["undelivered002", { status: "delivery_attempt_failed", reason: "recipient:absent" }],
  ["undelivered003", { status: "delivery_attempt_failed", reason: "recipient:address_incorrect" }], // Addressee not found there
  ["undelivered004", { status: "delivery_attempt_failed", reason: null }],
  ["exception004", { status: "exception", reason: "recipient:not_collected" }],
  ["exception005", { status: "exception", reason: null }],
  ["exception006", { status: "exception", reason: "customs:held" }],
  ["exception007", { status: "exception", reason: null }],
  ["exception008", { status: "exception", reason: "sender:cancelled" }],
  ["exception009", { status: "exception", reason: "recipient:refused" }],
  ["exception010", { status: "returned", reason: null }],
  ["exception011", { status: "exception", reason: "transit:returning" }],
]);
