import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { distinct, list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { areaCountry, placeHints } from "./place.ts";
import { answerStatuses, eventCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * A shipment of MyDHL's tracking answer, and its pieces: each piece has a number and events of its own. A single piece is the shipment by another number; several are parcels
 * of it, and one that was delivered does not deliver the others.
 * @returns a list with null in it when there is no number.
 */
export function shipmentNotices(shipment: Part): readonly (Notice | null)[] {
  const trackingNumber = text(shipment["shipmentTrackingNumber"]);
  if (trackingNumber === null) return [null];
  const pieces = distinct(list(shipment["pieces"]).map(record));
  const single = pieces.length === 1 ? pieces[0]! : null;
  const events = list(shipment["events"]);
  const own = events.length > 0 || single === null ? events : list(single["events"]);
  const answer = codedStatus(answerStatuses, shipment["status"]);
  const notice: Notice = {
    ...bareNotice("dhl-express", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, single === null ? null : text(single["trackingNumber"])),
    orderReferences: otherNumbers(null, ...list(shipment["shipperReferences"]).map((each) => text(record(each)["value"]))),
    events: own.map((event) => eventOf(record(event))),
    summary: answer === null ? null : { ...answer, time: null },
    // A day, at the place of delivery.
    estimatedDelivery: carrierTime(shipment["estimatedDeliveryDate"], placeHints(countryOf(shipment["receiverDetails"]))),
    fields: personalFields(
      ...partyFields("recipient", shipment["receiverDetails"]),
      ...partyFields("sender", shipment["shipperDetails"]),
      ...own.map((event) => personalField("name", "signatory", record(event)["signedBy"])),
    ),
  };
  return single === null ? [notice, ...pieces.flatMap((piece) => pieceNotice(piece, trackingNumber))] : [notice];
}

function pieceNotice(piece: Part, shipmentNumber: string): readonly Notice[] {
  const trackingNumber = text(piece["trackingNumber"]);
  const events = list(piece["events"]).map(record);
  if (trackingNumber === null || events.length === 0) return [];
  return [
    {
      ...bareNotice("dhl-express", trackingNumber),
      parentNumber: shipmentNumber,
      events: events.map(eventOf),
      fields: personalFields(...events.map((event) => personalField("name", "signatory", event["signedBy"]))),
    },
  ];
}

function eventOf(event: Part): EventNotice {
  const area = record(list(event["serviceArea"])[0] ?? event["serviceArea"]);
  const country = areaCountry(text(area["description"]));
  const clock = [text(event["date"]), text(event["time"])].filter((part) => part !== null).join("T");
  const time = carrierTime(`${clock}${text(event["GMTOffset"]) ?? ""}`, placeHints(country)) ?? carrierTime(clock, placeHints(country));
  return {
    ...(codedStatus(eventCodes, event["typeCode"]) ?? unknownStatus),
    time,
    country,
    identity: identityOf([time?.local, event["typeCode"], area["code"], text(event["typeCode"]) === null ? event["description"] : null]),
    // "Delivered - Signed for by : NAME".
    text: text(event["description"]),
  };
}

function countryOf(party: unknown): string | null {
  return text(record(record(party)["postalAddress"])["countryCode"]);
}

function partyFields(role: Role, party: unknown): readonly (PersonalField | null)[] {
  const part = record(party);
  const address = record(part["postalAddress"]);
  const street = [1, 2, 3].map((line) => text(address[`addressLine${line}`])).filter((line) => line !== null);
  return [
    personalField(role === "sender" ? "organisation" : "name", role, part["name"]),
    personalField("street", role, street.join(", ")),
    personalField("city", role, address["cityName"]),
    personalField("city", role, address["countyName"]),
    personalField("region", role, address["provinceCode"]),
    personalField("postalCode", role, address["postalCode"]),
  ];
}
