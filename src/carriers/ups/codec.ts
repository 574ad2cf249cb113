import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, oneOrMany, parseJson } from "../json.ts";
import { activityCodes, activityTypes, packageStatusCodes } from "./statuses.ts";
import { trackAlertNotice } from "./track-alert.ts";
import { shipmentNotices } from "./track-answer.ts";

/**
 * UPS: Track Alert pushes (one event, or an array of them) and answers of the Track API v1.
 * UPS fetches a bearer token from our token endpoint and sends it with its client id in `x-api-key`; there is no signature
 * (UPSTrackAlertEnhanced.yaml, `webhooks`; github.com/UPS-API/api-documentation, read 2026-11-24).
 */
export const codec: Codec = {
  source: "ups",
  title: "UPS",
  authentication: { kind: "oauth-client", apiKeyHeader: "x-api-key" },
  contentTypes: ["json"],
  codes: new Set([...activityCodes.keys(), ...packageStatusCodes.keys(), ...activityTypes.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (Array.isArray(value)) return value.length === 0 ? unknownShape : decodedWhole(value.map(trackAlertNotice), null);
  if (!isRecord(value)) return unknownShape;
  if (!isRecord(value["trackResponse"])) return decodedWhole([trackAlertNotice(value)], null);
  const { shipment } = value["trackResponse"];
  if (!Array.isArray(shipment) && !isRecord(shipment)) return unknownShape;
  return decodedWhole(oneOrMany(shipment).flatMap(shipmentNotices), null);
}
