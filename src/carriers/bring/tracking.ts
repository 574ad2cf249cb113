import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { distinct, list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { statusWords } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

const norwegian = { habitZone: "Europe/Oslo", dateOrder: "day-first" } as const;

/**
 * A consignment of the Tracking API: each package is a parcel with events of its own. In place of a consignment there may be an error, which does not
 * say for which number.
 * @returns a list with null in it when a package has no number.
 */
export function consignmentNotices(consignment: Part): readonly (Notice | null)[] {
  const consignmentId = text(consignment["consignmentId"]);
  const packages = distinct(list(consignment["packageSet"]).map(record));
  return packages.map((each) => packageNotice(each, consignment, packages.length === 1 ? consignmentId : null, consignmentId));
}

/** @param alias the consignment's number where the package is all of it. */
function packageNotice(part: Part, consignment: Part, alias: string | null, consignmentId: string | null): Notice | null {
  const trackingNumber = text(part["packageNumber"]) ?? alias;
  if (trackingNumber === null) return null;
  const events = list(part["eventSet"]).map(record);
  return {
    ...bareNotice("bring", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, alias, text(part["previousPackageNumber"])),
    parentNumber: alias === null ? (otherNumbers(trackingNumber, consignmentId)[0] ?? null) : null,
    orderReferences: otherNumbers(null, text(consignment["senderReference"])),
    events: events.map(eventOf),
    estimatedDelivery:
      carrierTime(part["dateOfEstimatedDeliveryIso"], norwegian) ?? carrierTime(part["dateOfEstimatedDelivery"], norwegian),
    fields: personalFields(
      ...partyFields("recipient", consignment),
      ...partyFields("recipient", part),
      ...partyFields("sender", consignment),
      ...partyFields("sender", part),
      personalField("organisation", "pickup_point", part["expectedPickupUnitName"] ?? part["pickupUnitName"]),
      ...events.flatMap((event) => signatureFields(record(event["recipientSignature"]))),
    ),
  };
}

function eventOf(event: Part): EventNotice {
  const time = carrierTime(event["dateIso"], norwegian) ?? displayTime(event);
  return {
    ...(codedStatus(statusWords, event["status"]) ?? unknownStatus),
    time,
    country: countryCode(event["countryCode"]),
    identity: eventIdentity(time, event["status"]),
    text: text(event["description"]),
  };
}

/** The instant and the status, which is all that Event Cast and the Tracking API both say of an event, and in different zones. */
export function eventIdentity(time: CarrierTime | null, status: unknown): string {
  return identityOf([time?.instant ?? time?.local, status]);
}

function displayTime(event: Part): CarrierTime | null {
  return carrierTime([text(event["displayDate"]), text(event["displayTime"])].filter((part) => part !== null).join(" "), norwegian);
}

function partyFields(role: "recipient" | "sender", part: Part): readonly (PersonalField | null)[] {
  return [
    personalField(role === "sender" ? "organisation" : "name", role, part[`${role}Name`]),
    ...addressFields(role, record(part[`${role}Address`])),
  ];
}

function addressFields(role: Role, address: Part): readonly (PersonalField | null)[] {
  const street = [text(address["addressLine1"]), text(address["addressLine2"])].filter((line) => line !== null).join(", ");
  return [
    personalField("street", role, street),
    personalField("postalCode", role, address["postalCode"]),
    personalField("city", role, address["city"]),
  ];
}

function signatureFields(signature: Part): readonly (PersonalField | null)[] {
  return [personalField("name", "signatory", signature["name"]), personalField("accessLink", "signatory", signature["linkToImage"])];
}
