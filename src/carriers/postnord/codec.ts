import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { distinct, list, oneOrMany, parseJson, record, text } from "../json.ts";
import { countryCode } from "../../domain/country.ts";
import { countryZone } from "../../domain/country-zone.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { itemFields, shipmentFields } from "./fields.ts";
import { eventCodes, statusWords } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * PostNord: answers of Track & Trace v5 (`findByIdentifier`, `recipientview`), whole, or one shipment of them by itself
 * (developer.postnord.com, and public clients, read 2026-11-26). PostNord pushes none of it: whoever asked hands the answer on with a secret of ours.
 */
export const codec: Codec = {
  source: "postnord",
  title: "PostNord",
  authentication: { kind: "shared-secret", headers: ["apikey", "x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([...statusWords.keys(), ...eventCodes.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = record(parsed.value);
  const answer = record(root["TrackingInformationResponse"] ?? root);
  // Of a number that PostNord does not know the answer says nothing but that there is no shipment.
  if (Array.isArray(answer["shipments"]))
    return decodedWhole(
      answer["shipments"].flatMap((each) => shipmentNotices(record(each))),
      null,
    );
  return text(answer["shipmentId"]) === null ? unknownShape : decodedWhole(shipmentNotices(answer), null);
}

/**
 * A shipment and its items. A single item is the shipment, by another number or the same; several are parcels of it, each with its own events.
 * @returns a list with null in it when there is no number.
 */
function shipmentNotices(shipment: Part): readonly (Notice | null)[] {
  const items = distinct(oneOrMany(shipment["items"]).map(record));
  const single = items.length === 1 ? items[0]! : null;
  const itemId = single === null ? null : text(single["itemId"]);
  const trackingNumber = text(shipment["shipmentId"]) ?? itemId;
  if (trackingNumber === null) return [null];
  const notice: Notice = {
    ...bareNotice("postnord", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, itemId),
    orderReferences: referencesOf(shipment),
    events: single === null ? [] : eventsOf(single),
    summary: summaryOf(shipment),
    estimatedDelivery: estimateOf(shipment) ?? (single === null ? null : estimateOf(single)),
    fields: shipmentFields(shipment, single),
  };
  return single === null ? [notice, ...items.flatMap((item) => itemNotice(item, trackingNumber))] : [notice];
}

function itemNotice(item: Part, shipmentId: string): readonly Notice[] {
  const trackingNumber = text(item["itemId"]);
  if (trackingNumber === null) return [];
  return [
    {
      ...bareNotice("postnord", trackingNumber),
      parentNumber: trackingNumber === shipmentId ? null : shipmentId,
      orderReferences: referencesOf(item),
      events: eventsOf(item),
      summary: summaryOf(item),
      estimatedDelivery: estimateOf(item),
      fields: itemFields(item),
    },
  ];
}

function eventsOf(item: Part): readonly EventNotice[] {
  return list(item["events"]).map((event) => eventOf(record(event)));
}

function eventOf(event: Part): EventNotice {
  const location = record(event["location"]);
  const country = countryCode(location["countryCode"]);
  const placeZone = countryZone(country);
  // With an offset or without one; then the clock is the place's.
  const time = carrierTime(event["eventTime"], placeZone === undefined ? {} : { placeZone });
  const code = text(event["eventCode"]);
  const description = text(event["eventDescription"]);
  return {
    ...(codedStatus(eventCodes, code) ?? codedStatus(statusWords, event["status"]) ?? unknownStatus),
    time,
    country,
    // The description changes with the language of the question, so it counts only where there is no code.
    identity: identityOf([time?.local, code ?? description, event["status"], location["locationId"] ?? location["name"]]),
    text: description,
  };
}

/** Without a time: PostNord gives none beside it. */
function summaryOf(part: Part): SummaryNotice | null {
  const status = codedStatus(statusWords, part["status"]);
  return status === null ? null : { ...status, time: null };
}

function estimateOf(part: Part): CarrierTime | null {
  return carrierTime(part["estimatedTimeOfArrival"]);
}

function referencesOf(part: Part): readonly string[] {
  return otherNumbers(null, ...list(part["references"]).map((reference) => text(record(reference)["value"])));
}
