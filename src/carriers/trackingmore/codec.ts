import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, parseJson, record } from "../json.ts";
import { deliveryStatuses, subStatuses } from "./statuses.ts";
import { trackingNotice } from "./tracking.ts";

/**
 * TrackingMore, API V4: webhooks (one tracking in `data`) and answers (one or a list). Shape from its public SDKs and webhook page, read
 * 2026-11-26.
 *
 * The page contradicts itself: in words the signature is a base64 HMAC-SHA-256 of the body, in its example it is a hex HMAC of the timestamp,
 * and public receivers verify that. Both are taken, as are the two joined; a timestamp that is not of the last five minutes is not. **A signature
 * over the timestamp alone leaves the body uncovered**: such an endpoint should name the sender's addresses as well. V2, whose key is the
 * account's e-mail address, is not offered.
 */
export const codec: Codec = {
  source: "trackingmore",
  title: "TrackingMore",
  authentication: {
    kind: "timestamped-hmac-sha256",
    header: "signature",
    timestampHeader: "timestamp",
    encodings: ["base64", "hex"],
    signed: ["body", "timestamp+body", "body+timestamp", "timestamp.body", "timestamp"],
    windowS: 300,
  },
  contentTypes: ["json"],
  codes: new Set([...deliveryStatuses.keys(), ...subStatuses.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  const { data } = root;
  if (Array.isArray(data)) return decodedWhole(data.map(record).map(trackingNotice), null);
  return isRecord(data) ? decodedWhole([trackingNotice(data)], null) : unknownShape;
}
