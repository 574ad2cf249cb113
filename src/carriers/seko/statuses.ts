import { statusTable } from "../status-table.ts";
import type { StatusMeaning } from "../../domain/status.ts";

/**
 * `OmniCode`: SEKO's own codes with their words, as public clients of OmniParcel list them, read 2026-11-26. A locker or collection point (76) is
 * not the person. 31, 32 ("Information"), 39 and 46 say nothing of the way and are left out, as are 83 and 87, which may mean anything.
 */
export const omniCodes: ReadonlyMap<string, StatusMeaning> = statusTable([
  ["info_received", null, "OP-1 OP-8 OP-12"],
  ["info_received", "sender:not_handed_over", "OP-9"],
  [
    "in_transit",
    null,
    "OP-3 OP-4 OP-5 OP-7 OP-10 OP-11 OP-14 OP-18 OP-20 OP-22 OP-33 OP-47 OP-48 OP-50 OP-51 OP-54 OP-56 OP-78 OP-79 OP-80 OP-81 OP-82 OP-89",
  ],
  ["in_transit", "recipient:rescheduled", "OP-36 OP-44 OP-52"],
  ["in_transit", "transit:forwarded", "OP-53"],
  ["in_transit", "carrier:misrouted", "OP-13 OP-35"],
  ["out_for_delivery", null, "OP-21"],
  ["delivery_attempt_failed", null, "OP-30 OP-38 OP-45 OP-86"],
  ["delivery_attempt_failed", "recipient:absent", "OP-24 OP-84"],
  ["delivery_attempt_failed", "recipient:address_incorrect", "OP-27"],
  ["delivery_attempt_failed", "recipient:refused", "OP-28"],
  ["delivery_attempt_failed", "carrier:no_access", "OP-37"],
  ["available_for_pickup", null, "OP-19 OP-25 OP-42 OP-76"],
  ["exception", null, "OP-2 OP-26 OP-49 OP-70 OP-91"],
  ["exception", "carrier:delayed", "OP-16"],
  ["exception", "carrier:lost", "OP-15"],
  ["exception", "carrier:damaged", "OP-17"],
  ["exception", "carrier:disposed", "OP-40 OP-92"],
  ["exception", "customs:held", "OP-6"],
  ["exception", "customs:payment_due", "OP-88"],
  ["exception", "sender:documents_missing", "OP-41"],
  ["exception", "sender:cancelled", "OP-34"],
  ["exception", "recipient:address_incorrect", "OP-23"],
  ["exception", "recipient:not_collected", "OP-43"],
  ["exception", "transit:returning", "OP-29 OP-55 OP-60 OP-63 OP-66 OP-67 OP-85"],
  ["returned", null, "OP-57 OP-58 OP-59 OP-61 OP-62 OP-64 OP-65 OP-68 OP-69 OP-90 OP-94"],
  ["delivered", null, "OP-72 OP-77"],
  ["delivered", "delivered:partial", "OP-71"],
  ["delivered", "delivered:neighbour", "OP-73"],
  ["delivered", "delivered:safe_place", "OP-74"],
  ["delivered", "delivered:collected", "OP-75"],
]);

/** `Status` of a consignment, in capitals or not; only the words whose meaning is plain. */
export const statuses: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["PENDING", { status: "info_received", reason: null }],
  ["IN TRANSIT", { status: "in_transit", reason: null }],
  ["INTRANSIT", { status: "in_transit", reason: null }],
  ["OUT FOR DELIVERY", { status: "out_for_delivery", reason: null }],
  ["AWAITING COLLECTION", { status: "available_for_pickup", reason: null }],
  ["DELIVERED", { status: "delivered", reason: null }],
]);
