import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { withoutZone } from "../doubtful-zone.ts";
import { identityOf } from "../bare-notice.ts";
import { list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { carrierByName } from "./carriers.ts";
import { statusDetails, trackerStatuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/** @returns null for an object without a tracking code. */
export function trackerNotice(tracker: Part): Notice | null {
  const trackingNumber = text(tracker["tracking_code"]);
  if (trackingNumber === null) return null;
  const detail = record(tracker["carrier_detail"]);
  const alternative = text(detail["alternate_identifier"]);
  return {
    kind: "tracking",
    carrier: carrierByName.get(text(tracker["carrier"])?.toLowerCase() ?? "") ?? null,
    trackingNumber,
    discriminator: null,
    alternativeNumbers: alternative === null || alternative === trackingNumber ? [] : [alternative],
    parentNumber: null,
    orderReferences: [],
    events: list(tracker["tracking_details"]).map((item) => eventOf(record(item))),
    summary: text(tracker["status"]) === null ? null : { ...statusOf(tracker), time: null },
    estimatedDelivery: estimatedDelivery(tracker, detail),
    fields: fieldsOf(tracker, detail),
  };
}

function eventOf(detail: Part): EventNotice {
  const place = record(detail["tracking_location"]);
  const message = text(detail["message"]) ?? text(detail["description"]);
  const identity = [detail["datetime"], detail["carrier_code"], place["city"], place["zip"], message];
  return {
    ...statusOf(detail),
    time: eventTime(detail["datetime"], place),
    country: countryCode(place["country"]),
    identity: identityOf(identity),
    text: message,
  };
}

function statusOf(part: Part): CodedStatus {
  const status = codedStatus(trackerStatuses, part["status"]);
  const detail = codedStatus(statusDetails, part["status_detail"]);
  if (status === null || detail === null) return status ?? detail ?? unknownStatus;
  return { status: status.status, reason: detail.reason ?? status.reason, code: detail.code };
}

/**
 * "When location information is incomplete, timestamps default to UTC" (docs.easypost.com/docs/trackers, read 2026-11-24): for a
 * scan with neither city nor postcode the `Z` is EasyPost's default and not the carrier's word.
 */
function eventTime(datetime: unknown, place: Part): CarrierTime | null {
  const time = carrierTime(datetime);
  return text(place["city"]) === null && text(place["zip"]) === null ? withoutZone(time) : time;
}

/** The carrier's local day goes before `est_delivery_date`, which is that day at midnight with a `Z` added. */
function estimatedDelivery(tracker: Part, detail: Part): CarrierTime | null {
  const day = text(detail["est_delivery_date_local"]);
  const hour = text(detail["est_delivery_time_local"]);
  const local = carrierTime(day !== null && hour !== null ? `${day}T${hour}` : day);
  return local ?? withoutZone(carrierTime(tracker["est_delivery_date"]));
}

function fieldsOf(tracker: Part, detail: Part): readonly PersonalField[] {
  const destination = record(detail["destination_tracking_location"]);
  return personalFields(
    personalField("name", "signatory", tracker["signed_by"]),
    personalField("city", "recipient", text(destination["city"]) ?? detail["destination_location"]),
    personalField("region", "recipient", destination["state"]),
    personalField("postalCode", "recipient", destination["zip"]),
    personalField("accessLink", "recipient", tracker["public_url"]),
  );
}
