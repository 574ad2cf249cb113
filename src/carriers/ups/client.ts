import { answered, failureByStatus, jsonBody, jsonType, malformed, noneFound } from "../call-outcome.ts";
import { clientCredentialsToken } from "../client-credentials.ts";
import type { CarrierClient } from "../client.ts";
import { list, record } from "../json.ts";

/** UPS wants to know which program asks, and an id of the request; ours is the same each time, since a request is told apart by nothing else. */
const programName = "parcelkeep";

/**
 * UPS Track API v1, one number a call, and its OAuth (client credentials): OAuthClientCredentials.yaml and Tracking.yaml in
 * UPS-API/api-documentation, read 2026-11-26. Signature, proof of delivery and photo stay with UPS: `returnSignature` and `returnPOD` are
 * false, the photo flag is left out.
 */
export const client: CarrierClient = {
  source: "ups",
  baseUrl: "https://onlinetools.ups.com",
  batchMax: 1,
  ...clientCredentialsToken("/security/v1/oauth/token", "basic"),
  trackRequest: ([number = ""], _credentials, token, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/api/track/v1/details/${encodeURIComponent(number)}?locale=en_US&returnSignature=false&returnMilestones=false&returnPOD=false`,
    headers: { accept: jsonType, authorization: `Bearer ${token}`, transid: programName, transactionsrc: programName },
    body: null,
    literals: [jsonType, programName, "en_US", "false"],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer, [404]);
    if (failure !== null) return failure;
    const body = record(jsonBody(answer));
    // Unknown numbers come as an error of the call or as a shipment with a warning, which the codec reads.
    if (answer.status === 404) return list(record(body["response"])["errors"]).length > 0 ? noneFound(numbers) : malformed;
    const shipments = record(body["trackResponse"])["shipment"];
    if (!Array.isArray(shipments)) return malformed;
    return answered(answer, shipments.every(isUnknown) ? numbers : []);
  },
};

function isUnknown(shipment: unknown): boolean {
  const { package: packages, warnings } = record(shipment);
  return list(packages).length === 0 && list(warnings).some((warning) => record(warning)["code"] === "TW0001");
}
