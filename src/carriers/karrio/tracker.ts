import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import { carrierByName } from "../carrier-name.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { withoutZone } from "../doubtful-zone.ts";
import { list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { incidentReasons, trackerStatuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/** @returns null when there is no number. */
export function trackerNotice(value: unknown): Notice | null {
  const tracker = record(value);
  const trackingNumber = text(tracker["tracking_number"]);
  if (trackingNumber === null) return null;
  const info = record(tracker["info"]);
  const current = codedStatus(trackerStatuses, tracker["status"]);
  return {
    ...bareNotice(carrierByName(tracker["carrier_name"]), trackingNumber),
    orderReferences: otherNumbers(null, text(info["order_id"])),
    events: list(tracker["events"]).map((event) => eventOf(record(event))),
    summary: current === null ? null : { ...current, time: null },
    estimatedDelivery: carrierTime(tracker["estimated_delivery"]) ?? carrierTime(info["expected_delivery"]),
    fields: personalFields(
      personalField("name", "recipient", info["customer_name"]),
      personalField("postalCode", "recipient", info["shipment_destination_postal_code"]),
      personalField("postalCode", "sender", info["shipment_origin_postal_code"]),
      personalField("name", "signatory", info["signed_by"]),
      personalField("freeText", "recipient", info["note"]),
      personalField("accessLink", "recipient", info["carrier_tracking_link"]),
    ),
  };
}

/** `code` is the carrier's own and of no list that karrio keeps; coordinates and images stay in the raw record. */
function eventOf(event: Part): EventNotice {
  const time = timeOf(event);
  const { code, location, description } = event;
  return {
    ...statusOf(event),
    time,
    country: null,
    identity: identityOf([time?.local, code, location, description]),
    text: text(description),
  };
}

function statusOf(event: Part): CodedStatus {
  const coded = codedStatus(trackerStatuses, event["status"]) ?? unknownStatus;
  const reason = incidentReasons.get(text(event["reason"]) ?? "");
  return reason === undefined || coded.code === null ? coded : { ...coded, reason };
}

/**
 * Karrio makes `timestamp` out of the carrier's local date and time and puts a `Z` behind it whatever the zone is, so the `Z` says nothing; an
 * offset would. Older versions give `date` and `time` ("10:20" or "10:20 AM") only.
 */
function timeOf(event: Part): CarrierTime | null {
  const time = carrierTime(event["timestamp"]);
  if (time !== null) return time.zone === "Z" ? withoutZone(time) : time;
  const [date, clock] = [text(event["date"]), text(event["time"])];
  if (date === null) return null;
  return carrierTime(`${date} ${twentyFourHours(clock ?? "")}`) ?? carrierTime(date);
}

function twentyFourHours(clock: string): string {
  const match = /^(\d{1,2}):(\d{2})(?::\d{2})?\s*([AP])M$/i.exec(clock);
  if (match === null) return clock;
  const hour = (Number(match[1]) % 12) + (match[3]!.toUpperCase() === "P" ? 12 : 0);
  return `${String(hour).padStart(2, "0")}:${match[2]}`;
}
