import type { StatusMeaning } from "../../domain/status.ts";

/**
 * `stateCode` of bpost's Track API v1. bpost gives its list to customers only: `T00`, `L00` and `U01` with their descriptions are in
 * the published sample. The codes without a description here are a public client's reading (karrio, connector bpost, read 2026-11-24)
 * and not bpost's own. Of that client only the groups "in transit", "delivered" and "ready for pickup" are taken: its "on hold" holds
 * `L00`, which the sample contradicts, and its "failed" and "delayed" do not tell an attempt from a delay.
 * A code that is not here is unknown.
 */
export const statusCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["R00", { status: "in_transit", reason: null }],
  ["R01", { status: "in_transit", reason: null }],
  ["R02", { status: "in_transit", reason: null }],
  ["R03", { status: "in_transit", reason: null }],
  ["R04", { status: "in_transit", reason: null }],
  ["R05", { status: "in_transit", reason: null }],
  ["T00", { status: "in_transit", reason: null }], // Sorted - sorted_out
  ["L00", { status: "out_for_delivery", reason: null }], // BoundToRound - out_for_distribution
  ["N74", { status: "available_for_pickup", reason: null }],
  ["R13", { status: "available_for_pickup", reason: null }],
  ["U00", { status: "delivered", reason: null }],
  ["U01", { status: "delivered", reason: null }], // DistributedNormally - regular
  ["U02", { status: "delivered", reason: null }],
  ["U03", { status: "delivered", reason: null }],
  ["U04", { status: "delivered", reason: null }],
  ["U05", { status: "delivered", reason: null }],
  ["U06", { status: "delivered", reason: null }],
  ["U07", { status: "delivered", reason: null }],
  ["U08", { status: "delivered", reason: null }],
]);
