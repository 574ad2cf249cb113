import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { personalFields } from "../personal-fields.ts";
import { child, children, text, type XmlElement } from "../xml.ts";
import type { Role } from "../../domain/category.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { areaCountry, placeHints } from "./place.ts";
import { answerStatuses, eventCodes } from "./statuses.ts";

/**
 * A waybill (`AWBInfo`) of the older XML services, and its pieces where the answer lists them.
 * @returns a list with null in it when there is no number.
 */
export function waybillNotices(waybill: XmlElement): readonly (Notice | null)[] {
  const trackingNumber = text(waybill, "AWBNumber") ?? text(child(waybill, "TrackedBy"), "LPNumber");
  if (trackingNumber === null) return [null];
  const shipment = child(waybill, "ShipmentInfo");
  const answer = codedStatus(answerStatuses, text(child(waybill, "Status"), "ActionStatus"));
  const events = children(shipment, "ShipmentEvent");
  const pieces = children(child(waybill, "Pieces") ?? child(shipment, "Pieces"), "PieceInfo");
  const single = pieces.length === 1 ? pieces[0]! : null;
  const notice: Notice = {
    ...bareNotice("dhl-express", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, single === null ? null : text(child(single, "PieceDetails"), "LicensePlate")),
    orderReferences: otherNumbers(null, ...children(shipment, "ShipperReference").map((each) => text(each, "ReferenceID"))),
    events: (events.length > 0 || single === null ? events : children(single, "PieceEvent")).map(eventOf),
    summary: answer === null ? null : { ...answer, time: null },
    estimatedDelivery: estimateOf(shipment),
    fields: personalFields(
      personalField("name", "recipient", text(shipment, "ConsigneeName")),
      ...partyFields("recipient", child(shipment, "Consignee")),
      personalField("organisation", "sender", text(shipment, "ShipperName")),
      ...partyFields("sender", child(shipment, "Shipper")),
      personalField("freeText", "recipient", text(shipment, "ShipmentDesc")),
      ...[...events, ...pieces.flatMap((piece) => children(piece, "PieceEvent"))].map((event) =>
        personalField("name", "signatory", text(event, "Signatory")),
      ),
    ),
  };
  return single === null ? [notice, ...pieces.flatMap((piece) => pieceNotice(piece, trackingNumber))] : [notice];
}

function pieceNotice(piece: XmlElement, waybillNumber: string): readonly Notice[] {
  const trackingNumber = text(child(piece, "PieceDetails"), "LicensePlate");
  const events = children(piece, "PieceEvent");
  if (trackingNumber === null || events.length === 0) return [];
  return [{ ...bareNotice("dhl-express", trackingNumber), parentNumber: waybillNumber, events: events.map(eventOf) }];
}

function eventOf(event: XmlElement): EventNotice {
  const area = child(event, "ServiceArea");
  const service = child(event, "ServiceEvent");
  const code = text(service, "EventCode");
  const description = text(service, "Description");
  const country = areaCountry(text(area, "Description"));
  const clock = [text(event, "Date"), text(event, "Time")].filter((part) => part !== null).join("T");
  const time = carrierTime(clock, placeHints(country));
  return {
    ...(codedStatus(eventCodes, code) ?? unknownStatus),
    time,
    country,
    identity: identityOf([time?.local, code, text(area, "ServiceAreaCode"), code === null ? description : null]),
    text: description,
  };
}

/** `2021-05-07 23:59:00 GMT-04:00`, else the same instant in UTC without an offset, as its name says. */
function estimateOf(shipment: XmlElement | null): CarrierTime | null {
  const utc = text(shipment, "EstDlvyDateUTC");
  return carrierTime(text(shipment, "EstDlvyDate")?.replace(/ GMT(?=[+-])/, "")) ?? carrierTime(utc === null ? null : `${utc}Z`);
}

function partyFields(role: Role, party: XmlElement | null): readonly (PersonalField | null)[] {
  return [
    personalField("city", role, text(party, "City")),
    personalField("region", role, text(party, "DivisionCode")),
    personalField("postalCode", role, text(party, "PostalCode")),
  ];
}
