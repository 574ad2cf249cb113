import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import { countryCode } from "../../domain/country.ts";
import { countryZone } from "../../domain/country-zone.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { eventCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/** A push: one event. @returns null when there is no number. */
export function pushNotice(event: Part): Notice | null {
  return noticeOf(text(event["trackingNumber"]), [event], null);
}

/** A parcel of an answer. @returns null when there is no number. */
export function parcelNotice(parcel: Part): Notice | null {
  return noticeOf(text(parcel["trackingNumber"]), list(parcel["events"]).map(record), codedStatus(eventCodes, parcel["status"]));
}

function noticeOf(trackingNumber: string | null, events: readonly Part[], current: CodedStatus | null): Notice | null {
  if (trackingNumber === null) return null;
  return {
    ...bareNotice("inpost", trackingNumber),
    orderReferences: otherNumbers(null, ...events.map((event) => text(event["customerReference"]))),
    events: events.map(eventOf),
    summary: current === null ? null : { ...current, time: null },
    // The number under which it goes back (`returnToSender`) is another parcel's.
    fields: personalFields(...events.flatMap(fieldsOf)),
  };
}

function eventOf(event: Part): EventNotice {
  const country = countryCode(record(event["location"])["country"]);
  const placeZone = countryZone(country);
  const time = carrierTime(event["timestamp"], placeZone === undefined ? {} : { placeZone });
  return {
    ...statusOf(event),
    time,
    country,
    identity: text(event["eventId"]) ?? identityOf([time?.local, event["eventCode"]]),
    text: null,
  };
}

/** A shipment of type RETURN goes to the merchant: what is delivered then is delivered there. */
function statusOf(event: Part): CodedStatus {
  const stated = codedStatus(eventCodes, event["eventCode"]) ?? unknownStatus;
  const goesBack = record(event["shipment"])["type"] === "RETURN";
  return goesBack && stated.status === "delivered" ? { ...stated, status: "returned", reason: null } : stated;
}

function fieldsOf(event: Part): readonly (PersonalField | null)[] {
  const delivery = record(event["delivery"]);
  return [
    personalField("name", "signatory", delivery["recipientName"]),
    personalField("freeText", "recipient", delivery["deliveryNotes"]),
    ...locationFields(record(event["location"])),
    ...locationFields(record(event["newDestination"])),
  ];
}

/** An `ADDRESS` is where the person lives; a locker, a shop or a post office is where they fetch; a logistic centre is neither. */
function locationFields(location: Part): readonly (PersonalField | null)[] {
  const type = text(location["type"]);
  if (type === null || type === "LOGISTIC_CENTER") return [];
  const role = type === "ADDRESS" ? "recipient" : "pickup_point";
  return [
    personalField(role === "recipient" ? "name" : "organisation", role, location["name"]),
    personalField("street", role, location["address"]),
    personalField("postalCode", role, location["postalCode"]),
    personalField("city", role, location["city"]),
    personalField("freeText", role, location["description"]),
  ];
}
