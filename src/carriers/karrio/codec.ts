import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, parseJson, text } from "../json.ts";
import { orderNotice, shipmentNotice } from "./shipment.ts";
import { trackerStatuses } from "./statuses.ts";
import { trackerNotice } from "./tracker.ts";

/**
 * Karrio, on the merchant's own host or Karrio's: webhooks `tracker_*`, `shipment_*` and `order_*`, and answers about one tracker or a page of
 * them (public sources of karrio, read 2026-11-26; events are also written with a point, as in its documentation).
 * It does not sign: the endpoint's secret stands as it is in `X-Event-Id`, which names an event everywhere else.
 */
export const codec: Codec = {
  source: "karrio",
  title: "Karrio",
  authentication: { kind: "shared-secret", headers: ["x-event-id"] },
  contentTypes: ["json"],
  codes: new Set(trackerStatuses.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  const event = text(root["event"]);
  if (event === null) {
    if (Array.isArray(root["results"])) return decodedWhole(root["results"].map(trackerNotice), null);
    return text(root["tracking_number"]) === null ? unknownShape : decodedWhole([trackerNotice(root)], null);
  }
  const { data } = root;
  if (!isRecord(data)) return unknownShape;
  switch (event.split(/[._]/, 1)[0]) {
    case "tracker":
      return decodedWhole([trackerNotice(data)], null);
    case "shipment":
      return decodedWhole([shipmentNotice(data)], null);
    case "order":
      return decodedWhole([orderNotice(data)], null);
    default:
      // Batches and pickups name no parcel.
      return decodedWhole([], null);
  }
}
