import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import { carrierByName } from "../carrier-name.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { CarrierId } from "../../domain/carrier.ts";
import type { Role } from "../../domain/category.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { mainStatuses, stages, subStatuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/** 17TRACK's numbers for the carriers that public clients of its API name; for others the provider's name is read. */
const carrierByKey: ReadonlyMap<string, CarrierId> = new Map<string, CarrierId>([
  ["3011", "china-post"],
  ["3041", "canadapost"],
  ["6051", "laposte"],
  ["11031", "royalmail"],
  ["21051", "usps"],
  ["100001", "dhl-express"],
  ["100002", "ups"],
  ["100003", "fedex"],
  ["100004", "tnt"],
  ["100005", "gls"],
]);

/** @returns null when there is no number. */
export function trackingNotice(entry: Part): Notice | null {
  const trackingNumber = text(entry["number"]);
  if (trackingNumber === null) return null;
  const info = record(entry["track_info"]);
  const providers = list(record(info["tracking"])["providers"]).map(record);
  const misc = record(info["misc_info"]);
  const latest = record(info["latest_status"]);
  const current = text(latest["status"]) ?? text(latest["sub_status"]);
  const estimate = record(record(info["time_metrics"])["estimated_delivery_date"]);
  return {
    ...bareNotice(carrierOf(entry["carrier"], providers), trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, text(misc["local_number"])),
    orderReferences: otherNumbers(null, text(entry["order_no"]), text(misc["reference_number"])),
    events: providers.flatMap((provider) => list(provider["events"]).map((event) => eventOf(record(event)))),
    summary: current === null ? null : { ...statusOf(latest["sub_status"], latest["status"]), time: timeOf(record(info["latest_event"])) },
    estimatedDelivery: carrierTime(estimate["to"]) ?? carrierTime(estimate["from"]),
    fields: fieldsOf(record(info["shipping_info"])),
  };
}

/** A number that 17TRACK has nothing about. @returns null when there is no number. */
export function rejectedNotice(entry: Part): Notice | null {
  const trackingNumber = text(entry["number"]);
  if (trackingNumber === null) return null;
  return { ...bareNotice(null, trackingNumber), summary: { status: "not_found", reason: null, code: "NotFound", time: null } };
}

function eventOf(event: Part): EventNotice {
  const time = timeOf(event);
  const { sub_status: subStatus, stage, location, description } = event;
  return {
    ...statusOf(subStatus, stage),
    time,
    country: countryCode(record(event["address"])["country"]),
    identity: identityOf([time?.local, text(subStatus) ?? stage, location, description]),
    text: text(description),
  };
}

function statusOf(subStatus: unknown, stage: unknown): CodedStatus {
  return codedStatus(subStatuses, subStatus) ?? codedStatus(mainStatuses, stage) ?? codedStatus(stages, stage) ?? unknownStatus;
}

/**
 * `time_iso` has the carrier's digits and an offset where 17TRACK knows one. Without an offset there, the `Z` of `time_utc` is its guess, and
 * `time_utc` counts only where there is nothing else.
 */
function timeOf(event: Part): CarrierTime | null {
  return carrierTime(event["time_iso"]) ?? rawTime(record(event["time_raw"])) ?? carrierTime(event["time_utc"]);
}

function rawTime(raw: Part): CarrierTime | null {
  const [date, time, zone] = [text(raw["date"]), text(raw["time"]), text(raw["timezone"])];
  return date === null ? null : (carrierTime(`${date}T${time ?? "00:00:00"}${zone ?? ""}`) ?? carrierTime(date));
}

function carrierOf(key: unknown, providers: readonly Part[]): CarrierId | null {
  const known = carrierByKey.get(text(key) ?? "");
  return known ?? carrierByName(record(providers[0]?.["provider"])["name"]);
}

function fieldsOf(shipping: Part): readonly PersonalField[] {
  return personalFields(
    ...addressFields("recipient", record(shipping["recipient_address"])),
    ...addressFields("sender", record(shipping["shipper_address"])),
  );
}

function addressFields(role: Role, address: Part): readonly (PersonalField | null)[] {
  const { longitude, latitude } = record(address["coordinates"]);
  const place = [text(latitude), text(longitude)];
  return [
    personalField("street", role, address["street"]),
    personalField("postalCode", role, address["postal_code"]),
    personalField("city", role, address["city"]),
    personalField("region", role, address["state"]),
    personalField("location", role, place.includes(null) ? null : place.join(",")),
  ];
}
