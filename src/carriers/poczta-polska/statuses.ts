import { statusTable } from "../status-table.ts";
import type { StatusMeaning } from "../../domain/status.ts";

/**
 * Codes of events: those that public clients of Poczta Polska's tracking service have met, by their meanings there (read 2026-11-26); its full
 * list is not public. `P_A` to `P_PA` are notices that the parcel waits at a post office.
 */
export const eventCodes: ReadonlyMap<string, StatusMeaning> = statusTable([
  ["info_received", null, "P_REJ_KN1"],
  ["in_transit", null, "P_PPDN P_NAD P_PZL P_WZL P_WEOC P_WYPL P_WYOC P_WEPL P_WPUCPP"],
  ["in_transit", "customs:processing", "P_ZWC"],
  ["out_for_delivery", null, "P_WD P_WDML P_NDD"],
  ["available_for_pickup", null, "P_A P_KWD P_PA"],
  ["delivered", null, "P_D"],
  ["delivered", "delivered:collected", "P_OWU"],
  ["exception", "transit:returning", "P_NDZ"],
  ["exception", null, "P_ND P_NDZK P_NDPD P_R P_NDZAP P_NDZKON P_ZDUN P_CZDKN P_NDPJ"],
]);

/** `state.code`, coarser: for events whose code is not known. From the sample answers of the same clients. */
export const stateCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["PRZ", { status: "info_received", reason: null }],
  ["NA", { status: "in_transit", reason: null }],
  ["TR", { status: "in_transit", reason: null }],
  ["DOR", { status: "out_for_delivery", reason: null }],
  ["DO", { status: "delivered", reason: null }],
]);
