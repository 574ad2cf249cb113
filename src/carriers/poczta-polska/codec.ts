import { bareNotice, identityOf } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { carrierTime } from "../../domain/time.ts";
import { eventCodes, stateCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Poczta Polska: answers of its tracking service (`checkmailex`) about one number, or several in a list (shape in public clients, read 2026-11-26).
 * It does not push: whoever forwards its answers to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "poczta-polska",
  title: "Poczta Polska",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([...eventCodes.keys(), ...stateCodes.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const mails = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  return mails.every(isRecord) ? decodedWhole(mails.map(mailNotice), null) : unknownShape;
}

/** `mailStatus` below zero, and no `mailInfo`, is a number that is not known. @returns null when there is no number, or neither of the two. */
function mailNotice(mail: Part): Notice | null {
  const trackingNumber = text(mail["number"]);
  const info = mail["mailInfo"];
  if (trackingNumber === null || (!isRecord(info) && mail["mailStatus"] === undefined)) return null;
  const notice = bareNotice("poczta-polska", trackingNumber);
  if (!isRecord(info)) return { ...notice, summary: { status: "not_found", reason: null, code: null, time: null } };
  const events = list(info["events"]).map(record);
  // An event that was taken back is still listed.
  return { ...notice, events: events.filter((event) => event["canceled"] !== true).map(eventOf) };
}

/** Polish clocks, without a zone. The office is left out: at the end it is the recipient's. */
function eventOf(event: Part): EventNotice {
  const time = carrierTime(event["time"], { habitZone: "Europe/Warsaw" });
  const words = text(event["name"]);
  const code = text(event["code"]);
  return {
    ...(codedStatus(eventCodes, code) ?? codedStatus(stateCodes, record(event["state"])["code"]) ?? unknownStatus),
    time,
    country: null,
    identity: identityOf([time?.local, code ?? words, record(event["postOffice"])["code"]]),
    text: words,
  };
}
