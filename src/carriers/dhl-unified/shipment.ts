import { identityOf, otherNumbers } from "../bare-notice.ts";
import { withoutZone } from "../doubtful-zone.ts";
import { isRecord, list, record, text } from "../json.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { fieldsOf } from "./fields.ts";
import { merchantReferences, parcelReferences } from "./references.ts";
import { statusOf } from "./status.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * One shipment of DHL's Shipment Tracking - Unified.
 * @returns null when there is no number.
 */
export function shipmentNotice(shipment: Part): Notice | null {
  const trackingNumber = text(shipment["id"]);
  if (trackingNumber === null) return null;
  const details = record(shipment["details"]);
  const references = [details["references"]].flat().map(record);
  const pieces = otherNumbers(null, ...list(details["pieceIds"]).map(text));
  // Several pieces are several parcels, not other numbers of one.
  const others = [...(pieces.length === 1 ? pieces : []), ...numbers(references.filter(({ type }) => parcelReferences.has(type)))];
  const ofMerchant = references.filter(({ type }) => merchantReferences.has(type));
  return {
    kind: "tracking",
    carrier: "dhl-unified",
    trackingNumber,
    discriminator: null,
    alternativeNumbers: [...new Set(others)].filter((number) => number !== trackingNumber),
    parentNumber: null,
    orderReferences: [...new Set(numbers(ofMerchant))],
    events: list(shipment["events"]).map((event) => eventOf(record(event), shipment)),
    summary: summaryOf(shipment),
    estimatedDelivery: estimatedDelivery(shipment),
    fields: fieldsOf(shipment),
  };
}

function numbers(references: readonly Part[]): readonly string[] {
  return references.map((reference) => text(reference["number"])).filter((number) => number !== null);
}

function eventOf(event: Part, shipment: Part): EventNotice {
  const address = record(record(event["location"])["address"]);
  const time = eventTime(event, record(shipment["status"]));
  const identity = [
    time?.local,
    event["statusCode"],
    event["status"],
    address["countryCode"],
    address["postalCode"],
    address["addressLocality"],
    event["description"],
  ];
  return {
    ...statusOf(event, shipment["service"], isReturn(shipment)),
    time,
    country: countryCode(address["countryCode"]),
    identity: identityOf(identity),
    text: text(event["description"]) ?? text(event["status"]),
  };
}

/** DHL writes events without an offset and the latest one again in the status block, there with one. The same digits are the same fact. */
function eventTime(event: Part, status: Part): CarrierTime | null {
  const time = carrierTime(event["timestamp"]);
  if (time === null || time.instant !== null) return time;
  const repeated = carrierTime(status["timestamp"]);
  return repeated !== null && repeated.instant !== null && repeated.local === time.local ? repeated : time;
}

/** A shipment that is on its way and flagged as a return is on its way back. */
function summaryOf(shipment: Part): SummaryNotice | null {
  if (!isRecord(shipment["status"])) return null;
  const status = statusOf(shipment["status"], shipment["service"], isReturn(shipment));
  const time = carrierTime(shipment["status"]["timestamp"]);
  if (status.code === null && time === null) return null;
  const isOnWayBack = isReturn(shipment) && status.status === "in_transit";
  return isOnWayBack ? { status: "exception", reason: "transit:returning", code: status.code, time } : { ...status, time };
}

function isReturn(shipment: Part): boolean {
  return shipment["returnFlag"] === true;
}

/** The end of the time frame, else the single time. Midnight there means that only the day is known, so its zone means nothing. */
function estimatedDelivery(shipment: Part): CarrierTime | null {
  const through = carrierTime(record(shipment["estimatedDeliveryTimeFrame"])["estimatedThrough"]);
  const single = carrierTime(shipment["estimatedTimeOfDelivery"]);
  return through ?? (single?.local.endsWith("T00:00:00") === true ? withoutZone(single) : single);
}
