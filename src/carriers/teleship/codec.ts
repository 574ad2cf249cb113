import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { eventCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Teleship: webhooks about shipments (`eventName`, `objectType`, `data`) and answers about one tracking (shape in public clients, read 2026-11-26). How
 * its webhooks prove themselves is not published; a secret of ours in a header or as bearer is asked for.
 */
export const codec: Codec = {
  source: "teleship",
  title: "Teleship",
  authentication: { kind: "shared-secret", headers: ["x-api-key", "x-webhook-secret"] },
  contentTypes: ["json"],
  codes: new Set(eventCodes.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  const event = text(root["eventName"]);
  if (event === null) return text(root["trackingNumber"]) === null ? unknownShape : decodedWhole([shipmentNotice(root)], null);
  const type = text(root["objectType"]) ?? event.split(".", 1)[0];
  // Manifests and accounts say nothing of a parcel.
  if (type !== "shipment" && type !== "tracking") return decodedWhole([], null);
  return decodedWhole([shipmentNotice(record(root["data"]))], text(root["eventId"]));
}

/** @returns null when there is no number. */
function shipmentNotice(shipment: Part): Notice | null {
  const first = text(record(shipment["firstMile"])["trackingNumber"]);
  const trackingNumber = text(shipment["trackingNumber"]) ?? first;
  if (trackingNumber === null) return null;
  const coded = codedStatus(eventCodes, text(shipment["status"])?.toUpperCase());
  return {
    ...bareNotice("teleship", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, first, text(record(shipment["lastMile"])["trackingNumber"])),
    orderReferences: otherNumbers(null, text(shipment["customerReference"]), text(shipment["orderTrackingReference"])),
    events: list(shipment["events"]).map((event) => eventOf(record(event))),
    summary: coded === null ? null : { ...coded, time: null },
    estimatedDelivery: carrierTime(shipment["estimatedDelivery"]),
    fields: personalFields(...partyFields("recipient", record(shipment["shipTo"])), ...partyFields("sender", record(shipment["shipFrom"]))),
  };
}

/** A place ends with a state as often as with a country ("Chicago, IL"), so it gives no country. */
function eventOf(event: Part): EventNotice {
  const time = carrierTime(event["timestamp"]);
  const { code, location, description } = event;
  return {
    ...(codedStatus(eventCodes, text(code)?.toUpperCase()) ?? unknownStatus),
    time,
    country: null,
    identity: identityOf([time?.local, text(code) ?? description, location]),
    text: text(description),
  };
}

function partyFields(role: Role, party: Part): readonly (PersonalField | null)[] {
  const address = record(party["address"]);
  const street = [address["line1"] ?? address["street"], address["line2"]].map(text).filter((part) => part !== null);
  return [
    personalField("name", role, party["name"]),
    personalField("organisation", role, party["company"]),
    personalField("email", role, party["email"]),
    personalField("phone", role, party["phone"]),
    personalField("street", role, street.join(", ")),
    personalField("postalCode", role, address["postcode"]),
    personalField("city", role, address["city"]),
    personalField("region", role, address["state"]),
  ];
}
