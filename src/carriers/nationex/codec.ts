import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { phraseStatus } from "../phrase-status.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import type { PersonalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { fieldsOf } from "./fields.ts";
import { descriptions, shipmentStatuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Nationex: answers of its API about a shipment with its parcels, or several in a list (shape in public clients, read 2026-11-26). Nationex does
 * not push as far as we know: whoever forwards its answers to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "nationex",
  title: "Nationex",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([...shipmentStatuses.keys(), ...descriptions.keys()]),
  decode,
};

/** Its depots are in Quebec and Ontario, which have one clock. */
const easternTime = { habitZone: "America/Toronto" };

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const shipments = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  return shipments.every(isRecord) ? decodedWhole(shipments.flatMap(shipmentNotices), null) : unknownShape;
}

/** One notice for the shipment, with its own number and history, and one for each parcel. @returns a null where a number is missing. */
function shipmentNotices(shipment: Part): readonly (Notice | null)[] {
  const shipmentNumber = text(shipment["ShipmentId"]);
  if (shipmentNumber === null) return [null];
  const fields = fieldsOf(shipment);
  const whole: Notice = {
    ...bareNotice("nationex", shipmentNumber),
    orderReferences: otherNumbers(null, text(shipment["ReferenceNumber"])),
    events: list(shipment["StatusHistories"]).map((change) => shipmentEvent(record(change))),
    summary: summaryOf(shipment["ShipmentStatus"]),
    fields,
  };
  return [whole, ...list(shipment["Parcels"]).map((parcel) => parcelNotice(record(parcel), shipmentNumber, fields))];
}

function shipmentEvent(change: Part): EventNotice {
  const time = carrierTime(change["StatusDate"], easternTime);
  const { ShipmentStatus: code, LastLocation: place } = change;
  return {
    ...(codedStatus(shipmentStatuses, code) ?? unknownStatus),
    time,
    country: null,
    identity: identityOf([time?.local, code, place]),
    text: text(change["ShipmentStatusEn"]) ?? text(change["ShipmentStatusFr"]),
  };
}

/** @returns null when there is no number. */
function parcelNotice(parcel: Part, shipmentNumber: string, fields: readonly PersonalField[]): Notice | null {
  const trackingNumber = text(parcel["ParcelId"]);
  if (trackingNumber === null) return null;
  const day = text(parcel["EstimatedDeliveryDate"]);
  return {
    ...bareNotice("nationex", trackingNumber),
    parentNumber: shipmentNumber,
    orderReferences: otherNumbers(null, text(parcel["ReferenceNumber"])),
    events: list(parcel["History"]).map((scan) => scanEvent(record(scan))),
    // Without a time: it may be older than the scans, which then decide.
    summary: summaryOf(parcel["Status"]),
    estimatedDelivery: carrierTime(`${day}T${text(parcel["EstimatedDeliveryTime"]) ?? ""}`, easternTime) ?? carrierTime(day, easternTime),
    fields,
  };
}

/** Photo and signature are ids here and pictures elsewhere; neither is read, nor where the driver stood. */
function scanEvent(scan: Part): EventNotice {
  const time = carrierTime(scan["ProcessedDate"], easternTime);
  const [english, french] = [text(scan["DescriptionEn"]), text(scan["DescriptionFr"])];
  return {
    ...(phraseStatus(descriptions, english) ?? phraseStatus(descriptions, french) ?? unknownStatus),
    time,
    country: null,
    identity: text(scan["ParcelHistoryId"]) ?? identityOf([time?.local, scan["ExceptionId"], scan["CityDepot"], english]),
    text: english ?? french,
  };
}

function summaryOf(status: unknown): SummaryNotice | null {
  const coded = codedStatus(shipmentStatuses, status);
  return coded === null ? null : { ...coded, time: null };
}
