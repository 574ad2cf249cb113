import { answered, failureByStatus, jsonBody, jsonType, malformed, noneFound, part } from "../call-outcome.ts";
import type { CarrierClient } from "../client.ts";
import { isRecord, record } from "../json.ts";

/**
 * Bring and Posten's Tracking API v2, one number a call (developer.bring.com/api/tracking and /api, read 2026-11-26). Mybring wants the address
 * of the merchant's site beside the key (`X-Bring-Client-URL`), so it is part of the credential. Authenticated answers hold names,
 * addresses and signatures.
 */
export const client: CarrierClient = {
  source: "bring",
  baseUrl: "https://api.bring.com",
  batchMax: 1,
  credentialFields: ["uid", "apiKey", "clientUrl"],
  trackRequest: ([number = ""], credentials, _token, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/tracking/api/v2/tracking.json?q=${encodeURIComponent(number)}&lang=en`,
    headers: {
      accept: jsonType,
      "x-mybring-api-uid": part(credentials, "uid"),
      "x-mybring-api-key": part(credentials, "apiKey"),
      "x-bring-client-url": part(credentials, "clientUrl"),
    },
    body: null,
    literals: [jsonType, "en"],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer, [404]);
    if (failure !== null) return failure;
    const sets = record(jsonBody(answer))["consignmentSet"];
    if (!Array.isArray(sets)) return malformed;
    // An unknown number is an error in place of the consignment, with the status 200 or 404.
    const found = sets.filter((set) => isRecord(set) && !isRecord(set["error"]));
    return found.length === 0 ? noneFound(numbers) : answered(answer, []);
  },
};
