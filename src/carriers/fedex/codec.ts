import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import type { Notice } from "../../domain/notice.ts";
import { errorCodes, statusCodes } from "./statuses.ts";
import { trackResultNotice } from "./track-result.ts";

/**
 * FedEx: answers of the Track API v1 and pushes of Advanced Integrated Visibility, which carry the same results.
 * The push is signed with HMAC-SHA-256 of the body under the project's security token; FedEx's guide says base64 in one place and
 * hex in another, so both are taken (our notes on developer.fedex.com, Advanced Integrated Visibility, of 2026-11-24).
 * `transactionId` names a request to FedEx and not a message to us, so it is no message id.
 */
export const codec: Codec = {
  source: "fedex",
  title: "FedEx",
  authentication: { kind: "hmac-sha256", header: "fdx-signature", encodings: ["hex", "base64"] },
  contentTypes: ["json"],
  codes: new Set([...statusCodes.keys(), ...errorCodes.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = record(parsed.value);
  const output = isRecord(root["output"]) ? root["output"] : root;
  if (Array.isArray(output["completeTrackResults"])) {
    return decodedWhole(output["completeTrackResults"].flatMap(completeTrackResult), null);
  }
  if (Array.isArray(output["trackResults"])) return decodedWhole(completeTrackResult(output), null);
  // An answer of /track/v1/trackingdocuments: proof of delivery, without a number. The sealed raw record is all that is kept.
  if (Array.isArray(output["documents"])) return decodedWhole([], null);
  return unknownShape;
}

/** One number's results: several when FedEx has used the number more than once. */
function completeTrackResult(entry: unknown): readonly (Notice | null)[] {
  const requested = text(record(entry)["trackingNumber"]);
  return list(record(entry)["trackResults"]).map((result) => trackResultNotice(record(result), requested));
}
