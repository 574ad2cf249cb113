import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole } from "../decoded.ts";
import { parcelEvents } from "../dhl-parcel-de/statuses.ts";
import { isRecord, parseJson, record, text } from "../json.ts";
import type { Notice } from "../../domain/notice.ts";
import { serviceStatuses } from "./service-statuses.ts";
import { shipmentNotice } from "./shipment.ts";
import { statusCodes, statusWords } from "./statuses.ts";

/**
 * DHL Shipment Tracking - Unified: answers of the API and its pushes, which carry the same shipments (developer.dhl.com, read
 * 2026-11-24). DHL signs nothing; the secret of the subscription comes in a header.
 */
export const codec: Codec = {
  source: "dhl-unified",
  title: "DHL",
  authentication: { kind: "shared-secret", headers: ["dhl-api-key", "x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([statusCodes, statusWords, parcelEvents, ...serviceStatuses.values()].flatMap((table) => [...table.keys()])),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = record(parsed.value);
  if (Array.isArray(root["shipments"])) return decodedWhole(root["shipments"].map(notice), null);
  if (isRecord(root["shipment"])) return decodedWhole([notice(root["shipment"])], null);
  // A message about the subscription itself (`subscription.failure`); it names no shipment.
  if (text(root["scope"])?.startsWith("subscription.") === true) return decodedWhole([], null);
  return decodedWhole([notice(root)], null);
}

/** A shipment has its events or its status; what has neither is something else with an `id`. */
function notice(shipment: unknown): Notice | null {
  const part = record(shipment);
  return Array.isArray(part["events"]) || isRecord(part["status"]) ? shipmentNotice(part) : null;
}
