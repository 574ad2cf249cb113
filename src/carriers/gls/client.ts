import { answered, failureByStatus, jsonBody, jsonType, malformed, unavailable } from "../call-outcome.ts";
import { clientCredentialsToken } from "../client-credentials.ts";
import type { CarrierClient } from "../client.ts";
import { record, text } from "../json.ts";
import { errorCodes } from "./statuses.ts";

/**
 * GLS Group's Track And Trace V1 (OpenAPI description 1.0.7: 10 numbers a call, joined by commas) and Authentication API v2, both read
 * 2026-11-26 in a public mirror. Only the simple tracking, which needs and answers no postal code.
 */
export const client: CarrierClient = {
  source: "gls",
  baseUrl: "https://api.gls-group.net",
  batchMax: 10,
  ...clientCredentialsToken("/oauth2/v2/token", "basic"),
  trackRequest: (numbers, _credentials, token, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/track-and-trace-v1/tracking/simple/trackids/${numbers.map(encodeURIComponent).join(",")}`,
    headers: { accept: jsonType, "accept-language": "EN", authorization: `Bearer ${token}` },
    body: null,
    literals: [jsonType, "EN"],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer);
    if (failure !== null) return failure;
    const parcels = record(jsonBody(answer))["parcels"];
    if (!Array.isArray(parcels)) return malformed;
    const errors = parcels.map((parcel) => text(record(parcel)["errorCode"]));
    if (errors.length > 0 && errors.every((code) => code?.startsWith("E_500") === true)) return unavailable(answer);
    const unknown = new Set(parcels.filter((_, at) => errorCodes.has(errors[at] ?? "")).map((parcel) => text(record(parcel)["requested"])));
    return answered(
      answer,
      numbers.filter((number) => unknown.has(number)),
    );
  },
};
