import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, parseJson, text } from "../json.ts";
import { subtags, tags } from "./statuses.ts";
import { trackingNotice } from "./tracking.ts";

/**
 * AfterShip Tracking: webhooks (`tracking_update`, `edd_revise`, `tracking_pending_time`; all carry the tracking in `msg`) and
 * answers about one tracking or a page of them.
 * The signature is HMAC-SHA-256 of the body in base64 (aftership.com/docs/tracking, webhook specifications, read 2026-11-24). It
 * has no timestamp: `event_id` is what tells a replay.
 */
export const codec: Codec = {
  source: "aftership",
  title: "AfterShip",
  authentication: { kind: "hmac-sha256", header: "aftership-hmac-sha256", encodings: ["base64"] },
  contentTypes: ["json"],
  codes: new Set([...tags.keys(), ...subtags.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  if (isRecord(root["msg"])) return decodedWhole([trackingNotice(root["msg"])], text(root["event_id"]));
  if (!isRecord(root["data"])) return unknownShape;
  const { tracking, trackings } = root["data"];
  if (isRecord(tracking)) return decodedWhole([trackingNotice(tracking)], null);
  return Array.isArray(trackings) ? decodedWhole(trackings.map(trackingNotice), null) : unknownShape;
}
