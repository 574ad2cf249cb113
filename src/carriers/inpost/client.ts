import { answered, failureByStatus, jsonBody, jsonType, malformed, noneFound, part } from "../call-outcome.ts";
import type { CarrierClient } from "../client.ts";
import { record, text } from "../json.ts";

/**
 * InPost's ShipX tracking, one number a call, with the organisation's access token, which InPost's manager portal gives out for long
 * (dokumentacja-inpost.atlassian.net, "ShipX API", and public clients, read 2026-11-26). Its answers name nobody.
 */
export const client: CarrierClient = {
  source: "inpost",
  baseUrl: "https://api-shipx-pl.easypack24.net",
  batchMax: 1,
  credentialFields: ["accessToken"],
  trackRequest: ([number = ""], credentials, _token, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/v1/tracking/${encodeURIComponent(number)}`,
    headers: { accept: jsonType, authorization: `Bearer ${part(credentials, "accessToken")}` },
    body: null,
    literals: [jsonType],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer, [404]);
    if (failure !== null) return failure;
    const body = record(jsonBody(answer));
    if (answer.status === 404) return body["error"] === "resource_not_found" ? noneFound(numbers) : malformed;
    return text(body["tracking_number"]) === null ? malformed : answered(answer, []);
  },
};
