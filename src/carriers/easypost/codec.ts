import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, parseJson, text } from "../json.ts";
import { statusDetails, trackerStatuses } from "./statuses.ts";
import { trackerNotice } from "./tracker.ts";

/**
 * EasyPost: webhook events about trackers, and trackers as its API answers them.
 * The signature is HMAC-SHA-256 of the body in hex behind `hmac-sha256-hex=`, the secret in NFKD (EasyPost/easypost-node,
 * src/utils/util.js, and the published vector of EasyPost/examples, recomputed 2026-11-24).
 */
export const codec: Codec = {
  source: "easypost",
  title: "EasyPost",
  authentication: {
    kind: "hmac-sha256",
    header: "x-hmac-signature",
    encodings: ["hex"],
    prefix: "hmac-sha256-hex=",
    secretForm: "NFKD",
  },
  contentTypes: ["json"],
  codes: new Set([...trackerStatuses.keys(), ...statusDetails.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  if (text(root["tracking_code"]) !== null) return decodedWhole([trackerNotice(root)], null);
  const description = text(root["description"]);
  if (root["object"] !== "Event" || description === null) return unknownShape;
  const messageId = text(root["id"]);
  // One webhook address gets every event of the account; batches, refunds and payments are not ours.
  if (!description.startsWith("tracker.")) return decodedWhole([], messageId);
  return isRecord(root["result"]) ? decodedWhole([trackerNotice(root["result"])], messageId) : unknownShape;
}
