import { carrierByName } from "../carrier-name.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, parseJson, record, text } from "../json.ts";
import type { Notice, SummaryNotice } from "../../domain/notice.ts";
import { epochTime } from "../../domain/time.ts";
import { fieldsOf } from "./fields.ts";
import { statusIds } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Sendcloud: the webhook `parcel_status_changed` (sendcloud.dev, API v2, webhooks, read 2026-11-24). It gives the parcel's present
 * status and no history, so a notice has a summary and no events. Other actions (integration connected, credentials changed …) are
 * accepted and say nothing about a parcel.
 */
export const codec: Codec = {
  source: "sendcloud",
  title: "Sendcloud",
  authentication: { kind: "hmac-sha256", header: "sendcloud-signature", encodings: ["hex"] },
  contentTypes: ["json"],
  codes: new Set(statusIds.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = record(parsed.value);
  const action = text(root["action"]);
  if (action === null) return unknownShape;
  if (action !== "parcel_status_changed") return decodedWhole([], null);
  return isRecord(root["parcel"]) ? decodedWhole(parcelNotices(root, root["parcel"]), null) : unknownShape;
}

/** Empty for a parcel with neither a number nor an order: nothing to attach its status to. */
function parcelNotices(root: Part, parcel: Part): readonly Notice[] {
  const trackingNumber = text(parcel["tracking_number"]);
  const references = [parcel["order_number"], parcel["external_order_id"]].map(text).filter((reference) => reference !== null);
  if (trackingNumber === null && references.length === 0) return [];
  return [
    {
      // A parcel that is not announced at the carrier yet has no number.
      kind: trackingNumber === null ? "order" : "tracking",
      carrier: carrierByName(record(parcel["carrier"])["code"]) ?? carrierByName(record(parcel["shipment"])["name"]),
      trackingNumber,
      discriminator: null,
      alternativeNumbers: [],
      parentNumber: null,
      orderReferences: [...new Set(references)],
      events: [],
      summary: summaryOf(root, parcel),
      estimatedDelivery: null,
      fields: fieldsOf(parcel),
    },
  ];
}

function summaryOf(root: Part, parcel: Part): SummaryNotice | null {
  if (!isRecord(parcel["status"])) return null;
  return {
    ...(codedStatus(statusIds, parcel["status"]["id"]) ?? unknownStatus),
    time: epochTime(root["carrier_status_change_timestamp"]) ?? epochTime(root["timestamp"]),
  };
}
