import type { PhraseTable } from "../phrase-status.ts";
import { statusTable } from "../status-table.ts";
import type { StatusMeaning } from "../../domain/status.ts";

/**
 * `event-identifier` without leading zeros. The groups are those of public clients of the tracking API (read 2026-11-26), which follow Canada
 * Post's list of tracking events; 20 is a signature that was taken, 100, 173, 174 and 1496 stand beside their words in its own sample. Codes that
 * clients put into a group without saying why have no reason here.
 */
export const eventCodes: ReadonlyMap<string, StatusMeaning> = statusTable([
  ["in_transit", null, "100 101 102 103 104 105 106 107 1400 1401 1402 1403 1404 1405"],
  ["in_transit", "recipient:address_incorrect", "172 173"],
  ["exception", "carrier:delayed", "159 160 161 162 163 2412"],
  ["exception", "customs:held", "810 1443"],
  ["exception", null, "117 120 121 125 127 1411 1414 1484 1487 1494 2411 2414 4700"],
  ["out_for_delivery", null, "174 500"],
  ["available_for_pickup", null, "118 156 1407 1410 1435 1436 1437 1438 1479 1488 1701 2410"],
  ["delivery_attempt_failed", null, "154 179 181 182 183 184 190 1100 1417 1418 1419 1420 1450 1481 1491 1492 1493 4650"],
  ["exception", "recipient:refused", "150 1415 1416"],
  ["exception", "transit:returning", "167 168 169 2600 2802"],
  ["exception", "recipient:address_incorrect", "1482 1483"],
  ["delivered", null, "1408 1409 1421 1422 1423 1424 1425 1426 1427 1428 1429 1430 1431 1432 1433 1434 1441 1442 1496 1497 1498 1499"],
  ["delivered", "delivered:signed", "20"],
]);

/** Beginnings of descriptions, for codes that are not in the list; in Canada Post's English and French. */
export const descriptions: PhraseTable = new Map<string, StatusMeaning>([
  ["electronic information submitted", { status: "info_received", reason: null }],
  ["item accepted", { status: "in_transit", reason: null }],
  ["item processed", { status: "in_transit", reason: null }],
  ["item arrived", { status: "in_transit", reason: null }],
  ["item departed", { status: "in_transit", reason: null }],
  ["item in transit", { status: "in_transit", reason: null }],
  ["international item", { status: "in_transit", reason: null }],
  ["shipment picked up", { status: "in_transit", reason: null }],
  ["item has been sent for customs", { status: "in_transit", reason: "customs:processing" }],
  ["item being held", { status: "exception", reason: null }],
  ["item out for delivery", { status: "out_for_delivery", reason: null }],
  ["attempted delivery", { status: "delivery_attempt_failed", reason: null }],
  ["item available for pickup", { status: "available_for_pickup", reason: null }],
  ["item being returned", { status: "exception", reason: "transit:returning" }],
  ["item successfully delivered", { status: "delivered", reason: null }],
  ["delivered", { status: "delivered", reason: null }],
  ["article traité", { status: "in_transit", reason: null }],
  ["article en cours de livraison", { status: "out_for_delivery", reason: null }],
  ["article livré", { status: "delivered", reason: null }],
]);

/** `event-type` of a summary: Canada Post's service description as public clients quote it, read 2026-11-26. */
export const eventTypes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["INFO", { status: "info_received", reason: null }],
  ["INDUCTION", { status: "in_transit", reason: null }],
  ["VEHICLE_INFO", { status: "in_transit", reason: null }],
  ["OUT", { status: "out_for_delivery", reason: null }],
  ["ATTEMPTED", { status: "delivery_attempt_failed", reason: null }],
  ["TO_RETAIL", { status: "available_for_pickup", reason: null }],
  ["AVAILABLE", { status: "available_for_pickup", reason: null }],
  ["SIGNATURE", { status: "delivered", reason: "delivered:signed" }],
  ["DELIVERED", { status: "delivered", reason: null }],
]);
