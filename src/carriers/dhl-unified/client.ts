import { answered, failureByStatus, jsonBody, jsonType, malformed, noneFound, part } from "../call-outcome.ts";
import type { CarrierClient } from "../client.ts";
import { record } from "../json.ts";

/**
 * DHL Shipment Tracking - Unified: one number a call (developer.dhl.com/api-reference/shipment-tracking, read 2026-11-26). The recipient's
 * postal code would unlock more of the recipient's data; it is never sent.
 */
export const client: CarrierClient = {
  source: "dhl-unified",
  baseUrl: "https://api-eu.dhl.com",
  batchMax: 1,
  credentialFields: ["apiKey"],
  trackRequest: ([number = ""], credentials, _token, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/track/shipments?trackingNumber=${encodeURIComponent(number)}`,
    headers: { accept: jsonType, "dhl-api-key": part(credentials, "apiKey") },
    body: null,
    literals: [jsonType],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer, [404]);
    if (failure !== null) return failure;
    const body = record(jsonBody(answer));
    if (answer.status === 404) return body["status"] === 404 ? noneFound(numbers) : malformed;
    return Array.isArray(body["shipments"]) ? answered(answer, body["shipments"].length === 0 ? numbers : []) : malformed;
  },
};
