import { statusTable } from "../status-table.ts";

/**
 * Event codes of Chronopost's tracking service. Chronopost publishes no list; these are the codes whose label in public recordings leaves no
 * choice (karrio, connector chronopost, and other public clients, read 2026-11-26). `SM` (a message to the recipient) and `CL` (the
 * recipient's wish) are no scans. The delivery depot's `SD` is before its round; `RB` is on the way to the pickup point, `AB` is there.
 */
export const eventCodes = statusTable([
  ["info_received", null, "DC EA"],
  ["in_transit", null, "DB DY SC EC TS O TP T TT EI SJ SD IS RB"],
  ["in_transit", "carrier:delayed", "A2 IA"],
  ["out_for_delivery", null, "TA"],
  ["available_for_pickup", null, "AB"],
  ["delivery_attempt_failed", "recipient:absent", "P"],
  ["exception", null, "SK"],
  ["exception", "transit:returning", "R"],
  ["delivered", null, "D"],
  ["unknown", null, "SM CL"],
]);
