import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, oneOrMany, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { errorCodes, eventCodes, statusCategories } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Royal Mail: answers of Tracking API v2, `events` and `signature` for one mail piece and `summary` for a list of them, each of which may be
 * an error (developer.royalmail.net, Tracking API v2, in public clients, read 2026-11-26). Royal Mail pushes none of it: whoever asked hands the answer on with a secret of ours.
 */
export const codec: Codec = {
  source: "royalmail",
  title: "Royal Mail",
  authentication: { kind: "shared-secret", headers: ["x-ibm-client-secret", "x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([eventCodes, statusCategories, errorCodes].flatMap((table) => [...table.keys()])),
  decode,
};

const british = { habitZone: "Europe/London" };

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const pieces = oneOrMany(record(parsed.value)["mailPieces"]);
  return pieces.length === 0
    ? unknownShape
    : decodedWhole(
        pieces.map((piece) => pieceNotice(record(piece))),
        null,
      );
}

/** @returns null when there is no number. */
function pieceNotice(piece: Part): Notice | null {
  const summary = record(piece["summary"]);
  const id = text(piece["mailPieceId"]);
  const trackingNumber = text(summary["oneDBarcode"]) ?? id ?? text(summary["uniqueItemId"]);
  if (trackingNumber === null) return null;
  if (isRecord(piece["error"]) && !isRecord(piece["summary"])) {
    const failure = codedStatus(errorCodes, piece["error"]["errorCode"]) ?? unknownStatus;
    return { ...bareNotice("royalmail", trackingNumber), summary: { ...failure, time: null } };
  }
  const signature = record(piece["signature"]);
  return {
    ...bareNotice("royalmail", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, id, text(summary["uniqueItemId"])),
    events: eventsOf(piece, summary),
    summary: isRecord(piece["summary"]) ? { ...summaryStatus(summary), time: carrierTime(summary["lastEventDateTime"], british) } : null,
    estimatedDelivery: estimateOf(record(piece["estimatedDelivery"])),
    // The image of the signature is fetched by its id, which is not named here.
    fields: personalFields(personalField("name", "signatory", signature["recipientName"] ?? signature["printedName"])),
  };
}

/** A summary has no list; its last event is the one that is known. */
function eventsOf(piece: Part, summary: Part): readonly EventNotice[] {
  if (Array.isArray(piece["events"])) {
    return list(piece["events"])
      .map(record)
      .map((event) => eventOf(event["eventCode"], event["eventName"], event["eventDateTime"], event["locationName"]));
  }
  if (text(summary["lastEventCode"]) === null) return [];
  return [eventOf(summary["lastEventCode"], summary["lastEventName"], summary["lastEventDateTime"], summary["lastEventLocationName"])];
}

function eventOf(code: unknown, name: unknown, dateTime: unknown, location: unknown): EventNotice {
  const time = carrierTime(dateTime, british);
  return {
    ...(codedStatus(eventCodes, code) ?? unknownStatus),
    time,
    country: null,
    identity: identityOf([time?.local, text(code) ?? name, location]),
    text: text(name),
  };
}

function summaryStatus(summary: Part): CodedStatus {
  const category = text(summary["statusCategory"])?.toUpperCase().replaceAll("’", "'");
  return codedStatus(eventCodes, summary["lastEventCode"]) ?? codedStatus(statusCategories, category) ?? unknownStatus;
}

/** A day with a window whose ends have an offset: the end of the window, else the day. */
function estimateOf(estimate: Part): CarrierTime | null {
  const day = text(estimate["date"]);
  return carrierTime(`${day}T${text(estimate["endOfEstimatedWindow"])}`, british) ?? carrierTime(day, british);
}
