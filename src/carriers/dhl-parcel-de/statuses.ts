import type { StatusMeaning } from "../../domain/status.ts";
import { codedStatus, type CodedStatus } from "../coded-status.ts";
import { text } from "../json.ts";
import { statusTable } from "../status-table.ts";

/**
 * Events of DHL Paket in three parts: event (`ice`), reason (`ric`) and DHL's standard event, in this source's XML as three attributes and
 * in DHL Unified's `statusDetailed` as `NTDEL_NHOME_ZN`. The parts and their combinations are those of "ICE Event / RIC combinations", July 2024,
 * of DHL's business API (read 2026-11-26 in a public repository); DHL does not document the field of Unified, public clients show
 * live answers with it. A row is looked up whole, then without the last part, then by the event alone. Events that are left out say nothing
 * of where the parcel is (a message to the recipient, a payment) or not enough of it.
 */
export const parcelEvents = statusTable([
  ["info_received", null, "PARCV PURCR"],
  ["info_received", "sender:not_handed_over", "NTPUP"],
  [
    "in_transit",
    null,
    "ASMVT CHECK FWDCF HLDCC_SERPT_PO HNDDE INFCL LDTHU LDTMV MVARR MVDPT PCKDU RELBL REPCK RSDCP SECHK SHRCU SRTED TRBCR ULFMV",
  ],
  ["in_transit", "carrier:delayed", "LDEXC MVDEX MVTEX NTADT"],
  ["in_transit", "customs:processing", "HNDND_CUSTM ICPRC ITBAR"],
  ["in_transit", "recipient:rescheduled", "INFCL_CSREQ INFCL_DLVDT INFCL_HNDCA ROUCR"],
  ["in_transit", "transit:forwarded", "OFWRD"],
  // Loaded into the vehicle of the delivery round: live answers give this text for the first two.
  ["out_for_delivery", null, "SRTED_NRQRD_PO LDTMV_PCKST_PO LDTMV_MVMTV_PO LDTMV_SECDA_PO LDTMV_SERPT_PO"],
  ["available_for_pickup", null, "CNRFC HLDCC HNDDE_SERPT_LA HNDDE_SERPT_ZF"],
  ["delivery_attempt_failed", null, "NTDEL"],
  ["delivery_attempt_failed", "recipient:absent", "NTDEL_NHOME NTDEL_CNCNR"],
  ["delivery_attempt_failed", "recipient:refused", "DLVRF NTDEL_RFUSD"],
  ["delivery_attempt_failed", "recipient:address_incorrect", "NTDEL_BDADD NTDEL_CPUNK NTDEL_WRGPN NTDEL_WRGRI"],
  ["delivery_attempt_failed", "recipient:moved", "NTDEL_MOVED"],
  ["delivery_attempt_failed", "recipient:business_closed", "NTDEL_CLOSD"],
  ["delivery_attempt_failed", "recipient:not_collected", "NTDEL_NTCCN"],
  ["delivery_attempt_failed", "recipient:payment_due", "DLVRF_TRPMT NTDEL_TRPMT"],
  ["delivery_attempt_failed", "carrier:capacity", "NTDEL_CAPEX"],
  ["delivery_attempt_failed", "carrier:damaged", "DLVRF_DMGED NTDEL_DMGED"],
  ["delivery_attempt_failed", "carrier:delayed", "DLVRF_CROAT NTDEL_CRROT NTDEL_DRCRU NTDEL_TCHBD"],
  ["delivery_attempt_failed", "carrier:misrouted", "NTDEL_WRGTR"],
  ["exception", null, "EXPHD"],
  ["exception", "carrier:capacity", "EXPHD_CAPEX"],
  ["exception", "carrier:damaged", "DMGDS EXPHD_DMGED EXPHD_DMGPC EXPHD_DMPHD"],
  ["exception", "carrier:delayed", "EXPHD_EQUBF EXPHD_STPRB"],
  ["exception", "carrier:disposed", "DSPSD"],
  ["exception", "carrier:lost", "EXPHD_LOSTX RCCLS_LOSTX"],
  ["exception", "carrier:misrouted", "MSRTD"],
  ["exception", "customs:held", "HLDCP HLDCU"],
  ["exception", "customs:refused", "EXPHD_CLREF"],
  ["exception", "other:security", "CNFSC EXPHD_INSPT"],
  ["exception", "recipient:address_incorrect", "EXPHD_BDADD EXPHD_WRGRI LDEXC_BDADD"],
  ["exception", "recipient:not_collected", "HLDCC_NTCCN"],
  ["exception", "sender:cancelled", "CANCL"],
  ["exception", "sender:documents_missing", "EXPHD_MSDOC EXPHD_PWMFD"],
  ["exception", "sender:packaging", "EXPHD_GDNMS"],
  ["exception", "transit:returning", "EXPHD_RTTSP OFWRD_RTSCR OFWRD_RTSSA RETRN"],
  ["delivered", null, "DLVRD"],
  ["delivered", "delivered:collected", "DLVRD_ACCPK DLVRD_SERPT"],
  ["delivered", "delivered:locker", "DLVRD_PKBOX"],
  ["delivered", "delivered:mailbox", "DLVRD_POBOX"],
  ["delivered", "delivered:neighbour", "DLVRD_NGHBR"],
  ["delivered", "delivered:partial", "DLVRD_ACCSI"],
  ["delivered", "delivered:safe_place", "DLVRD_SECPL"],
]);

/** DHL's standard events, for an answer without the finer ones; from the same list. `BV` (exception), `DD` (data) and `GT` (money) say too little. */
export const standardEvents = statusTable([
  ["info_received", null, "VA"],
  ["in_transit", null, "AA AE EE ES NB LA"],
  ["in_transit", "customs:processing", "ZO"],
  ["in_transit", "sender:not_handed_over", "AN"],
  ["out_for_delivery", null, "PO"],
  ["available_for_pickup", null, "ZF"],
  ["delivery_attempt_failed", null, "ZN"],
  ["delivered", null, "ZU"],
]);

/** @returns null for an event that is not in the table. */
export function parcelStatus(event: unknown, reason: unknown, standard: unknown): CodedStatus | null {
  const [first, second, third] = [text(event), text(reason), text(standard)];
  return (
    codedStatus(parcelEvents, `${first}_${second}_${third}`) ??
    codedStatus(parcelEvents, `${first}_${second}`) ??
    codedStatus(parcelEvents, first)
  );
}

/** `error-status` of a piece. Others (blocked, too many questions, an internal error) say nothing about the number. */
export const errorStatuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["100", { status: "not_found", reason: null }], // No data found
]);
