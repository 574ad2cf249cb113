import { bareNotice, identityOf } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { phraseStatus } from "../phrase-status.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { embeddedZip, fieldsOf } from "./fields.ts";
import { categories, eventCodes, eventTypes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * USPS: answers of the Tracking API v3 about one number, or a list of them (shape in captured answers and clients, read 2026-11-26). Whether its
 * subscriptions push the same is not known to us; whoever forwards answers proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "usps",
  title: "USPS",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([...eventCodes.keys(), ...eventTypes.keys(), ...categories.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (Array.isArray(root)) return root.every(isRecord) ? decodedWhole(root.map(itemNotice), null) : unknownShape;
  if (!isRecord(root)) return unknownShape;
  // An error about no number in particular: a wrong key, a quota.
  if (isRecord(root["error"]) && text(root["trackingNumber"]) === null) return decodedWhole([], null);
  return decodedWhole([itemNotice(root)], null);
}

/** @returns null when there is no number. */
function itemNotice(item: Part): Notice | null {
  const given = text(item["trackingNumber"]);
  if (given === null) return null;
  const { number, zip } = embeddedZip(given);
  if (isRecord(item["error"])) return { ...bareNotice("usps", number), summary: notFound };
  const events = list(item["trackingEvents"]).map(record);
  return {
    ...bareNotice("usps", number),
    events: events.map(eventOf),
    summary: summaryOf(item),
    estimatedDelivery: estimateOf(item),
    fields: fieldsOf(item, events, zip),
  };
}

const notFound: SummaryNotice = { status: "not_found", reason: null, code: null, time: null };

function summaryOf(item: Part): SummaryNotice | null {
  const coded = phraseStatus(eventTypes, item["status"]) ?? codedStatus(categories, item["statusCategory"]);
  return coded === null ? null : { ...coded, time: null };
}

function eventOf(event: Part): EventNotice {
  const time = timeOf(event);
  const { eventType, eventCode, eventCity: city, eventZIP: zip } = event;
  return {
    ...statusOf(event),
    time,
    // Null for the United States.
    country: countryCode(event["eventCountry"]),
    identity: identityOf([time?.local, text(eventCode) ?? eventType, city, zip]),
    text: text(eventType),
  };
}

/**
 * The code says the kind of scan, the words say the details of it: where both name the same status, the words' reason and code count. Words alone
 * decide where the code is not known, and where they deny what it says ("Delivered, To Agent").
 */
function statusOf(event: Part): CodedStatus {
  const byCode = codedStatus(eventCodes, event["eventCode"]);
  const byWords = phraseStatus(eventTypes, event["eventType"]);
  if (byWords === null) return byCode ?? unknownStatus;
  return byCode === null || byCode.status === "delivered" || byWords.reason !== null ? byWords : byCode;
}

/** `GMTTimestamp` is the instant; `eventTimestamp` is the local clock without seconds and without a zone. */
function timeOf(event: Part): CarrierTime | null {
  const instant = carrierTime(event["GMTTimestamp"]);
  if (instant?.confidence === "stated") return instant;
  const local = text(event["eventTimestamp"]);
  const offset = text(event["GMTOffset"]);
  return carrierTime(`${local}${offset ?? ""}`) ?? carrierTime(local);
}

function estimateOf(item: Part): CarrierTime | null {
  const expected = record(item["deliveryDateExpectation"]);
  return (
    carrierTime(expected["predictedDeliveryTimestamp"]) ??
    carrierTime(expected["expectedDeliveryDate"]) ??
    carrierTime(expected["expectedDeliveryTimestamp"]) ??
    carrierTime(item["expectedDeliveryTimeStamp"])
  );
}
