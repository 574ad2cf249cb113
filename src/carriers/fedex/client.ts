import { answered, failureByStatus, jsonBody, jsonType, malformed, unavailable } from "../call-outcome.ts";
import { clientCredentialsToken } from "../client-credentials.ts";
import type { CarrierClient } from "../client.ts";
import { list, record, text } from "../json.ts";
import { errorCodes } from "./statuses.ts";

/** FedEx Track API v1, 30 numbers a call, and its OAuth (developer.fedex.com, "Track" and "API Authorization", read 2026-11-26). */
export const client: CarrierClient = {
  source: "fedex",
  baseUrl: "https://apis.fedex.com",
  batchMax: 30,
  ...clientCredentialsToken("/oauth/token", "form"),
  trackRequest: (numbers, _credentials, token, baseUrl) => ({
    method: "POST",
    url: `${baseUrl}/track/v1/trackingnumbers`,
    headers: { accept: jsonType, "content-type": jsonType, authorization: `Bearer ${token}`, "x-locale": "en_US" },
    body: JSON.stringify({
      includeDetailedScans: true,
      trackingInfo: numbers.map((trackingNumber) => ({ trackingNumberInfo: { trackingNumber } })),
    }),
    literals: [jsonType, "en_US"],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer);
    if (failure !== null) return failure;
    const entries = record(record(jsonBody(answer))["output"])["completeTrackResults"];
    if (!Array.isArray(entries)) return malformed;
    const errors = entries.map(errorOf);
    if (errors.length > 0 && errors.every((code) => code?.startsWith("SYSTEM.") === true)) return unavailable(answer);
    const unknown = new Set(
      entries.filter((_, at) => errorCodes.has(errors[at] ?? "")).map((entry) => text(record(entry)["trackingNumber"])),
    );
    return answered(
      answer,
      numbers.filter((number) => unknown.has(number)),
    );
  },
};

/** The error in place of one number's results. */
function errorOf(entry: unknown): string | null {
  const results = list(record(entry)["trackResults"]);
  return results.length === 0 ? null : text(record(record(results[0])["error"])["code"]);
}
