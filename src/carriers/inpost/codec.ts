import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { parseJson, record, text } from "../json.ts";
import { parcelNotice, pushNotice } from "./group.ts";
import { shipxMessage, shipxTracking } from "./shipx.ts";
import { eventCodes, shipxStatuses } from "./statuses.ts";

/**
 * InPost: ShipX (Poland; webhook and answer of `/v1/tracking`) and the Group's API (push and answer of `/tracking/v1/parcels`).
 * ShipX signs nothing and has no secret; its documentation names the addresses it sends from (Webhooks, read 2026-11-24). The Group's pushes
 * are set up per customer with a signature over the body or over time and body, with Basic, or with a key in a header
 * (developers.inpost-group.com, Webhook Signature Verification, as public clients quote it, read 2026-11-26).
 */
export const codec: Codec = {
  source: "inpost",
  title: "InPost",
  authentication: {
    kind: "by-set-up",
    schemes: [
      { kind: "hmac-sha256", header: "x-inpost-signature", encodings: ["base64"] },
      {
        kind: "hmac-sha256",
        header: "x-inpost-signature",
        encodings: ["base64"],
        signedHeader: { header: "x-inpost-timestamp", separator: "." },
      },
      { kind: "shared-secret", headers: ["x-api-key"] },
    ],
    senderRanges: ["91.216.25.0/24"],
  },
  messageIdHeader: "x-inpost-event-id",
  contentTypes: ["json"],
  codes: new Set([...shipxStatuses.keys(), ...eventCodes.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  if (Array.isArray(parsed.value)) return pushes(parsed.value);
  const root = record(parsed.value);
  if (Array.isArray(root["parcels"]))
    return decodedWhole(
      root["parcels"].map((parcel) => parcelNotice(record(parcel))),
      null,
    );
  if (text(root["eventCode"]) !== null) return decodedWhole([pushNotice(root)], text(root["eventId"]));
  if (text(root["event"]) !== null) return shipxMessage(root);
  return Array.isArray(root["tracking_details"]) ? decodedWhole([shipxTracking(root)], null) : unknownShape;
}

/** Several pushes in one body. */
function pushes(events: readonly unknown[]): Decoded {
  const read = events.map(record);
  const isPush = read.length > 0 && read.every((event) => text(event["eventCode"]) !== null);
  return isPush ? decodedWhole(read.map(pushNotice), null) : unknownShape;
}
