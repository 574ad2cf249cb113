import { statusTable } from "../status-table.ts";
import type { StatusMeaning } from "../../domain/status.ts";

/**
 * Status codes: PostNL's reference "T & T Status Codes" (read 2026-11-24 in PostNL's public SDK documentation), comments in its words.
 * 27, 28 and 31 are only named beside its event codes. "Manco" is a shipment that was expected and is not there (yet).
 */
export const statusCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["1", { status: "info_received", reason: null }], // Shipment pre-alerted
  ["4", { status: "info_received", reason: "sender:not_handed_over" }], // Shipment not collected
  ["13", { status: "info_received", reason: null }], // Pre-alerted: not yet accepted
  ["14", { status: "exception", reason: "sender:not_handed_over" }], // Pre-alerted: definitely not accepted
  ["2", { status: "in_transit", reason: null }], // Shipment accepted
  ["3", { status: "in_transit", reason: null }], // Shipment collected
  ["5", { status: "in_transit", reason: null }], // Shipment sorted
  ["6", { status: "in_transit", reason: "carrier:delayed" }], // Shipment not sorted
  ["9", { status: "in_transit", reason: "customs:processing" }], // Shipment at customs
  ["20", { status: "in_transit", reason: "customs:processing" }], // Shipment in clearance process
  ["21", { status: "in_transit", reason: null }], // Shipment in storage
  ["23", { status: "in_transit", reason: null }], // Parcel collected (the order to collect it is done)
  ["31", { status: "in_transit", reason: null }], // Ready for transport to the country of destination
  ["15", { status: "exception", reason: "carrier:delayed" }], // Missing collection
  ["16", { status: "exception", reason: "carrier:delayed" }], // Missing in sorting
  ["17", { status: "exception", reason: "carrier:delayed" }], // Missing in distribution
  ["18", { status: "exception", reason: "carrier:lost" }], // Definitely missing
  ["19", { status: "exception", reason: null }], // Shipment rejected
  ["27", { status: "exception", reason: "transit:returning" }], // Return, undeliverable
  ["28", { status: "exception", reason: "transit:returning" }], // Return, wrong delivery code
  ["7", { status: "out_for_delivery", reason: null }], // Shipment out for delivery
  ["8", { status: "delivery_attempt_failed", reason: null }], // Shipment not delivered
  ["12", { status: "available_for_pickup", reason: null }], // Shipment at pick-up location
  ["11", { status: "delivered", reason: null }], // Shipment delivered
  ["22", { status: "delivered", reason: "delivered:collected" }], // Shipment picked up from post office
  ["99", { status: "unknown", reason: null }], // Not applicable
]);

/**
 * Event codes by meaning: the same reference, read by each code's own text, which is often finer than the status that PostNL files it
 * under. `01A` and `05Y` are an older notation in PostNL's recorded answers. Codes whose text says nothing of the parcel's progress
 * (a customer's call, an unsafe place to leave it) are left out.
 */
export const eventCodes = statusTable([
  ["info_received", null, "A01 01A A10 A71 F01 X80 A20 A21 J56 J93"],
  ["info_received", "sender:not_handed_over", "D02 D03 D04 D05 D06 D07 D09 D40 Y80 Y81 M03"],
  ["exception", "sender:cancelled", "D41 H30 H31 Q02 R06"],
  ["exception", "sender:packaging", "X42 X43"],
  ["exception", "sender:not_handed_over", "M01"],
  ["exception", "sender:documents_missing", "F03 F04"],
  ["exception", null, "F05 F06 F07 F08 F10 K91"],
  [
    "in_transit",
    null,
    "B01 B04 B06 C01 C02 X40 A27 A28 A99 A72 A73 A74 A75 A76 J01 J06 J10 J27 J28 J45 J61 Q12 Q13 Q15 Q16 Q17 Q18 R01 S05 Q19 Y39",
  ],
  ["in_transit", null, "X01 X02 X04 X07 X08 X14 X15 X16 X17 X19 X50 X51 X52 X61 X65 X68 V04 V12 V13 V22 V23 V50"],
  ["in_transit", "recipient:rescheduled", "A08 A09 A11 A12 A13 A29 A30 A31 A32 A34 A35 A94 J90"],
  [
    "in_transit",
    "carrier:delayed",
    "A42 J09 J14 J24 J26 J36 J39 J95 Y33 Y35 Y60 Y61 Y62 K01 V01 V06 Y07 H32 T02 G01 G02 G03 G05 V02 V03 V11 V21 V31 K25 Y66 J22 J92 Y08",
  ],
  ["in_transit", "weather:delayed", "Y65"],
  ["in_transit", "recipient:business_closed", "J07 J17 Y43"],
  ["in_transit", "recipient:address_incorrect", "J33 Y23 Y24"],
  ["in_transit", "transit:forwarded", "K02 K03 K70 K71 J47"],
  ["in_transit", "customs:processing", "X03 X60 X62 Y25 X11"],
  ["exception", "customs:held", "X30 X63 X64 X66 Y46 Y64"],
  ["exception", "customs:payment_due", "X67"],
  ["exception", "sender:documents_missing", "X10 Y48"],
  ["exception", "carrier:disposed", "K92 Y29 Y45"],
  [
    "exception",
    "transit:returning",
    "H02 H03 H04 H05 H07 H08 H09 H10 H12 H15 H16 H17 H18 H20 H22 H24 H25 H35 H51 H52 K43 X20 X21 X22 X81 Y16 Y18 Y19 Y20 Y21 Y40 Y47",
  ],
  ["exception", "recipient:refused", "H01 H38 Y03 Y13 Y50"],
  ["exception", "carrier:damaged", "Y04 Y11 Y14 Y44"],
  ["exception", "carrier:lost", "Y71"],
  ["exception", "carrier:cancelled", "H23"],
  ["out_for_delivery", null, "J05 05Y J55 J59 X06 X55 Y05"],
  ["delivery_attempt_failed", null, "H34 J08 J29 K15 K30 Y15 Y38 Y36 Y37"],
  ["delivery_attempt_failed", "recipient:absent", "D08 J94 K14 Y02 Y10 Y42"],
  ["delivery_attempt_failed", "recipient:address_incorrect", "H36 Y01 Y09 Y12 Y17 Y30 Y31 Y32"],
  ["delivery_attempt_failed", "recipient:moved", "Y22"],
  ["delivery_attempt_failed", "recipient:payment_due", "K41"],
  ["delivery_attempt_failed", "carrier:no_access", "J16 K16 Y41"],
  ["delivery_attempt_failed", "carrier:capacity", "J42 J48"],
  ["available_for_pickup", null, "I08 J02 J12 J23 J52 X05 Y26"],
  ["returned", null, "I07 J63 X24"],
  ["delivered", null, "I01 I03 I06 I23 Z01 Z02 Z03 Z04 Z08"],
  ["delivered", "delivered:mailbox", "I05 I11"],
  ["delivered", "delivered:locker", "I09"],
  ["delivered", "delivered:neighbour", "I10 Z05"],
  ["delivered", "delivered:safe_place", "I12 Z09"],
  ["delivered", "delivered:collected", "I02 I22 Z06"],
  ["delivered", "delivered:partial", "J91"],
]);
