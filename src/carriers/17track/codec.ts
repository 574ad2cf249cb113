import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { mainStatuses, stages, subStatuses } from "./statuses.ts";
import { rejectedNotice, trackingNotice } from "./tracking.ts";

/**
 * 17TRACK, API v2.2: webhooks (`TRACKING_UPDATED`, `TRACKING_STOPPED`, one number each) and answers of `gettrackinfo` (up to 40 numbers, accepted
 * and rejected ones). Shape from 17TRACK's API document and public clients of it, read 2026-11-26.
 * The header `sign` is hex SHA-256 of body, slash and API key: a keyed digest and not an HMAC, without a timestamp.
 */
export const codec: Codec = {
  source: "17track",
  title: "17TRACK",
  authentication: { kind: "sha256-key-last", header: "sign", separator: "/" },
  contentTypes: ["json"],
  codes: new Set([...mainStatuses.keys(), ...stages.keys(), ...subStatuses.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  const data = root["data"];
  const event = text(root["event"]);
  if (event !== null) {
    const messages = Array.isArray(data) ? data.map(record) : [record(data)];
    // When 17TRACK stops looking it says so; the parcel is where it was.
    if (event === "TRACKING_STOPPED") return decodedWhole([], null);
    return decodedWhole(messages.map(trackingNotice), null);
  }
  const { accepted, rejected } = record(data);
  if (!Array.isArray(accepted) && !Array.isArray(rejected)) return unknownShape;
  return decodedWhole([...list(accepted).map(record).map(trackingNotice), ...list(rejected).map(record).map(rejectedNotice)], null);
}
