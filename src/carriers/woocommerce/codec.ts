import { carrierByName } from "../carrier-name.ts";
import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import type { Notice } from "../../domain/notice.ts";
import { fieldsOf } from "./fields.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * WooCommerce: webhooks `order.*`, whose body is the order of the REST API (developer.woocommerce.com, REST API v3, orders and
 * webhooks, read 2026-11-24). WooCommerce has no status of a parcel, so there are no codes.
 */
export const codec: Codec = {
  source: "woocommerce",
  title: "WooCommerce",
  authentication: { kind: "hmac-sha256", header: "x-wc-webhook-signature", encodings: ["base64"] },
  messageIdHeader: "x-wc-webhook-delivery-id",
  contentTypes: ["json"],
  codes: new Set(),
  decode,
};

function decode(body: Uint8Array): Decoded {
  if (isPing(body)) return decodedWhole([], null);
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const order = parsed.value;
  if (!isRecord(order) || text(order["id"]) === null) return unknownShape;
  // `order.deleted` sends the id alone.
  if (Object.keys(order).length === 1) return decodedWhole([], null);
  return isRecord(order["billing"]) || isRecord(order["shipping"]) ? decodedWhole(orderNotices(order), null) : unknownShape;
}

/** What WooCommerce posts when a webhook is saved, as a form and not as JSON: `webhook_id=123`. */
function isPing(body: Uint8Array): boolean {
  return body.length <= 40 && /^webhook_id=\d+$/.test(new TextDecoder().decode(body).trim());
}

function orderNotices(order: Part): readonly Notice[] {
  const common = {
    discriminator: null,
    alternativeNumbers: [],
    parentNumber: null,
    orderReferences: distinct(order["id"], order["number"]),
    events: [],
    summary: null,
    estimatedDelivery: null,
    fields: fieldsOf(order),
  };
  const shipped = new Map(trackingItems(order).map((item) => [text(item["tracking_number"]), carrierOf(item)]));
  shipped.delete(null);
  if (shipped.size === 0) return [{ ...common, kind: "order", carrier: null, trackingNumber: null }];
  return [...shipped].map(([trackingNumber, carrier]) => ({ ...common, kind: "fulfilment", carrier, trackingNumber }));
}

/**
 * What the plugins Shipment Tracking and Advanced Shipment Tracking add. A PHP array becomes an object in JSON once an item has been
 * taken out of it, so both are read.
 */
function trackingItems(order: Part): readonly Part[] {
  const values = list(order["meta_data"])
    .map(record)
    .filter((meta) => meta["key"] === "_wc_shipment_tracking_items")
    .map((meta) => meta["value"]);
  return values.flatMap((value) => (Array.isArray(value) ? value : Object.values(record(value)))).map(record);
}

function carrierOf(item: Part) {
  return carrierByName(item["tracking_provider"]) ?? carrierByName(item["custom_tracking_provider"]);
}

function distinct(...values: readonly unknown[]): readonly string[] {
  return [...new Set(values.map(text).filter((value) => value !== null))];
}
