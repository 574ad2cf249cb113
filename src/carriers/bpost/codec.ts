import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { personalFields } from "../personal-fields.ts";
import { child, children, parseXml, text, type XmlElement } from "../xml.ts";
import type { Role } from "../../domain/category.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { statusCodes } from "./statuses.ts";

/**
 * bpost (Belgium): `itemTracking` answers of the Track API v1 (schema.post.be/tracking/v1, schema and sample in public clients, read
 * 2026-11-24). bpost does not push; whoever asks it hands the answer on with a secret of ours.
 */
export const codec: Codec = {
  source: "bpost",
  title: "bpost",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["xml"],
  codes: new Set(statusCodes.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseXml(body);
  if (!parsed.ok) return parsed;
  return parsed.value.name === "itemTracking" ? decodedWhole([itemNotice(parsed.value)], null) : unknownShape;
}

/** @returns null when there is no number. */
function itemNotice(item: XmlElement): Notice | null {
  const trackingNumber = text(item, "itemCode");
  if (trackingNumber === null) return null;
  const customerReference = text(item, "customerReference");
  return {
    kind: "tracking",
    carrier: "bpost",
    trackingNumber,
    discriminator: null,
    alternativeNumbers: [],
    parentNumber: null,
    orderReferences: customerReference === null ? [] : [customerReference],
    events: children(item, "stateInfo").map(eventOf),
    summary: null,
    // `deliveryTime` is the time of the delivery that has been, not of one to come.
    estimatedDelivery: belgianTime(text(child(item, "deliveryTimeWindow"), "plannedDeliveryDateWindowEnd")),
    fields: fieldsOf(item),
  };
}

function eventOf(state: XmlElement): EventNotice {
  const time = belgianTime(text(state, "time"));
  const code = text(state, "stateCode");
  const identity = [time?.local ?? text(state, "time"), code, text(state, "location"), text(state, "stateDescription")];
  return {
    ...(codedStatus(statusCodes, code) ?? unknownStatus),
    time,
    // `location` is free text, not a country.
    country: null,
    identity: identity.map((part) => part ?? "").join("|"),
    text: text(state, "stateDescription"),
  };
}

/** The schema's `dateTime` may go without an offset; it is then taken for Belgian time. */
function belgianTime(value: string | null): CarrierTime | null {
  return carrierTime(value, { habitZone: "Europe/Brussels" });
}

function fieldsOf(item: XmlElement): readonly PersonalField[] {
  const pickupPoint = child(item, "pickupPoint");
  return personalFields(
    ...clientFields("recipient", child(item, "addressee")),
    personalField("name", "recipient", text(item, "nameOfDestination")),
    cityField("recipient", text(item, "cityOrCountryOfDestination")),
    ...clientFields("sender", child(item, "sender")),
    cityField("sender", text(item, "cityOrCountryOfdeparture")),
    personalField("organisation", "pickup_point", text(pickupPoint, "name")),
    ...addressFields("pickup_point", pickupPoint),
    // Opens the public tracking page.
    personalField("accessLink", "recipient", text(item, "trackingId")),
  );
}

/** A `clientType`: sender or addressee. Its `name` is "most often the company name" by the schema; of a sender it is read so. */
function clientFields(role: Role, client: XmlElement | null): readonly (PersonalField | null)[] {
  const contact = child(client, "contactDetail");
  return [
    personalField(role === "sender" ? "organisation" : "name", role, text(client, "name")),
    personalField("name", role, text(client, "addressContactName")),
    personalField("organisation", role, text(client, "addressDepartment")),
    personalField("freeText", role, text(client, "addressPlace")),
    ...addressFields(role, child(client, "address")),
    personalField("email", role, text(contact, "emailAddress")),
    personalField("phone", role, text(contact, "telephoneNumber")),
    personalField("phone", role, text(contact, "mobilePhone")),
  ];
}

function addressFields(role: Role, address: XmlElement | null): readonly (PersonalField | null)[] {
  const street = [text(address, "streetName"), text(address, "streetName2"), text(address, "houseNumber"), text(address, "boxNumber")];
  return [
    personalField("street", role, street.filter((part) => part !== null).join(" ")),
    personalField("postalCode", role, text(address, "postalCode")),
    personalField("city", role, text(address, "city")),
  ];
}

function cityField(role: Role, cityOrCountry: string | null): PersonalField | null {
  return countryCode(cityOrCountry) === null ? personalField("city", role, cityOrCountry) : null;
}
