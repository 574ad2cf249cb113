import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { carrierTime, epochTime, type CarrierTime } from "../../domain/time.ts";
import { actionCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Cainiao: answers of its global tracking page about up to ten numbers (`module`; shape in public clients, read 2026-11-26). Cainiao does not push
 * to merchants as far as we know: whoever forwards its answers to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "cainiao",
  title: "Cainiao",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set(actionCodes.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const found = record(parsed.value)["module"];
  return Array.isArray(found) ? decodedWhole(found.map(record).map(parcelNotice), null) : unknownShape;
}

/** @returns null when there is no number. */
function parcelNotice(parcel: Part): Notice | null {
  const trackingNumber = text(parcel["mailNo"]);
  if (trackingNumber === null) return null;
  const latest = parcel["latestTrace"];
  const events = list(parcel["detailList"]).map((trace) => eventOf(record(trace)));
  // A number that nobody has scanned yet is answered without events, and so is one that does not exist.
  const isSilent = events.length === 0 && text(parcel["status"]) === null;
  const coded = isRecord(latest) ? (codedStatus(actionCodes, latest["actionCode"]) ?? unknownStatus) : null;
  const estimate = record(parcel["globalEtaInfo"]);
  return {
    ...bareNotice("cainiao", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, localNumber(parcel)),
    events,
    summary: isSilent ? notFound : coded === null || !isRecord(latest) ? null : { ...coded, time: timeOf(latest) },
    estimatedDelivery: epochTime(estimate["deliveryMaxTime"]) ?? epochTime(estimate["deliveryMinTime"]),
  };
}

const notFound = { status: "not_found", reason: null, code: null, time: null } as const;

function eventOf(trace: Part): EventNotice {
  const time = timeOf(trace);
  const words = text(trace["standerdDesc"]) ?? text(trace["desc"]);
  const code = text(trace["actionCode"]);
  return {
    ...(codedStatus(actionCodes, code) ?? unknownStatus),
    time,
    country: null,
    identity: identityOf([time?.text, code ?? words]),
    text: words,
  };
}

/** `time` is the instant. `timeStr` is a clock in `timeZone` and in some answers the same in every event, so it counts only without the other. */
function timeOf(trace: Part): CarrierTime | null {
  const instant = epochTime(trace["time"]);
  if (instant !== null) return instant;
  const offset = /^(?:GMT|UTC)([+-]\d{1,2})(?::?(\d{2}))?$/.exec(text(trace["timeZone"]) ?? "");
  const local = text(trace["timeStr"]);
  return offset === null ? carrierTime(local) : carrierTime(`${local}${padded(offset[1]!)}:${offset[2] ?? "00"}`);
}

function padded(hours: string): string {
  return `${hours[0]}${hours.slice(1).padStart(2, "0")}`;
}

/** The number of the carrier of the last miles, alone or behind that carrier's name ("PostNL 3S…"). */
function localNumber(parcel: Part): string | null {
  return text(parcel["copyRealMailNo"]) ?? /\b(?=[A-Z]*\d)[A-Z0-9]{8,30}\b/.exec(text(parcel["realMailNo"]) ?? "")?.[0] ?? null;
}
