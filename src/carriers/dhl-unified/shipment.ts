import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { isRecord, list, record, text } from "../json.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { fieldsOf } from "./fields.ts";
import { freightReferences, parcelReferences, statusCodes, statusWords } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * One shipment of DHL's Shipment Tracking - Unified.
 * @returns null when there is no number.
 */
export function shipmentNotice(shipment: Part): Notice | null {
  const trackingNumber = numberOf(shipment["id"]);
  if (trackingNumber === null) return null;
  const details = record(shipment["details"]);
  const references = [details["references"]].flat().map(record);
  const pieces = list(details["pieceIds"]).map(text).filter((piece) => piece !== null);
  // Several pieces are several parcels, not other numbers of one.
  const others = [...(pieces.length === 1 ? pieces : []), ...numbers(references.filter(({ type }) => parcelReferences.has(type)))];
  const ofMerchant = references.filter(({ type }) => !parcelReferences.has(type) && !freightReferences.has(type));
  return {
    kind: "tracking",
    carrier: "dhl-unified",
    trackingNumber,
    discriminator: null,
    alternativeNumbers: [...new Set(others)].filter((number) => number !== trackingNumber),
    parentNumber: null,
    orderReferences: [...new Set(numbers(ofMerchant))],
    events: list(shipment["events"]).map((event) => eventOf(record(event), record(shipment["status"]))),
    summary: summaryOf(shipment["status"]),
    estimatedDelivery: carrierTime(shipment["estimatedTimeOfDelivery"]) ?? carrierTime(record(shipment["estimatedDeliveryTimeFrame"])["estimatedThrough"]),
    fields: fieldsOf(shipment),
  };
}

/** DHL writes a number of digits as a JSON number now and then; one too large to be held exactly is no number at all. */
function numberOf(id: unknown): string | null {
  return typeof id === "number" && !Number.isSafeInteger(id) ? null : text(id);
}

function numbers(references: readonly Part[]): readonly string[] {
  return references.map((reference) => numberOf(reference["number"])).filter((number) => number !== null);
}

function eventOf(event: Part, status: Part): EventNotice {
  const address = record(record(event["location"])["address"]);
  const time = eventTime(event, status);
  const identity = [time?.local, event["statusCode"], event["status"], address["countryCode"], address["postalCode"], address["addressLocality"], event["description"]];
  return {
    ...statusOf(event),
    time,
    country: countryCode(address["countryCode"]),
    identity: identity.map((part) => text(part) ?? "").join("|"),
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

function summaryOf(status: unknown): SummaryNotice | null {
  if (!isRecord(status)) return null;
  const coded = statusOf(status);
  const time = carrierTime(status["timestamp"]);
  return coded.code === null && time === null ? null : { ...coded, time };
}

/** The status by `statusCode`, made finer by the word in `status` where the two agree. */
function statusOf(part: Part): CodedStatus {
  const coded = codedStatus(statusCodes, part["statusCode"]) ?? unknownStatus;
  const word = text(part["status"])?.toUpperCase().replace(/[\s_-]+/g, " ").replace(/\.$/, "") ?? "";
  const finer = statusWords.get(word);
  if (finer === undefined || (coded.status !== "unknown" && coded.code !== finer.within)) return coded;
  return { status: finer.status, reason: finer.reason, code: word };
}
