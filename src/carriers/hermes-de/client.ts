import {
  answered,
  failureByStatus,
  form,
  formType,
  jsonBody,
  jsonType,
  malformed,
  noneFound,
  part,
  readBearerToken,
  unauthorised,
} from "../call-outcome.ts";
import type { CarrierClient } from "../client.ts";
import { list, record, text } from "../json.ts";

const productionUrl = "https://de-api.hermesworld.com";
/** Tokens come from a host of their own. */
const productionTokenUrl = "https://authme.myhermes.de";
/** "There is no information for the entered value." */
const noInformation = "e001";
/** "Token is invalid", "Token is expired": with the status 400. */
const tokenCodes: ReadonlySet<string | null> = new Set(["e902", "e903"]);

/**
 * Hermes Germany's Shipment Info API (OpenAPI description of 2025-12-08: 100 numbers a call, the parameter repeated) and Business Customer
 * Authentication (of 2025-07-28, by which machines use the grant type `password`; its tokens live an hour), both read 2026-11-26 in a public
 * mirror. The host of production is the one of integration without `-int`, which the descriptions do for the tokens and leave out here.
 */
export const client: CarrierClient = {
  source: "hermes-de",
  baseUrl: productionUrl,
  batchMax: 100,
  credentialFields: ["clientId", "clientSecret", "username", "password"],
  tokenRequest: (credentials, baseUrl) => ({
    method: "POST",
    url: `${baseUrl === productionUrl ? productionTokenUrl : baseUrl}/authorization-facade/oauth2/access_token`,
    headers: { accept: jsonType, "content-type": formType },
    body: form({
      grant_type: "password",
      client_id: part(credentials, "clientId"),
      client_secret: part(credentials, "clientSecret"),
      username: part(credentials, "username"),
      password: part(credentials, "password"),
    }),
    literals: [jsonType, formType, "password"],
  }),
  readToken: readBearerToken,
  trackRequest: (numbers, _credentials, token, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/services/hsi/shipmentinfo?${numbers.map((number) => `shipmentID=${encodeURIComponent(number)}`).join("&")}`,
    headers: { accept: jsonType, "accept-language": "EN", authorization: `Bearer ${token}` },
    body: null,
    literals: [jsonType, "EN"],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer, [400]);
    if (failure !== null) return failure;
    const body = record(jsonBody(answer));
    const codes = list(body["listOfResultCodes"]).map((code) => text(record(code)["code"]));
    if (answer.status === 400) return codes.some((code) => tokenCodes.has(code)) ? unauthorised : malformed;
    const shipments = body["shipmentinfo"];
    if (!Array.isArray(shipments)) return codes.includes(noInformation) ? noneFound(numbers) : malformed;
    const known = new Set(shipments.map(record).flatMap((shipment) => (isUnknown(shipment) ? [] : [text(shipment["shipmentID"])])));
    return answered(
      answer,
      numbers.filter((number) => !known.has(number)),
    );
  },
};

function isUnknown(shipment: Readonly<Record<string, unknown>>): boolean {
  return text(record(shipment["result"])["code"]) === noInformation;
}
