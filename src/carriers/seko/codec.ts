import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { countryCode } from "../../domain/country.ts";
import { countryZone } from "../../domain/country-zone.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { omniCodes, statuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * SEKO Logistics: OmniParcel's answers about several consignments, and its tracking webhook with one or several of the same (shape in public
 * clients, read 2026-11-26). What the webhook proves itself with is not published; a secret of ours in a header or as Basic is asked for.
 */
export const codec: Codec = {
  source: "seko",
  title: "SEKO Logistics",
  authentication: { kind: "shared-secret", headers: ["x-api-key", "access_key"] },
  contentTypes: ["json"],
  codes: new Set([...omniCodes.keys(), ...statuses.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const consignments = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  return consignments.every(isRecord) ? decodedWhole(consignments.map(consignmentNotice), null) : unknownShape;
}

/** @returns null when there is no number. */
function consignmentNotice(consignment: Part): Notice | null {
  const trackingNumber = text(consignment["ConsignmentNo"]);
  if (trackingNumber === null) return null;
  const current = codedStatus(statuses, text(consignment["Status"])?.toUpperCase());
  const events = list(consignment["Events"]).map((event) => eventOf(record(event)));
  const place = events.find(({ status }) => status === "delivered")?.country ?? null;
  return {
    ...bareNotice("seko", trackingNumber),
    orderReferences: otherNumbers(null, text(consignment["Reference1"]), text(consignment["Reference2"])),
    events,
    summary:
      current === null ? null : { ...current, time: current.status === "delivered" ? localTime(consignment["Delivered"], place) : null },
  };
}

/** `Code` is the last carrier's own, of a list that depends on the carrier; SEKO's `OmniCode` stands beside it. */
function eventOf(event: Part): EventNotice {
  const place = text(event["Location"]);
  const country = countryCode(place?.split(",").at(-1));
  const time = localTime(event["EventDT"], country);
  const { OmniCode: omni, Code: code, Description: words, Part: part } = event;
  return {
    ...(codedStatus(omniCodes, omni) ?? unknownStatus),
    time,
    country,
    identity: identityOf([time?.local, omni, code, place, part, text(omni) === null ? words : null]),
    text: text(words),
  };
}

/** SEKO writes clocks without a zone: the place's, where its country has one. */
function localTime(value: unknown, country: string | null): CarrierTime | null {
  const placeZone = countryZone(country);
  return carrierTime(value, placeZone === undefined ? {} : { placeZone });
}
