import { answered, basicAuthorisation, failureByStatus, jsonBody, jsonType, malformed, noneFound, part } from "../call-outcome.ts";
import type { CarrierClient } from "../client.ts";
import { record, text } from "../json.ts";

/**
 * MyDHL API of DHL Express, up to 200 numbers a call, the parameter repeated (OpenAPI description 3.1.1 and public clients, read 2026-11-26).
 * Neither remarks nor controlled-access data are asked for: both hold more of the persons.
 */
export const client: CarrierClient = {
  source: "dhl-express",
  baseUrl: "https://express.api.dhl.com",
  batchMax: 200,
  credentialFields: ["username", "password"],
  trackRequest: (numbers, credentials, _token, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/mydhlapi/tracking?${numbers.map((number) => `shipmentTrackingNumber=${encodeURIComponent(number)}`).join("&")}&trackingView=all-checkpoints&levelOfDetail=shipment`,
    headers: { accept: jsonType, authorization: basicAuthorisation(part(credentials, "username"), part(credentials, "password")) },
    body: null,
    literals: [jsonType, "all-checkpoints", "shipment"],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer, [404]);
    if (failure !== null) return failure;
    const body = record(jsonBody(answer));
    // The status is repeated as text.
    if (answer.status === 404) return text(body["status"]) === "404" ? noneFound(numbers) : malformed;
    if (!Array.isArray(body["shipments"])) return malformed;
    const known = new Set(body["shipments"].map((shipment) => text(record(shipment)["shipmentTrackingNumber"])));
    const notFound = numbers.filter((number) => !known.has(number));
    return notFound.length === numbers.length ? noneFound(numbers) : answered(answer, notFound);
  },
};
