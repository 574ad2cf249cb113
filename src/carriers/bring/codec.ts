import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { list, parseJson, record, text } from "../json.ts";
import { castNotice } from "./event-cast.ts";
import { statusWords } from "./statuses.ts";
import { consignmentNotices } from "./tracking.ts";

/**
 * Bring and Posten (Norway): answers of Tracking API v2 and messages of Event Cast (developer.bring.com, read 2026-11-26). Event Cast signs
 * nothing; it sends the headers that the subscription names, and one of them is to hold the endpoint's secret.
 */
export const codec: Codec = {
  source: "bring",
  title: "Bring",
  authentication: { kind: "shared-secret", headers: ["x-api-key", "x-parcelkeep-secret"] },
  contentTypes: ["json"],
  codes: new Set(statusWords.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = record(parsed.value);
  const { consignmentSet } = root;
  if (Array.isArray(consignmentSet))
    return decodedWhole(
      list(consignmentSet).flatMap((each) => consignmentNotices(record(each))),
      null,
    );
  // The `id` of a message may be that of the subscription, which every message of it would share, so it is not taken for the message's.
  return text(root["status"]) === null ? unknownShape : decodedWhole([castNotice(root)], null);
}
