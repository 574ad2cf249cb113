import { statusTable } from "../status-table.ts";
import type { StatusMeaning } from "../../domain/status.ts";

/**
 * `actionCode`: Cainiao publishes no list; these are the codes that public clients of its tracking page have met, by their meanings there (read
 * 2026-11-26). `GTMS_STA_SIGNED` is the station's signature, not the person's: the parcel waits there.
 */
export const actionCodes: ReadonlyMap<string, StatusMeaning> = statusTable([
  ["info_received", null, "GWMS_ACCEPT GWMS_PACKAGE PRE_READY_TO_SHIP CONSIGN"],
  ["in_transit", null, "CW_INBOUND CW_OUTBOUND CW_COMMON_PROCESSING1 PU_PICKUP_SUCCESS GWMS_OUTBOUND"],
  ["in_transit", null, "SC_INBOUND_SUCCESS SC_OUTBOUND_SUCCESS SC_TRANS_INBOUND_SUCCESS SC_TRANS_OUTBOUND_SUCCESS"],
  ["in_transit", "customs:processing", "CC_EX_START CC_IM_START CC_HO_IN_SUCCESS"],
  ["in_transit", null, "CC_EX_SUCCESS CC_IM_SUCCESS CC_HO_OUT_SUCCESS"],
  ["in_transit", null, "LH_HO_IN_SUCCESS LH_HO_AIRLINE LH_DEPART LH_ARRIVE LH_POST_COLLECTION COMMON_INTRANSIT"],
  ["in_transit", null, "TD_TRANS_DEPART TD_TRANS_ARRIVE TD_TRANS_ARRIVE_C"],
  ["in_transit", null, "GTMS_ACCEPT GTMS_SC_ARRIVE GTMS_SC_DEPART GTMS_OE_DEPART LAST_MILE_ASN_NOTIFY"],
  ["out_for_delivery", null, "GTMS_DO_DEPART"],
  ["available_for_pickup", null, "GSTA_INFORM_BUYER GTMS_WAIT_SELF_PICK GTMS_STA_SIGNED"],
  ["delivery_attempt_failed", null, "GTMS_STA_SIGN_FAILURE"],
  ["exception", "customs:held", "CC_IM_FAILURE CC_IM_EXCEPTION"],
  ["exception", null, "EXCEPTION"],
  ["delivered", null, "GTMS_SIGNED"],
]);
