import type { PhraseTable } from "../phrase-status.ts";
import { statusTable } from "../status-table.ts";
import type { StatusMeaning } from "../../domain/status.ts";

/** `SummaryCode`: ExpressConnect tracking, version 3.1, as public clients quote it, read 2026-11-26. */
export const summaryCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["CNF", { status: "not_found", reason: null }], // Consignment not found
  ["INT", { status: "in_transit", reason: null }],
  ["EXC", { status: "exception", reason: null }],
  ["DEL", { status: "delivered", reason: null }],
]);

/** `StatusCode`: those that stand beside their words in TNT's sample answers (read 2026-11-26); its list is not public. */
export const statusCodes: ReadonlyMap<string, StatusMeaning> = statusTable([
  ["in_transit", null, "CI IS IR AS TR"],
  ["in_transit", "carrier:delayed", "NR MLA"],
  ["out_for_delivery", null, "OD"],
  ["delivered", null, "OK"],
]);

/** Beginnings of descriptions, for the other codes: TNT's usual English wording, not checked beyond its samples. */
export const descriptions: PhraseTable = new Map<string, StatusMeaning>([
  ["shipment data received", { status: "info_received", reason: null }],
  ["awaiting collection from", { status: "info_received", reason: null }],
  ["shipment collected", { status: "in_transit", reason: null }],
  ["shipment received", { status: "in_transit", reason: null }],
  ["shipment in transit", { status: "in_transit", reason: null }],
  ["shipment in customs", { status: "in_transit", reason: "customs:processing" }],
  ["shipment delayed", { status: "in_transit", reason: "carrier:delayed" }],
  ["connection delay", { status: "in_transit", reason: "carrier:delayed" }],
  ["import received", { status: "in_transit", reason: null }],
  ["export received", { status: "in_transit", reason: null }],
  ["released from customs", { status: "in_transit", reason: null }],
  ["held awaiting customs", { status: "exception", reason: "customs:held" }],
  ["held in customs", { status: "exception", reason: "customs:held" }],
  ["shipment held", { status: "exception", reason: null }],
  ["incomplete address", { status: "exception", reason: "recipient:address_incorrect" }],
  ["incorrect address", { status: "exception", reason: "recipient:address_incorrect" }],
  ["shipment refused", { status: "exception", reason: "recipient:refused" }],
  ["shipment damaged", { status: "exception", reason: "carrier:damaged" }],
  ["return to sender", { status: "exception", reason: "transit:returning" }],
  ["shipment returned", { status: "exception", reason: "transit:returning" }],
  ["out for delivery", { status: "out_for_delivery", reason: null }],
  ["delivery attempted", { status: "delivery_attempt_failed", reason: null }],
  ["receiver not in", { status: "delivery_attempt_failed", reason: "recipient:absent" }],
  ["company closed", { status: "delivery_attempt_failed", reason: "recipient:business_closed" }],
  ["shipment available for collection", { status: "available_for_pickup", reason: null }],
  ["awaiting collection by receiver", { status: "available_for_pickup", reason: null }],
  ["shipment delivered", { status: "delivered", reason: null }],
  ["shipment partially delivered", { status: "delivered", reason: "delivered:partial" }],
]);
