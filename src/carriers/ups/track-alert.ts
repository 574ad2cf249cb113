import { record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { clock, scanIdentity, scanTime } from "./scan.ts";
import { statusOf } from "./status.ts";

type Body = Readonly<Record<string, unknown>>;

/**
 * A Track Alert push: one event of one package (UPSTrackAlertEnhanced.yaml, `TrackingEventRequest`, where `trackingNumber` and
 * `activityStatus` are the required fields; github.com/UPS-API/api-documentation, read 2026-11-24).
 * @returns null when a required field is missing.
 */
export function trackAlertNotice(push: unknown): Notice | null {
  const body = record(push);
  const trackingNumber = text(body["trackingNumber"]);
  if (trackingNumber === null || Object.keys(record(body["activityStatus"])).length === 0) return null;
  const alternative = text(body["alternateTrackingNumber"]);
  return {
    kind: "tracking",
    carrier: "ups",
    trackingNumber,
    discriminator: null,
    alternativeNumbers: alternative === null || alternative === trackingNumber ? [] : [alternative],
    parentNumber: null,
    orderReferences: [],
    events: [eventOf(body)],
    summary: null,
    estimatedDelivery: scheduledDelivery(body),
    fields: personalFields(personalField("name", "signatory", body["receivedBy"])),
  };
}

function eventOf(body: Body): EventNotice {
  const status = record(body["activityStatus"]);
  const place = record(body["activityLocation"]);
  const date = body["localActivityDate"] ?? body["gmtActivityDate"];
  const time = body["localActivityTime"] ?? body["gmtActivityTime"];
  return {
    ...statusOf(status),
    time: scanTime(body["gmtActivityDate"], body["gmtActivityTime"], date, time, body["gmtOffset"]),
    country: countryCode(place["country"]),
    identity: scanIdentity(date, time, status, place["city"], place["country"]),
    text: text(status["description"]),
  };
}

function scheduledDelivery(body: Body): CarrierTime | null {
  const date = body["scheduledDeliveryDate"];
  return clock(date, body["deliveryEndTime"]) ?? carrierTime(date);
}
