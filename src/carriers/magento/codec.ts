import { bareNotice, otherNumbers } from "../bare-notice.ts";
import { carrierByName } from "../carrier-name.ts";
import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import type { CarrierId } from "../../domain/carrier.ts";
import type { Notice } from "../../domain/notice.ts";
import type { PersonalField } from "../../domain/personal.ts";
import { orderFields, placeOrderFields } from "./fields.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Magento Open Source and Adobe Commerce: orders and shipments as the REST API writes them, alone, in a page (`items`), under `order`, `entity` or
 * `event.value`, and the request that places an order (developer.adobe.com, Commerce web API, orders and shipments, read 2026-11-26).
 * The core has no signed webhook. An extension or a job of the merchant's sends with a secret of ours. Magento has no status of a parcel, so
 * there are no codes.
 */
export const codec: Codec = {
  source: "magento",
  title: "Magento / Adobe Commerce",
  authentication: { kind: "shared-secret", headers: ["x-api-key", "x-webhook-secret", "x-magento-secret"] },
  contentTypes: ["json"],
  codes: new Set(),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const objects = objectsOf(parsed.value);
  if (objects === null) return unknownShape;
  return decodedWhole(
    objects.flatMap((object) => noticesOf(object)),
    null,
  );
}

/** A page of orders says what was searched for; an order of its own has `items` too, which are its lines. */
function objectsOf(root: unknown): readonly Part[] | null {
  if (Array.isArray(root)) return root.every(isRecord) ? root : null;
  if (!isRecord(root)) return null;
  if (Array.isArray(root["items"]) && isRecord(root["search_criteria"])) return objectsOf(root["items"]);
  const within = root["order"] ?? root["entity"] ?? record(root["event"])["value"] ?? root["shipment"];
  return [isRecord(within) ? within : root];
}

/** @returns a null for an object that is neither order nor shipment nor the placing of an order. */
function noticesOf(object: Part): readonly (Notice | null)[] {
  const tracks = shipmentTracks(object);
  if (isRecord(object["billing_address"]) && object["increment_id"] === undefined && object["entity_id"] === undefined) {
    return [{ ...bareNotice(null, null), kind: "order", fields: placeOrderFields(object) }];
  }
  const references = otherNumbers(null, ...referencesOf(object).map(text));
  const isOrder = isRecord(object["billing_address"]) || object["customer_email"] !== undefined;
  const isShipment = object["order_id"] !== undefined || tracks.length > 0;
  if (references.length === 0 || (!isOrder && !isShipment)) return [null];
  const common = { orderReferences: references, fields: isOrder ? orderFields(object) : noFields };
  const shipped = new Map(tracks.map((track) => [text(track["track_number"]) ?? text(track["number"]), carrierOf(track)]));
  shipped.delete(null);
  if (shipped.size === 0) return [{ ...bareNotice(null, null), ...common, kind: "order" }];
  return [...shipped].map(([number, carrier]) => ({ ...bareNotice(carrier, number), ...common, kind: "fulfilment" }));
}

const noFields: readonly PersonalField[] = [];

/** An order by its number and its id; a shipment by those of its order, since its own number says nothing to anybody. */
function referencesOf(object: Part): readonly unknown[] {
  if (object["order_id"] === undefined) return [object["increment_id"], object["entity_id"]];
  return [object["order_increment_id"], object["order_id"]];
}

/** A shipment's own tracks, or those of the shipments that extensions put into the order. */
function shipmentTracks(object: Part): readonly Part[] {
  const extension = record(object["extension_attributes"]);
  const shipments = [object, ...list(object["shipments"]).map(record), ...list(extension["shipments"]).map(record)];
  return shipments.flatMap((shipment) => list(shipment["tracks"]).map(record));
}

/** `custom` is a carrier that the merchant typed; its name is in the title. */
function carrierOf(track: Part): CarrierId | null {
  return carrierByName(track["carrier_code"]) ?? carrierByName(track["title"]);
}
