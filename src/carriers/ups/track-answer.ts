import { list, oneOrMany, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { clock, scanIdentity, scanTime } from "./scan.ts";
import { statusOf } from "./status.ts";

type Body = Readonly<Record<string, unknown>>;

/**
 * One shipment of a Track API v1 answer (Tracking.yaml, `Shipment`; github.com/UPS-API/api-documentation, read 2026-11-24).
 * @returns one notice per package; null stands for a package that has no number by which it could be found again.
 */
export function shipmentNotices(answer: unknown): readonly (Notice | null)[] {
  const shipment = record(answer);
  const inquiryNumber = given(shipment["inquiryNumber"]);
  const packages = oneOrMany(shipment["package"]);
  if (packages.length === 0) return [inquiryNumber === null ? null : withoutPackage(inquiryNumber, shipment)];
  return packages.map((item) => packageNotice(record(item), inquiryNumber));
}

function packageNotice(item: Body, inquiryNumber: string | null): Notice | null {
  const trackingNumber = given(item["trackingNumber"]) ?? inquiryNumber;
  if (trackingNumber === null) return null;
  return {
    kind: "tracking",
    carrier: "ups",
    trackingNumber,
    discriminator: null,
    alternativeNumbers: numbersOf(item["alternateTrackingNumber"]).filter((number) => number !== trackingNumber),
    parentNumber: inquiryNumber === trackingNumber ? null : inquiryNumber,
    orderReferences: numbersOf(item["referenceNumber"]),
    events: oneOrMany(item["activity"]).map((activity) => eventOf(record(activity))),
    summary: summaryOf(item),
    estimatedDelivery: scheduledDelivery(item),
    fields: fieldsOf(item),
  };
}

/** UPS answers a number that it does not know with a shipment that has a warning and no package. */
function withoutPackage(inquiryNumber: string, shipment: Body): Notice {
  const notFound = list(shipment["warnings"]).some((warning) => record(warning)["code"] === "TW0001");
  return {
    kind: "tracking",
    carrier: "ups",
    trackingNumber: inquiryNumber,
    discriminator: null,
    alternativeNumbers: [],
    parentNumber: null,
    orderReferences: [],
    events: [],
    summary: notFound ? { status: "not_found", reason: null, code: null, time: null } : null,
    estimatedDelivery: null,
    fields: [],
  };
}

function eventOf(activity: Body): EventNotice {
  const status = record(activity["status"]);
  const address = record(record(activity["location"])["address"]);
  const country = address["countryCode"] ?? address["country"];
  return {
    ...statusOf(status),
    time: scanTime(activity["gmtDate"], activity["gmtTime"], activity["date"], activity["time"], activity["gmtOffset"]),
    country: countryCode(country),
    identity: scanIdentity(activity["date"], activity["time"], status, address["city"], country),
    text: text(status["description"]),
  };
}

function summaryOf(item: Body): SummaryNotice | null {
  const current = record(item["currentStatus"]);
  return Object.keys(current).length === 0 ? null : { ...statusOf(current), time: null };
}

/** The rescheduled day goes before the scheduled one; the end of the window makes it a time. */
function scheduledDelivery(item: Body): CarrierTime | null {
  const dates = list(item["deliveryDate"]).map(record);
  const date = (dates.find((each) => each["type"] === "RDD") ?? dates.find((each) => each["type"] === "SDD"))?.["date"];
  const window = record(item["deliveryTime"]);
  return (window["type"] === "DEL" ? null : clock(date, window["endTime"])) ?? carrierTime(date);
}

function fieldsOf(item: Body): readonly PersonalField[] {
  const delivery = record(item["deliveryInformation"]);
  return personalFields(
    ...list(item["packageAddress"]).flatMap((entry) => addressFields(record(entry))),
    personalField("name", "signatory", given(delivery["receivedBy"])),
    personalField("freeText", "recipient", given(delivery["location"])),
  );
}

function addressFields(entry: Body): readonly (PersonalField | null)[] {
  const role: Role = entry["type"] === "ORIGIN" ? "sender" : "recipient";
  const address = record(entry["address"]);
  const person = given(entry["attentionName"]);
  const lines = [address["addressLine1"], address["addressLine2"], address["addressLine3"]].map(given);
  return [
    personalField("name", role, person),
    // Without an attention line the address line "name" is a person's as often as a firm's.
    personalField(person === null ? "name" : "organisation", role, given(entry["name"])),
    personalField("street", role, lines.filter((line) => line !== null).join(", ")),
    personalField("postalCode", role, given(address["postalCode"])),
    personalField("city", role, given(address["city"])),
    personalField("region", role, given(address["stateProvince"])),
  ];
}

function numbersOf(entries: unknown): readonly string[] {
  return list(entries)
    .map((entry) => given(record(entry)["number"]))
    .filter((number) => number !== null);
}

/** UPS's sandbox fills fields it does not simulate with the word "string". */
function given(value: unknown): string | null {
  const words = text(value);
  return words === "string" ? null : words;
}
