import { statusTable } from "../status-table.ts";

/**
 * `trackingStageCode` of Evri's tracking, from public clients and recordings (read 2026-11-26); Evri publishes no list. `4` with `_SHOP` or
 * `_LOCKER` waits for the person there, `5_SHOP` was fetched. `A` is on its way back; `6` is a problem.
 */
export const stageCodes = statusTable([
  ["info_received", null, "0 1"],
  ["in_transit", null, "2 3 4"],
  ["out_for_delivery", null, "4_COURIER"],
  ["available_for_pickup", null, "4_SHOP 4_LOCKER"],
  ["exception", null, "6 6_INFO 6_ACTION"],
  ["exception", "transit:returning", "A"],
  ["delivered", null, "5 5_COURIER"],
  ["delivered", "delivered:collected", "5_SHOP 5_LOCKER"],
]);
