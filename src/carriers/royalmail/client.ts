import { answered, failureByStatus, jsonBody, jsonType, malformed, noneFound, part } from "../call-outcome.ts";
import type { CarrierClient } from "../client.ts";
import { isRecord, list, record } from "../json.ts";

/**
 * Royal Mail Tracking API v2, the events of one item a call (developer.royalmail.net/product/76894 and public clients, read 2026-11-26). The
 * summary of up to 30 items gives only the last event, and the signature, an image, is not asked for.
 */
export const client: CarrierClient = {
  source: "royalmail",
  baseUrl: "https://api.royalmail.net",
  batchMax: 1,
  credentialFields: ["clientId", "clientSecret"],
  trackRequest: ([number = ""], credentials, _token, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/mailpieces/v2/${encodeURIComponent(number)}/events`,
    headers: {
      accept: jsonType,
      "x-ibm-client-id": part(credentials, "clientId"),
      "x-ibm-client-secret": part(credentials, "clientSecret"),
      "x-accept-rmg-terms": "yes",
    },
    body: null,
    literals: [jsonType, "yes"],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer, [404]);
    if (failure !== null) return failure;
    const body = record(jsonBody(answer));
    if (answer.status === 404) return list(body["errors"]).length > 0 ? noneFound(numbers) : malformed;
    return isRecord(body["mailPieces"]) ? answered(answer, []) : malformed;
  },
};
