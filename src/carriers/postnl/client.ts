import { answered, failureByStatus, jsonBody, jsonType, malformed, noneFound, part } from "../call-outcome.ts";
import type { CarrierClient } from "../client.ts";
import { isRecord, oneOrMany, record } from "../json.ts";

/** PostNL's ShippingStatus API v2, one barcode a call, with all its events (developer.postnl.nl, read 2026-11-26). */
export const client: CarrierClient = {
  source: "postnl",
  baseUrl: "https://api.postnl.nl",
  batchMax: 1,
  credentialFields: ["apiKey"],
  trackRequest: ([number = ""], credentials, _token, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/shipment/v2/status/barcode/${encodeURIComponent(number)}?detail=true&language=EN`,
    headers: { accept: jsonType, apikey: part(credentials, "apiKey") },
    body: null,
    literals: [jsonType, "true", "EN"],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer);
    if (failure !== null) return failure;
    const body = record(jsonBody(answer));
    const status = body["CompleteStatus"] ?? body["CurrentStatus"];
    if (isRecord(status) && oneOrMany(status["Shipment"]).length > 0) return answered(answer, []);
    // A barcode that PostNL does not know (yet) is a 200 with a warning in place of a shipment.
    return Array.isArray(body["Warnings"]) ? noneFound(numbers) : malformed;
  },
};
