import { answered, failureByStatus, jsonBody, jsonType, malformed, noneFound, part } from "../call-outcome.ts";
import type { ChangeFeed, CarrierClient } from "../client.ts";
import { zoneOffsetMs } from "../../domain/zone-offset.ts";
import { isRecord, oneOrMany, record } from "../json.ts";

const minute = 60_000;
const hour = 60 * minute;
/** Shipments in one payload: a codec takes no more than a thousand notices, and the ingress no more than a megabyte. */
const shipmentsMax = 500;

/**
 * "Get updated status by customer number" of the same API: every 5 to 15 minutes, at most two hours at once, up to 48 hours back, times as
 * `YYYY-MM-DDTHH:MM:SS` without a zone (PostNL's public SDK documentation, shipping status, read 2026-11-26). The zone is not documented; all other
 * times of this API are Dutch, so these are taken to be.
 */
const feed: ChangeFeed = {
  credentialField: "customerNumber",
  everyMs: 10 * minute,
  windowMaxMs: 2 * hour,
  backMaxMs: 47 * hour,
  request: (from, to, credentials, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/shipment/v2/status/${encodeURIComponent(part(credentials, "customerNumber"))}/updatedshipments?period=${dutchClock(from)}&period=${dutchClock(to)}`,
    headers: { accept: jsonType, apikey: part(credentials, "apiKey") },
    body: null,
    literals: [jsonType],
  }),
  readAnswer: (answer) => {
    const failure = failureByStatus(answer);
    if (failure !== null) return failure;
    // Where nothing has changed.
    if (answer.status === 204) return { kind: "answered", payloads: [] };
    const body = jsonBody(answer);
    if (!Array.isArray(body)) return malformed;
    if (body.length <= shipmentsMax) return { kind: "answered", payloads: body.length === 0 ? [] : [answer.body] };
    const pieces = Array.from({ length: Math.ceil(body.length / shipmentsMax) }, (_, at) =>
      body.slice(at * shipmentsMax, (at + 1) * shipmentsMax),
    );
    return { kind: "answered", payloads: pieces.map((piece) => Buffer.from(JSON.stringify(piece))) };
  },
};

function dutchClock(instant: number): string {
  return new Date(instant + zoneOffsetMs(instant, "Europe/Amsterdam")).toISOString().slice(0, 19);
}

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
  feed,
};
