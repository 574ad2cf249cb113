import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { detailReasons, eventCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Amazon Shipping: answers of the Shipping API v2 about one parcel, with or without their `payload` (shape in public clients, read 2026-11-26).
 * Amazon's notifications go to queues of the merchant's: whoever forwards them or answers to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "amazon-shipping",
  title: "Amazon Shipping",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set(eventCodes.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  const parcels = Array.isArray(root["payload"]) ? root["payload"].map(record) : [isRecord(root["payload"]) ? root["payload"] : root];
  // An error names no parcel.
  if (Array.isArray(root["errors"]) && root["payload"] === undefined && text(root["trackingId"]) === null) return decodedWhole([], null);
  return decodedWhole(parcels.map(parcelNotice), null);
}

/** @returns null when there is no number. */
function parcelNotice(parcel: Part): Notice | null {
  const trackingNumber = text(parcel["trackingId"]);
  if (trackingNumber === null) return null;
  const summary = record(parcel["summary"]);
  return {
    ...bareNotice("amazon-shipping", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, text(parcel["alternateLegTrackingId"])),
    events: list(parcel["eventHistory"]).map((event) => eventOf(record(event))),
    summary: summaryOf(summary),
    estimatedDelivery: carrierTime(parcel["promisedDeliveryDate"]),
    fields: fieldsOf(record(summary["proofOfDelivery"])),
  };
}

function eventOf(event: Part): EventNotice {
  const time = carrierTime(event["eventTime"]);
  const place = record(event["location"]);
  const { eventCode: code, shipmentType: leg } = event;
  return {
    ...onItsWay(codedStatus(eventCodes, code) ?? unknownStatus, leg === "RETURNS"),
    time,
    country: countryCode(place["countryCode"]),
    identity: identityOf([time?.local, code, leg, place["city"], place["postalCode"]]),
    text: null,
  };
}

/** The detail codes of the way back are there once the parcel has turned round. */
function summaryOf(summary: Part): SummaryNotice | null {
  const coded = codedStatus(eventCodes, summary["status"]);
  if (coded === null) return null;
  const { forward, returns } = record(summary["trackingDetailCodes"]);
  const isReturn = list(returns).length > 0;
  const reasons = list(isReturn ? returns : forward).map((detail) => detailReasons.get(text(detail) ?? ""));
  const reason = reasons.find((each) => each !== undefined && each.startsWith("delivered:") === (coded.status === "delivered"));
  return { ...onItsWay({ ...coded, reason: reason ?? coded.reason }, isReturn), time: null };
}

/** On the way back "delivered" is delivered to the sender. */
function onItsWay(coded: CodedStatus, isReturn: boolean): CodedStatus {
  return isReturn && coded.status === "delivered" ? { status: "returned", reason: null, code: coded.code } : coded;
}

/** The image of the delivery stays behind its link, in the raw record. */
function fieldsOf(proof: Part): readonly PersonalField[] {
  const { latitude, longitude } = record(proof["deliveryLocationCoordinates"]);
  const place = [text(latitude), text(longitude)];
  return personalFields(
    personalField("name", "signatory", proof["receivedBy"]),
    personalField("location", "recipient", place.includes(null) ? null : place.join(",")),
  );
}
