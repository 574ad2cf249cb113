import { statusTable } from "../status-table.ts";
import type { StatusMeaning } from "../../domain/status.ts";

/**
 * Codes: Nova Post's published status table, as public clients quote it, read 2026-11-26. 7 and 8 are called "delivered" there and mean at the
 * branch or in the locker; what the person has is "received" (9, 10, 11, 106). 999 is its own "undetermined".
 */
export const statusCodes: ReadonlyMap<string, StatusMeaning> = statusTable([
  ["info_received", null, "1"],
  ["not_found", null, "3"],
  ["exception", "sender:cancelled", "2"],
  ["in_transit", null, "4 41 5 6 13 16 17 19 12"],
  ["in_transit", null, "30 31 115 120 121"],
  ["in_transit", "customs:processing", "114 119 122 125 126 127 128 134 135 197 198 199"],
  ["in_transit", "transit:forwarded", "104"],
  ["in_transit", "recipient:rescheduled", "112"],
  ["in_transit", null, "110 149"],
  ["available_for_pickup", null, "7 8"],
  ["out_for_delivery", null, "101"],
  ["delivered", "delivered:collected", "9 10 11"],
  ["delivered", null, "106"],
  ["delivery_attempt_failed", null, "111"],
  ["exception", "recipient:refused", "103"],
  ["exception", "transit:returning", "102 131 132"],
  ["exception", "carrier:disposed", "105 155"],
  ["exception", "recipient:not_collected", "113 141 144"],
  ["exception", "carrier:lost", "117"],
  ["exception", "customs:held", "116 123 133"],
  ["exception", "customs:refused", "118 130"],
  ["exception", "recipient:address_incorrect", "138"],
  ["exception", null, "99"],
  ["unknown", null, "999"],
]);
