import type { StatusMeaning } from "../../domain/status.ts";

/** `statusCode`: the five values of DHL's Shipment Tracking - Unified, in the API's own schema (public clients, read 2026-11-24). */
export const statusCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["pre-transit", { status: "info_received", reason: null }],
  ["transit", { status: "in_transit", reason: null }],
  ["delivered", { status: "delivered", reason: null }],
  ["failure", { status: "exception", reason: null }],
  ["unknown", { status: "unknown", reason: null }],
]);

/** A word in `status` that says more than its `statusCode`. */
export interface StatusWord extends StatusMeaning {
  /** The `statusCode` that it makes finer; beside any other known one the word contradicts and is passed over. */
  readonly within: string;
}

/**
 * `status` in capitals. The field is free text that each DHL division fills in its own way ("does not provide a unified structure",
 * Push API 101 guide on developer.dhl.com, read 2026-11-24), and DHL publishes no list. `DELIVERED` is in the published sample; the
 * others are plain English words whose meaning leaves no choice. Any other text is tokenised and says nothing here.
 */
export const statusWords: ReadonlyMap<string, StatusWord> = new Map<string, StatusWord>([
  ["OUT FOR DELIVERY", { within: "transit", status: "out_for_delivery", reason: null }],
  ["AVAILABLE FOR PICKUP", { within: "transit", status: "available_for_pickup", reason: null }],
  ["READY FOR PICKUP", { within: "transit", status: "available_for_pickup", reason: null }],
  ["CUSTOMS CLEARANCE", { within: "transit", status: "in_transit", reason: "customs:processing" }],
  ["DELIVERED", { within: "delivered", status: "delivered", reason: null }],
  ["DELIVERY ATTEMPTED", { within: "failure", status: "delivery_attempt_failed", reason: null }],
  ["DELIVERY ATTEMPT FAILED", { within: "failure", status: "delivery_attempt_failed", reason: null }],
  ["REFUSED", { within: "failure", status: "exception", reason: "recipient:refused" }],
  ["LOST", { within: "failure", status: "exception", reason: "carrier:lost" }],
  ["DAMAGED", { within: "failure", status: "exception", reason: "carrier:damaged" }],
  ["RETURN TO SENDER", { within: "failure", status: "exception", reason: "transit:returning" }],
  ["RETURNED TO SENDER", { within: "failure", status: "returned", reason: null }],
]);
