import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import { carrierByName } from "../carrier-name.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { CarrierId } from "../../domain/carrier.ts";
import type { Category } from "../../domain/category.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { deliveryStatuses, subStatuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/** TrackingMore's courier codes that are not the carrier's name in other words. Bare `dhl` is DHL Express in its list. */
const carriers: ReadonlyMap<string, CarrierId> = new Map<string, CarrierId>([
  ["dhl", "dhl-express"],
  ["deutsche-post", "deutsche-post"],
  ["international-seur", "seur"],
  ["spain-correos-es", "correos"],
  ["belgium-post", "bpost"],
  ["postnl-3s", "postnl"],
  ["italy-post", "poste-italiane"],
  ["laposte", "laposte"],
  ["parcel-force", "royalmail"],
]);

/** @returns null when there is no number. */
export function trackingNotice(tracking: Part): Notice | null {
  const trackingNumber = text(tracking["tracking_number"]);
  if (trackingNumber === null) return null;
  const current = text(tracking["delivery_status"]) ?? text(tracking["substatus"]);
  return {
    ...bareNotice(carrierOf(tracking["courier_code"]), trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, text(tracking["destination_track_number"]), text(tracking["exchange_number"])),
    orderReferences: otherNumbers(null, text(tracking["order_number"]), text(tracking["order_id"])),
    events: eventsOf(tracking),
    summary:
      current === null
        ? null
        : { ...statusOf(tracking["substatus"], tracking["delivery_status"]), time: carrierTime(tracking["latest_checkpoint_time"]) },
    estimatedDelivery: carrierTime(tracking["scheduled_delivery_date"]),
    fields: fieldsOf(tracking, trackingNumber),
  };
}

/** The checkpoints of the country of origin and of that of destination; some answers have them in one list. */
function eventsOf(tracking: Part): readonly EventNotice[] {
  const legs = [record(tracking["origin_info"])["trackinfo"], record(tracking["destination_info"])["trackinfo"], tracking["track_info"]];
  return legs.flatMap((leg) => list(leg).map((checkpoint) => eventOf(record(checkpoint))));
}

/** Older answers call the time `Date` and the description `StatusDescription`. */
function eventOf(checkpoint: Part): EventNotice {
  const time = carrierTime(checkpoint["checkpoint_date"]) ?? carrierTime(checkpoint["Date"]);
  const description = text(checkpoint["tracking_detail"]) ?? text(checkpoint["StatusDescription"]);
  const { checkpoint_delivery_substatus: subStatus, checkpoint_delivery_status: status, location } = checkpoint;
  return {
    ...statusOf(subStatus, status),
    time,
    country: countryCode(checkpoint["country_iso2"]),
    identity: identityOf([time?.local, location, description]),
    text: description,
  };
}

function statusOf(subStatus: unknown, status: unknown): CodedStatus {
  return codedStatus(subStatuses, subStatus) ?? codedStatus(deliveryStatuses, status) ?? unknownStatus;
}

function carrierOf(code: unknown): CarrierId | null {
  return carriers.get(text(code) ?? "") ?? carrierByName(code);
}

function fieldsOf(tracking: Part, trackingNumber: string): readonly PersonalField[] {
  const title = text(tracking["title"]);
  return personalFields(
    personalField("name", "recipient", tracking["customer_name"]),
    ...each("email", tracking["customer_email"]),
    ...each("phone", tracking["customer_sms"]),
    ...each("phone", tracking["customer_phone"]),
    personalField("postalCode", "recipient", tracking["recipient_postcode"] ?? tracking["tracking_postal_code"]),
    personalField("city", "recipient", tracking["destination_city"]),
    personalField("region", "recipient", tracking["destination_state"]),
    personalField("street", "recipient", tracking["scheduled_address"]),
    personalField("city", "sender", tracking["origin_city"]),
    personalField("region", "sender", tracking["origin_state"]),
    personalField("name", "signatory", tracking["signed_by"]),
    personalField("freeText", "recipient", tracking["note"]),
    // The number stands here until the merchant writes something else.
    personalField("freeText", "recipient", title === trackingNumber ? null : title),
  );
}

/** One value or a list of them, by version. */
function each(category: Category, values: unknown): readonly (PersonalField | null)[] {
  return (Array.isArray(values) ? values : [values]).map((value) => personalField(category, "recipient", value));
}
