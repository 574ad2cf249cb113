import type { PhraseTable } from "../phrase-status.ts";
import { statusTable } from "../status-table.ts";
import type { StatusMeaning } from "../../domain/status.ts";

/**
 * `eventCode`: USPS Publication 199, scan events, as far as commonly known; not read there (2026-11-26). 01, 03, 07, 10, A1, GX, OF, SF, T1, TL and
 * AD were seen beside their words in captured answers. A code that is not here is read by its words.
 */
export const eventCodes: ReadonlyMap<string, StatusMeaning> = statusTable([
  ["info_received", null, "GX GC MA TM"],
  ["in_transit", null, "03 07 10 A1 AD OA T1 TL SF PC EF NT 80 81 82 41 42 43"],
  ["in_transit", "transit:forwarded", "06"],
  ["in_transit", "carrier:misrouted", "08"],
  ["out_for_delivery", null, "OF DG"],
  ["delivery_attempt_failed", null, "02 52"],
  ["delivery_attempt_failed", "recipient:absent", "56"],
  ["delivery_attempt_failed", "recipient:business_closed", "51"],
  ["delivery_attempt_failed", "carrier:no_access", "53 54 55"],
  ["available_for_pickup", null, "14 16"],
  ["exception", "recipient:refused", "04"],
  ["exception", "recipient:address_incorrect", "05 21 22 25"],
  ["exception", "recipient:moved", "23 24"],
  ["exception", "recipient:not_collected", "27"],
  ["exception", "transit:returning", "09 28 29 31"],
  ["exception", null, "26"], // Vacant
  ["delivered", null, "01"],
]);

/** `eventType` and `status`: the beginnings of USPS's sentences, as they stand in captured answers (read 2026-11-26) and on its tracking page. */
export const eventTypes: PhraseTable = new Map<string, StatusMeaning>([
  ["shipping label created", { status: "info_received", reason: null }],
  ["label created", { status: "info_received", reason: null }],
  ["pre-shipment", { status: "info_received", reason: null }],
  ["picked up by shipping partner", { status: "info_received", reason: null }],
  ["shipment received, package acceptance pending", { status: "info_received", reason: null }],
  ["usps in possession of item", { status: "in_transit", reason: null }],
  ["accepted", { status: "in_transit", reason: null }],
  ["arrived", { status: "in_transit", reason: null }],
  ["departed", { status: "in_transit", reason: null }],
  ["in transit", { status: "in_transit", reason: null }],
  ["processed", { status: "in_transit", reason: null }],
  ["sorting complete", { status: "in_transit", reason: null }],
  ["forwarded", { status: "in_transit", reason: "transit:forwarded" }],
  ["missent", { status: "in_transit", reason: "carrier:misrouted" }],
  ["inbound into customs", { status: "in_transit", reason: "customs:processing" }],
  ["inbound out of customs", { status: "in_transit", reason: null }],
  ["held in customs", { status: "exception", reason: "customs:held" }],
  ["customs clearance", { status: "in_transit", reason: "customs:processing" }],
  ["delivered, to agent", { status: "out_for_delivery", reason: null }], // For final delivery: the person does not have it yet
  ["out for delivery", { status: "out_for_delivery", reason: null }],
  ["notice left", { status: "delivery_attempt_failed", reason: null }],
  ["notice left (no authorized recipient available)", { status: "delivery_attempt_failed", reason: "recipient:absent" }],
  ["notice left (business closed)", { status: "delivery_attempt_failed", reason: "recipient:business_closed" }],
  ["notice left (no secure location available)", { status: "delivery_attempt_failed", reason: "carrier:no_access" }],
  ["delivery attempt", { status: "delivery_attempt_failed", reason: null }],
  ["no access to delivery location", { status: "delivery_attempt_failed", reason: "carrier:no_access" }],
  ["available for pickup", { status: "available_for_pickup", reason: null }],
  ["held at post office", { status: "available_for_pickup", reason: null }],
  ["awaiting delivery scan", { status: "in_transit", reason: "carrier:delayed" }],
  ["delivery exception", { status: "exception", reason: null }],
  ["refused", { status: "exception", reason: "recipient:refused" }],
  ["insufficient address", { status: "exception", reason: "recipient:address_incorrect" }],
  ["no such number", { status: "exception", reason: "recipient:address_incorrect" }],
  ["addressee unknown", { status: "exception", reason: "recipient:address_incorrect" }],
  ["undeliverable as addressed", { status: "exception", reason: "recipient:address_incorrect" }],
  ["moved, left no address", { status: "exception", reason: "recipient:moved" }],
  ["unclaimed", { status: "exception", reason: "recipient:not_collected" }],
  ["vacant", { status: "exception", reason: null }],
  ["return to sender", { status: "exception", reason: "transit:returning" }],
  ["delivered, to original sender", { status: "returned", reason: null }],
  ["delivered", { status: "delivered", reason: null }],
  ["delivered, parcel locker", { status: "delivered", reason: "delivered:locker" }],
  ["delivered, in/at mailbox", { status: "delivered", reason: "delivered:mailbox" }],
  ["delivered, po box", { status: "delivered", reason: "delivered:mailbox" }],
  ["delivered, front door/porch", { status: "delivered", reason: "delivered:safe_place" }],
  ["delivered, garage", { status: "delivered", reason: "delivered:safe_place" }],
  ["delivered, neighbor", { status: "delivered", reason: "delivered:neighbour" }],
  ["delivered, left with individual", { status: "delivered", reason: null }],
  ["delivered, individual picked up", { status: "delivered", reason: "delivered:collected" }],
]);

/** `statusCategory`: USPS Tracking API v3, public description in clients (read 2026-11-26). "Alert" may be anything that needs attention. */
export const categories: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["Pre-Shipment", { status: "info_received", reason: null }],
  ["Accepted", { status: "in_transit", reason: null }],
  ["In Transit", { status: "in_transit", reason: null }],
  ["In-Transit", { status: "in_transit", reason: null }],
  ["Out for Delivery", { status: "out_for_delivery", reason: null }],
  ["Delivered to Agent", { status: "out_for_delivery", reason: null }],
  ["Delivery Attempt", { status: "delivery_attempt_failed", reason: null }],
  ["Available for Pickup", { status: "available_for_pickup", reason: null }],
  ["Alert", { status: "exception", reason: null }],
  ["Return to Sender", { status: "exception", reason: "transit:returning" }],
  ["Delivered", { status: "delivered", reason: null }],
]);
