import { carrierByName } from "../carrier-name.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import type { Notice, SummaryNotice } from "../../domain/notice.ts";
import type { PersonalField } from "../../domain/personal.ts";
import { fulfilmentFields, orderFields } from "./fields.ts";
import { shipmentStatuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Shopify: webhooks `orders/*` and `fulfillments/*` (the object itself) and answers of the REST Admin API (the object under its
 * name). Signature and headers: shopify.dev, webhooks over HTTPS, read 2026-11-24.
 */
export const codec: Codec = {
  source: "shopify",
  title: "Shopify",
  authentication: { kind: "hmac-sha256", header: "x-shopify-hmac-sha256", encodings: ["base64"] },
  messageIdHeader: "x-shopify-webhook-id",
  contentTypes: ["json"],
  codes: new Set(shipmentStatuses.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  if (isRecord(root["order"])) return decodedOrder(root["order"]);
  if (isRecord(root["fulfillment"])) return decodedFulfilment(root["fulfillment"]);
  if ("order_id" in root && ("tracking_number" in root || "tracking_numbers" in root)) return decodedFulfilment(root);
  return "order_number" in root || Array.isArray(root["fulfillments"]) ? decodedOrder(root) : unknownShape;
}

function decodedOrder(order: Part): Decoded {
  const references = distinct(order["id"], order["name"]);
  const fields = orderFields(order);
  const shipped = list(order["fulfillments"]).flatMap((item) => fulfilmentNotices(record(item), references, fields));
  return decodedShipped(shipped, references, fields);
}

function decodedFulfilment(fulfilment: Part): Decoded {
  // A fulfilment is named after its order: #1001.1 is the first of #1001.
  const references = distinct(fulfilment["order_id"], text(fulfilment["name"])?.replace(/\.\d+$/, ""));
  const fields = fulfilmentFields(fulfilment);
  return decodedShipped(fulfilmentNotices(fulfilment, references, fields), references, fields);
}

function decodedShipped(shipped: readonly Notice[], references: readonly string[], fields: readonly PersonalField[]): Decoded {
  if (shipped.length > 0) return decodedWhole(shipped, null);
  if (references.length === 0) return unknownShape;
  return decodedWhole([{ ...common(references, fields), kind: "order", carrier: null, trackingNumber: null, summary: null }], null);
}

/** One notice per parcel. Shopify keeps one status per fulfilment, so all its parcels have it. */
function fulfilmentNotices(fulfilment: Part, references: readonly string[], fields: readonly PersonalField[]): readonly Notice[] {
  const carrier = carrierByName(fulfilment["tracking_company"]);
  const summary = summaryOf(fulfilment);
  const numbers = distinct(...list(fulfilment["tracking_numbers"]), fulfilment["tracking_number"]);
  return numbers.map((trackingNumber) => ({ ...common(references, fields), kind: "fulfilment", carrier, trackingNumber, summary }));
}

function common(orderReferences: readonly string[], fields: readonly PersonalField[]) {
  return { discriminator: null, alternativeNumbers: [], parentNumber: null, orderReferences, events: [], estimatedDelivery: null, fields };
}

/** Without a time: `updated_at` is when anything about the fulfilment changed, not when the parcel got this status. */
function summaryOf(fulfilment: Part): SummaryNotice | null {
  const status = fulfilment["shipment_status"];
  return text(status) === null ? null : { ...(codedStatus(shipmentStatuses, status) ?? unknownStatus), time: null };
}

function distinct(...values: readonly unknown[]): readonly string[] {
  return [...new Set(values.map(text).filter((value) => value !== null))];
}
