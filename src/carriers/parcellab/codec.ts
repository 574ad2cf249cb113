import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import { carrierByName } from "../carrier-name.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, parseJson, record, text } from "../json.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { carrierTime, epochTime, type CarrierTime } from "../../domain/time.ts";
import { fieldsOf } from "./fields.ts";
import { eventNames, trackingStatuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * parcelLab: webhooks, one event of one consignment each (docs.parcellab.com, webhooks, read 2026-11-26 in part: the table of names, the
 * addresses and the ways to authenticate; the structure of `data` is known to us from public receivers only, so each value is looked for under
 * the names that they use).
 * Nothing is signed. parcelLab sends Basic, a header with a token or an OAuth token, or it is known by its three addresses.
 */
export const codec: Codec = {
  source: "parcellab",
  title: "parcelLab",
  authentication: {
    kind: "by-set-up",
    schemes: [{ kind: "shared-secret", headers: ["access-token", "x-access-token", "x-api-key", "token"] }],
    senderRanges: ["35.156.240.70/32", "35.157.215.87/32", "35.157.195.174/32"],
  },
  contentTypes: ["json"],
  codes: new Set([...eventNames.keys(), ...trackingStatuses.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const messages = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  if (messages.length === 0 || !messages.every(isRecord)) return unknownShape;
  return decodedWhole(messages.map(eventNotice), null);
}

/** @returns null when there is neither a number nor a reference, or no event. */
function eventNotice(message: Part): Notice | null {
  const data = isRecord(message["data"]) ? message["data"] : message;
  const name = text(message["event"]) ?? text(message["event_name"]) ?? text(message["type"]);
  const trackingNumber = first(data, "tracking_number", "trackingNumber", "tno", "tracking_no");
  const references = otherNumbers(
    null,
    first(data, "orderNo", "order_no", "order_number", "orderNumber"),
    first(data, "deliveryNo", "xid"),
  );
  if (name === null || (trackingNumber === null && references.length === 0)) return null;
  const event = eventOf(name, message, data);
  return {
    ...bareNotice(carrierByName(courierOf(data)), trackingNumber),
    kind: trackingNumber === null ? "order" : "tracking",
    orderReferences: references,
    events: trackingNumber === null || event === null ? [] : [event],
    estimatedDelivery: timeOf(
      first(data, "delivery_date_max", "delivery_date", "deliveryDate", "announced_delivery_date", "delivery_date_min"),
    ),
    fields: fieldsOf(data),
  };
}

/** parcelLab sends an event again for every scan of its kind, and says that it removes no duplicates: the time tells them apart. */
function eventOf(name: string, message: Part, data: Part): EventNotice | null {
  const coded = codedStatus(eventNames, name) ?? codedStatus(trackingStatuses, first(data, "status", "last_status"));
  if (coded === null) return null;
  const time =
    timeOf(message["timestamp"] ?? message["ts"]) ?? timeOf(first(data, "timestamp", "event_timestamp", "status_timestamp", "ts", "date"));
  return {
    ...coded,
    time,
    country: countryCode(data["event_country"]),
    identity: identityOf([time?.local, name, data["location"]]),
    text: first(data, "status_text", "status_description", "message"),
  };
}

function timeOf(value: unknown): CarrierTime | null {
  return carrierTime(value) ?? epochTime(value);
}

function courierOf(data: Part): unknown {
  const courier = data["courier"];
  return isRecord(courier) ? (courier["name"] ?? record(courier)["code"]) : (courier ?? data["courier_code"]);
}

function first(data: Part, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = text(data[name]);
    if (value !== null) return value;
  }
  return null;
}
