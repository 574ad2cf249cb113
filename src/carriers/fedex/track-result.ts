import { identityOf } from "../bare-notice.ts";
import { isRecord, list, record, text } from "../json.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { fieldsOf } from "./fields.ts";
import { errorStatus, statusOf } from "./status.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * One `trackResult` (FedEx Track API v1; the Advanced Integrated Visibility webhook sends the same objects, see
 * developer.fedex.com, TestWebhookOutputVO, read 2026-11-24).
 * @param requested the number that was asked for; FedEx may answer with another one (door tag, reference).
 * @returns null when there is no number.
 */
export function trackResultNotice(result: Part, requested: string | null): Notice | null {
  const info = record(result["trackingNumberInfo"]);
  const trackingNumber = text(info["trackingNumber"]) ?? requested;
  if (trackingNumber === null) return null;
  const identifiers = list(record(result["additionalTrackingInfo"])["packageIdentifiers"]).map(record);
  const master = identifiers.filter(isMaster).flatMap(valuesOf)[0] ?? null;
  return {
    kind: "tracking",
    carrier: "fedex",
    trackingNumber,
    discriminator: text(info["trackingNumberUniqueId"]),
    alternativeNumbers: requested === null || requested === trackingNumber ? [] : [requested],
    parentNumber: master === trackingNumber ? null : master,
    orderReferences: identifiers.filter(isMerchants).flatMap(valuesOf),
    events: eventsOf(result),
    summary: summaryOf(result),
    estimatedDelivery: estimatedDelivery(result),
    fields: fieldsOf(result),
  };
}

/** Types of `packageIdentifiers` that are the merchant's own words for the parcel. `STANDARD_MPS` is the master number of a multi-piece shipment. */
const merchantReferences: ReadonlySet<unknown> = new Set(["CUSTOMER_REFERENCE", "SHIPPER_REFERENCE", "PURCHASE_ORDER", "INVOICE"]);

const isMerchants = (identifier: Part): boolean => merchantReferences.has(identifier["type"]);
const isMaster = (identifier: Part): boolean => identifier["type"] === "STANDARD_MPS";

function valuesOf(identifier: Part): readonly string[] {
  return [...list(identifier["values"]), identifier["value"]].map(text).filter((value) => value !== null);
}

function eventsOf(result: Part): readonly EventNotice[] {
  const events: EventNotice[] = [];
  for (const item of list(result["scanEvents"])) events.push(eventOf(record(item), result));
  return events;
}

function eventOf(scan: Part, result: Part): EventNotice {
  const place = record(scan["scanLocation"]);
  const time = scanTime(scan, result);
  const { status, reason, code } = statusOf(scan, scan["eventType"], scan["derivedStatusCode"]);
  const identity = [time?.local, scan["eventType"], scan["exceptionCode"], scan["locationId"], place["city"], place["postalCode"]];
  return { status, reason, code, time, country: countryCode(place["countryCode"]), identity: identityOf(identity), text: scanText(scan) };
}

function scanText(scan: Part): string | null {
  const description = text(scan["eventDescription"]);
  const exception = text(scan["exceptionDescription"]);
  return description === null || exception === null ? (description ?? exception) : `${description}: ${exception}`;
}

/**
 * FedEx writes the pickup scan without an offset and repeats it in `dateAndTimes` with one. The two are the same fact, so the
 * offset counts as stated when the digits agree.
 */
function scanTime(scan: Part, result: Part): CarrierTime | null {
  const time = carrierTime(scan["date"]);
  if (time === null || time.instant !== null) return time;
  const repeatedAs = scan["eventType"] === "PU" ? "ACTUAL_PICKUP" : scan["eventType"] === "DL" ? "ACTUAL_DELIVERY" : null;
  const repeated = repeatedAs === null ? null : dated(result, repeatedAs);
  return repeated !== null && repeated.local === time.local ? repeated : time;
}

function summaryOf(result: Part): SummaryNotice | null {
  const latest = record(result["latestStatusDetail"]);
  if (text(latest["code"]) !== null || text(latest["derivedCode"]) !== null) {
    return { ...statusOf(latest, latest["code"], latest["derivedCode"]), time: null };
  }
  const failed = isRecord(result["error"]) && list(result["scanEvents"]).length === 0;
  return failed ? { ...errorStatus(record(result["error"])), time: null } : null;
}

function estimatedDelivery(result: Part): CarrierTime | null {
  const window = record(record(result["estimatedDeliveryTimeWindow"])["window"]);
  return dated(result, "ESTIMATED_DELIVERY") ?? carrierTime(window["ends"]);
}

function dated(result: Part, type: string): CarrierTime | null {
  const entry = list(result["dateAndTimes"]).find((each) => record(each)["type"] === type);
  return carrierTime(record(entry)["dateTime"]);
}
