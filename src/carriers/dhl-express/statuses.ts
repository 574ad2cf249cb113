import type { StatusMeaning } from "../../domain/status.ts";
import { statusTable } from "../status-table.ts";

/**
 * Event codes of DHL Express (`typeCode` in MyDHL, `EventCode` in the older XML), by the list of status codes of DHL's Unified tracking
 * for the service `express`, state of 2024-06 (read 2026-11-26 in a public repository). `CS` (case closed), `PY` (a payment), `RR` (an answer of the
 * customer) and `SC` (service changed) say nothing of where the shipment is.
 */
export const eventCodes = statusTable([
  ["in_transit", null, "AF AR BR CR DF PL PU SA SM TP TR FD"],
  ["in_transit", "carrier:delayed", "MD"],
  ["in_transit", "carrier:misrouted", "MC MS"],
  ["in_transit", "customs:processing", "BN IC"],
  ["in_transit", "recipient:rescheduled", "AD"],
  ["out_for_delivery", null, "WC"],
  // Awaiting collection by the consignee.
  ["available_for_pickup", null, "CC"],
  ["delivery_attempt_failed", null, "ND"],
  ["delivery_attempt_failed", "recipient:absent", "NH"],
  ["delivery_attempt_failed", "recipient:business_closed", "CA"],
  ["delivery_attempt_failed", "recipient:refused", "RD"],
  ["exception", null, "OH SS"],
  ["exception", "carrier:disposed", "DS"],
  ["exception", "customs:held", "CD UD"],
  ["exception", "recipient:address_incorrect", "BA"],
  ["exception", "recipient:moved", "CM"],
  ["exception", "recipient:payment_due", "HP"],
  ["returned", null, "RT"],
  ["delivered", null, "OK DD"],
  ["delivered", "delivered:partial", "PD"],
  ["unknown", null, "CS PY RR SC"],
]);

/** What an answer says of a whole waybill in place of events (`ActionStatus` in the older XML, `status` in MyDHL). */
export const answerStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["No Shipments Found", { status: "not_found", reason: null }],
  ["No Shipment Found", { status: "not_found", reason: null }],
]);
