import type { StatusMeaning } from "../../domain/status.ts";
import { statusTable } from "../status-table.ts";

/**
 * Event codes of Royal Mail's Tracking API v2. Royal Mail gives its list ("TAPI event codes") to customers; these rows follow the names
 * and status categories of that list as public clients hold it (read 2026-11-26). What Royal Mail counts as delivered at a Post Office or Customer
 * Service Point (`EVKLC`, `EVKLS`, `EVNLC`, `EVPLA`) waits there for the person. What it calls "returned to sender" is on its way there.
 */
export const eventCodes = statusTable([
  ["info_received", null, "EVAIE EVAIP"],
  [
    "in_transit",
    null,
    "EVBAV EVDAC EVDAV EVIAV EVIMC EVJOE EVNDO EVNMC EVNPB EVOAC EVOBC EVOCO EVODO EVOLB EVOOC EVORC EVORI EVORW EVOVB EVPPA",
  ],
  ["in_transit", null, "EVJNT EVJMV EVJLV"],
  ["in_transit", "carrier:delayed", "EVNDN"],
  ["in_transit", "carrier:misrouted", "EVNMI EVOMI"],
  ["in_transit", "transit:forwarded", "EVNRD EVNWA"],
  ["in_transit", "recipient:rescheduled", "EVNKS EVNRC EVNSR RORXS RSRXS"],
  ["out_for_delivery", null, "EVGPD"],
  ["available_for_pickup", null, "EVKLC EVKLS EVNAE EVNLC EVPLA"],
  ["available_for_pickup", "recipient:absent", "EVNDA"],
  ["delivery_attempt_failed", null, "EVKNR EVKSU"],
  ["delivery_attempt_failed", "recipient:absent", "EVKNA EVNBA EVNSA"],
  ["delivery_attempt_failed", "carrier:no_access", "EVKAA EVNAA EVNIL EVNIO"],
  ["delivery_attempt_failed", "recipient:address_incorrect", "EVNUL EVNUO"],
  ["exception", null, "EVNRT"],
  ["exception", "carrier:disposed", "EVNDL"],
  ["exception", "customs:held", "EVJML EVJPA EVJSR"],
  ["exception", "recipient:payment_due", "EVNCF"],
  ["exception", "recipient:address_incorrect", "EVKAI EVNAI EVNLA EVNLI EVNSI EVNUK"],
  ["exception", "recipient:moved", "EVKGA EVNAC EVNGA EVNGL EVNLG"],
  ["exception", "recipient:refused", "EVKRF EVNAB EVNHR EVNLR EVNRF EVNRO EVNRR"],
  ["exception", "recipient:not_collected", "EVNAD EVNHE EVNRE EVNRL"],
  ["exception", "transit:returning", "EVNRN EVNRS EVORR EVORT"],
  ["delivered", null, "EVKOP EVNFS EVNLP EVNOI"],
  ["delivered", "delivered:signed", "EVKSP"],
  ["delivered", "delivered:safe_place", "EVKSF"],
  ["delivered", "delivered:neighbour", "EVKDN EVKNS"],
  ["delivered", "delivered:mailbox", "EVNPO"],
  ["delivered", "delivered:collected", "EVNCE EVNCO EVNOC EVNSC EVPLC"],
]);

/** `statusCategory` of a summary in capitals, where its last event's code is not known; same list. */
export const statusCategories: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["WE'VE GOT IT", { status: "in_transit", reason: null }],
  ["IN TRANSIT", { status: "in_transit", reason: null }],
  ["RELEASED FROM CUSTOMS", { status: "in_transit", reason: null }],
  ["OUT FOR DELIVERY", { status: "out_for_delivery", reason: null }],
  ["READY FOR DELIVERY", { status: "out_for_delivery", reason: null }],
  ["AVAILABLE FOR COLLECTION", { status: "available_for_pickup", reason: null }],
  ["DELIVERY ATTEMPTED", { status: "delivery_attempt_failed", reason: null }],
  ["RETURNED TO SENDER", { status: "exception", reason: "transit:returning" }],
  ["COLLECTED", { status: "delivered", reason: "delivered:collected" }],
  ["DELIVERED", { status: "delivered", reason: null }],
]);

/** Error in place of a mail piece: the barcode is not recognised, or there is no information about it (yet). Others say nothing about the number. */
export const errorCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["E1142", { status: "not_found", reason: null }],
  ["E1144", { status: "not_found", reason: null }],
  ["E1145", { status: "not_found", reason: null }],
]);
