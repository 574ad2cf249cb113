import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { unknownStatus, codedStatus, type CodedStatus } from "../coded-status.ts";
import { countryByName } from "../country-name.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { attribute, parseXml, type XmlElement } from "../xml.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { fieldsOf } from "./fields.ts";
import { errorStatuses, parcelEvents, parcelStatus, standardEvents } from "./statuses.ts";

/**
 * DHL Parcel DE Tracking (Post & Parcel Germany): XML whose data all stand in attributes of nested `data` elements, told apart by their
 * `name` (operations `d-get-piece`, `d-get-piece-detail`, `d-get-piece-events` and the public one; developer.dhl.com, Parcel DE Tracking, and
 * public clients, read 2026-11-26). DHL pushes none of it: whoever asked hands the answer on with a secret of ours.
 */
export const codec: Codec = {
  source: "dhl-parcel-de",
  title: "DHL Paket",
  authentication: { kind: "shared-secret", headers: ["dhl-api-key", "x-api-key"] },
  contentTypes: ["xml"],
  codes: new Set([parcelEvents, standardEvents, errorStatuses].flatMap((table) => [...table.keys()])),
  decode,
};

const pieceNames = new Set(["piece-shipment", "piece-status-public"]);
const rootNames = new Set(["piece-shipment-list", "piece-status-public-list", "piece-event-list", "signaturelist", "signature"]);

function decode(body: Uint8Array): Decoded {
  const parsed = parseXml(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (root.name !== "data" || !rootNames.has(nameOf(root))) return unknownShape;
  const pieces = named(root, pieceNames);
  if (pieces.length > 0) return decodedWhole(pieces.map(pieceNotice), null);
  if (nameOf(root) === "piece-event-list") return decodedWhole([eventListNotice(root)], null);
  // A refusal of the whole question, or the image of a signature: nothing of it goes further than the sealed raw record.
  return decodedWhole([], null);
}

/** @returns null when there is no number. */
function pieceNotice(piece: XmlElement): Notice | null {
  const searched = attribute(piece, "searched-piece-code");
  const trackingNumber = attribute(piece, "piece-code") ?? searched ?? attribute(piece, "piece-identifier");
  if (trackingNumber === null) return null;
  const error = attribute(piece, "error-status");
  if (error !== null && error !== "0") {
    return {
      ...bareNotice("dhl-parcel-de", trackingNumber),
      summary: { ...(codedStatus(errorStatuses, error) ?? unknownStatus), time: null },
    };
  }
  const summary = { ...pieceStatus(piece, isReturn(piece)), time: germanTime(attribute(piece, "status-timestamp"), piece) };
  const said = summary.code !== null || summary.time !== null;
  return {
    ...bareNotice("dhl-parcel-de", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, searched, attribute(piece, "upu")),
    orderReferences: otherNumbers(null, attribute(piece, "piece-customer-reference"), attribute(piece, "shipment-customer-reference")),
    events: eventsOf(piece, said ? currentEvent(piece) : null),
    summary: said ? summary : null,
    fields: fieldsOf(piece),
  };
}

/** `d-get-piece-events` answers with events alone; the piece's number is the one thing that it repeats. */
function eventListNotice(list: XmlElement): Notice | null {
  const trackingNumber = attribute(list, "piece-code") ?? attribute(list, "piece-identifier");
  return trackingNumber === null ? null : { ...bareNotice("dhl-parcel-de", trackingNumber), events: eventsOf(list, null) };
}

/** @param current stands for the list where an answer has none. */
function eventsOf(part: XmlElement, current: EventNotice | null): readonly EventNotice[] {
  const back = isReturn(part);
  const events = named(part, new Set(["piece-event"])).map((event) => eventOf(event, back));
  return events.length > 0 || current === null ? events : [current];
}

function eventOf(event: XmlElement, back: boolean): EventNotice {
  const time = germanTime(attribute(event, "event-timestamp"), event);
  const codes = ["ice", "ric", "standard-event-code"].map((name) => attribute(event, name));
  const words = attribute(event, "event-text") ?? attribute(event, "event-status") ?? attribute(event, "event-short-status");
  return {
    ...pieceStatus(event, back || isReturn(event)),
    time,
    country: countryByName(attribute(event, "event-country")),
    // The words change with the language of the question, so they count only where there is no code.
    identity: identityOf([time?.local, ...codes, attribute(event, "event-location"), codes[0] === null ? words : null]),
    text: words,
  };
}

function currentEvent(piece: XmlElement): EventNotice {
  const time = germanTime(attribute(piece, "status-timestamp"), piece);
  const codes = ["ice", "ric", "standard-event-code"].map((name) => attribute(piece, name));
  const words = attribute(piece, "status") ?? attribute(piece, "short-status");
  return {
    ...pieceStatus(piece, isReturn(piece)),
    time,
    country: countryByName(attribute(piece, "event-country")),
    identity: identityOf([time?.local, ...codes, attribute(piece, "event-location"), codes[0] === null ? words : null]),
    text: words,
  };
}

function pieceStatus(part: XmlElement, back: boolean): CodedStatus {
  const [event, reason, standard] = ["ice", "ric", "standard-event-code"].map((name) => attribute(part, name));
  const stated = parcelStatus(event, reason, standard) ?? codedStatus(standardEvents, standard) ?? unknownStatus;
  // What goes back and is "delivered" is delivered to the sender.
  return back && stated.status === "delivered" ? { ...stated, status: "returned", reason: null } : stated;
}

function isReturn(part: XmlElement): boolean {
  return attribute(part, "ruecksendung") === "true";
}

/** DHL writes `18.03.2016 10:02` without a zone: German time for what happens in Germany, and nobody says which elsewhere. */
function germanTime(value: string | null, part: XmlElement): CarrierTime | null {
  const country = countryByName(attribute(part, "event-country"));
  return carrierTime(value, { dateOrder: "day-first", ...(country === null || country === "DE" ? { habitZone: "Europe/Berlin" } : {}) });
}

function nameOf(element: XmlElement): string {
  return attribute(element, "name") ?? "";
}

/** Elements of these names at any depth, in order; what lies within one is its own. */
function named(element: XmlElement, names: ReadonlySet<string>): readonly XmlElement[] {
  return element.children.flatMap((each) => (names.has(nameOf(each)) ? [each] : named(each, names)));
}
