import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime, epochTime, type CarrierTime } from "../../domain/time.ts";
import { stageCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Evri (formerly Hermes UK): parcels of its enterprise tracking answers, one, a list, or `results` (public clients and recordings, read 2026-11-26; Evri documents
 * them to customers only). Evri pushes none of it: whoever asked hands the answer on with a secret of ours.
 */
export const codec: Codec = {
  source: "evri",
  title: "Evri",
  authentication: { kind: "shared-secret", headers: ["apikey", "x-api-key"] },
  contentTypes: ["json"],
  codes: new Set(stageCodes.keys()),
  decode,
};

const british = { habitZone: "Europe/London" };

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const results = record(parsed.value)["results"];
  const parcels = Array.isArray(results) ? results : Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  const read = parcels.map(record);
  return read.every((parcel) => Array.isArray(parcel["trackingEvents"])) ? decodedWhole(read.map(parcelNotice), null) : unknownShape;
}

/** An answer to a look-up by Evri's own id may be without the barcode; its notice has no number and says nothing of any parcel. */
function parcelNotice(parcel: Part): Notice {
  const events = list(parcel["trackingEvents"]).map(record);
  const trackingNumber = text(parcel["barcode"]) ?? text(parcel["trackingNumber"]) ?? text(parcel["parcelBarcode"]);
  return {
    ...bareNotice("evri", trackingNumber),
    orderReferences: otherNumbers(null, text(parcel["clientReference"]), text(parcel["customerReference"])),
    events: events.map((event) => eventOf(event, parcel["returnParcel"] === true)),
    estimatedDelivery: estimateOf(events),
    fields: fieldsOf(parcel),
  };
}

function eventOf(event: Part, isReturn: boolean): EventNotice {
  const stage = record(event["trackingStage"]);
  const point = record(event["trackingPoint"]);
  const time = timeOf(event["dateTime"]);
  const description = text(point["description"]) ?? text(stage["description"]);
  return {
    ...statusOf(stage["trackingStageCode"], isReturn),
    time,
    country: null,
    identity: identityOf([time?.local, stage["trackingStageCode"], point["trackingPointCode"] ?? point["trackingPointId"]]),
    // Names the neighbour or the place where it was left.
    text: description,
  };
}

/** A return is delivered to the shop that sent the goods. */
function statusOf(code: unknown, isReturn: boolean): CodedStatus {
  const stated = codedStatus(stageCodes, code) ?? unknownStatus;
  return isReturn && stated.status === "delivered" ? { ...stated, status: "returned", reason: null } : stated;
}

function timeOf(value: unknown): CarrierTime | null {
  return carrierTime(value, british) ?? epochTime(value);
}

/** The end of the window that the newest event with one gives. */
function estimateOf(events: readonly Part[]): CarrierTime | null {
  const eta = events.map((event) => event["eta"]).find(isRecord);
  return eta === undefined ? null : (timeOf(eta["toDateTime"]) ?? timeOf(eta["to"]) ?? timeOf(eta["displayDate"]));
}

function fieldsOf(parcel: Part): readonly PersonalField[] {
  const recipient = record(parcel["recipient"]);
  const address = record(recipient["address"]);
  const shop = record(parcel["parcelShop"]);
  const street = [1, 2, 3].map((line) => text(address[`addressLine${line}`])).filter((line) => line !== null);
  return personalFields(
    personalField("name", "recipient", recipient["name"] ?? recipient["displayName"]),
    personalField("email", "recipient", recipient["email"]),
    personalField("phone", "recipient", recipient["phone"] ?? recipient["mobile"]),
    personalField("street", "recipient", street.join(", ")),
    personalField("city", "recipient", address["town"] ?? address["city"]),
    personalField("postalCode", "recipient", address["postcode"] ?? recipient["postcode"]),
    personalField("organisation", "sender", record(parcel["sender"])["displayName"]),
    personalField("organisation", "pickup_point", shop["name"] ?? shop["description"]),
  );
}
