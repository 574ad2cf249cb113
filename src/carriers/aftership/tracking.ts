import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { identityOf, otherNumbers } from "../bare-notice.ts";
import { list, record, text } from "../json.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { carrierBySlug } from "./carriers.ts";
import { fieldsOf } from "./fields.ts";
import { subtags, tags } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * One tracking object. Field names changed over the years (`country_iso3` became `country_region`, `emails` became
 * `subscribed_emails` …); both are read. Current names: AfterShip/tracking-sdk-nodejs, src/model/Tracking.ts and Checkpoint.ts,
 * read 2026-11-24; old names: AfterShip/aftership-sdk-python test recordings.
 * @returns null when there is no tracking number.
 */
export function trackingNotice(value: unknown): Notice | null {
  const tracking = record(value);
  const trackingNumber = text(tracking["tracking_number"]);
  if (trackingNumber === null) return null;
  return {
    kind: "tracking",
    carrier: carrierBySlug.get(text(tracking["slug"]) ?? "") ?? null,
    trackingNumber,
    discriminator: null,
    alternativeNumbers: otherNumbers(trackingNumber, ...legNumbers(tracking)),
    parentNumber: null,
    orderReferences: otherNumbers(null, text(tracking["order_number"]), text(tracking["order_id"])),
    events: list(tracking["checkpoints"]).map(eventOf),
    summary: text(tracking["tag"]) === null ? null : { ...statusOf(tracking), time: null },
    estimatedDelivery: estimatedDelivery(tracking),
    fields: fieldsOf(tracking, trackingNumber),
  };
}

function eventOf(value: unknown): EventNotice {
  const checkpoint = record(value);
  const { status, reason, code } = statusOf(checkpoint);
  return {
    status,
    reason,
    code,
    time: carrierTime(checkpoint["checkpoint_time"]),
    country: countryCode(checkpoint["country_region"] ?? checkpoint["country_iso3"]),
    identity: text(checkpoint["hash"]) ?? checkpointIdentity(checkpoint),
    text: text(checkpoint["message"]),
  };
}

/** For API versions before 2026-07, whose checkpoints have no `hash`. Without the subtag: AfterShip sometimes thinks again about it. */
function checkpointIdentity(checkpoint: Part): string {
  const { checkpoint_time: time, slug, city, location, zip, message } = checkpoint;
  return identityOf([time, slug, city ?? location, zip, message]);
}

function statusOf(part: Part): CodedStatus {
  return codedStatus(subtags, part["subtag"]) ?? codedStatus(tags, part["tag"]) ?? unknownStatus;
}

function legNumbers(tracking: Part): readonly (string | null)[] {
  return [text(record(tracking["first_mile"])["tracking_number"]), text(record(tracking["last_mile"])["tracking_number"])];
}

/** AfterShip's newest estimate, else the carrier's. */
function estimatedDelivery(tracking: Part): CarrierTime | null {
  return (
    carrierTime(record(tracking["latest_estimated_delivery"])["datetime"]) ??
    carrierTime(record(tracking["courier_estimated_delivery_date"])["estimated_delivery_date"]) ??
    carrierTime(tracking["expected_delivery"])
  );
}
