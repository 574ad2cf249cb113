import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { withoutZone } from "../doubtful-zone.ts";
import { identityOf } from "../bare-notice.ts";
import { list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { CarrierId } from "../../domain/carrier.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { carrierByCourier } from "./carriers.ts";
import { milestones, statusCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * One tracking object (ship24/ship24-node, spec/ship24-tracking-api.yaml, schema `tracking`, read 2026-11-24). A webhook brings
 * only the events found since the last one.
 * @returns null when there is no tracker with a number.
 */
export function trackingNotice(value: unknown): Notice | null {
  const tracking = record(value);
  const tracker = record(tracking["tracker"]);
  const shipment = record(tracking["shipment"]);
  const trackingNumber = text(tracker["trackingNumber"]);
  if (trackingNumber === null) return null;
  const numbers = list(shipment["trackingNumbers"]).map((entry) => record(entry)["tn"]);
  return {
    kind: "tracking",
    carrier: carrierOf(tracker["courierCode"]),
    trackingNumber,
    discriminator: null,
    alternativeNumbers: distinct(numbers).filter((number) => number !== trackingNumber),
    parentNumber: null,
    orderReferences: distinct([tracker["shipmentReference"], tracker["clientTrackerId"]]),
    events: list(tracking["events"]).map((event) => eventOf(record(event))),
    summary: text(shipment["statusMilestone"]) === null ? null : { ...statusOf(shipment), time: null },
    estimatedDelivery: estimatedDelivery(record(shipment["delivery"])),
    fields: fieldsOf(shipment),
  };
}

/**
 * The courier that the merchant named for the tracker; the couriers of the events are other legs as often as not.
 * @param couriers a code, or up to three of them.
 */
function carrierOf(couriers: unknown): CarrierId | null {
  const code = text(Array.isArray(couriers) ? couriers[0] : couriers);
  return carrierByCourier.get(code ?? "") ?? null;
}

function eventOf(event: Part): EventNotice {
  const { occurrenceDatetime: when, eventTrackingNumber, location, status } = event;
  return {
    ...statusOf(event),
    time: ship24Time(when, event["utcOffset"]),
    country: null,
    identity: text(event["eventId"]) ?? identityOf([when, eventTrackingNumber, location, status]),
    text: text(status),
  };
}

function statusOf(part: Part): CodedStatus {
  return codedStatus(statusCodes, part["statusCode"]) ?? codedStatus(milestones, part["statusMilestone"]) ?? unknownStatus;
}

/**
 * Ship24 writes what the courier gave: mostly no zone, sometimes an offset. It also writes `Z` behind local times, in its own
 * examples too; a `Z` counts only when the event's `utcOffset` (deprecated) shows that the zone was known.
 */
function ship24Time(value: unknown, utcOffset: unknown): CarrierTime | null {
  const time = carrierTime(value);
  return time?.zone === "Z" && text(utcOffset) === null ? withoutZone(time) : time;
}

/** The end of the courier's window, else its beginning, else Ship24's single date. */
function estimatedDelivery(delivery: Part): CarrierTime | null {
  const window = record(delivery["courierEstimatedDeliveryDate"]);
  return ship24Time(window["to"], null) ?? ship24Time(window["from"], null) ?? ship24Time(delivery["estimatedDeliveryDate"], null);
}

function fieldsOf(shipment: Part): readonly PersonalField[] {
  const recipient = record(shipment["recipient"]);
  return personalFields(
    personalField("name", "recipient", recipient["name"]),
    personalField("email", "recipient", recipient["email"]),
    personalField("street", "recipient", recipient["address"]),
    personalField("postalCode", "recipient", recipient["postCode"]),
    personalField("city", "recipient", recipient["city"]),
    personalField("region", "recipient", recipient["subdivision"]),
    personalField("name", "signatory", record(shipment["delivery"])["signedBy"]),
  );
}

function distinct(values: readonly unknown[]): readonly string[] {
  return [...new Set(values.map(text).filter((value) => value !== null))];
}
