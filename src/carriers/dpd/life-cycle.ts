import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { isRecord, list, oneOrMany, record, text } from "../json.ts";
import { countryCode } from "../../domain/country.ts";
import { countryZone } from "../../domain/country-zone.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime, type TimeHints } from "../../domain/time.ts";
import { scanCodes, stepStatuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;
type DateOrder = NonNullable<TimeHints["dateOrder"]>;

/**
 * A parcel's life cycle, whichever form it came in. The SOAP answer does not repeat the number that was asked for; its notice has none, and
 * says nothing of any parcel until whoever asked adds it.
 */
export function lifeCycleNotice(result: Part): Notice {
  const shipment = record(result["shipmentInfo"]);
  const steps = stepsOf(result["statusInfo"]);
  const order = dateOrderOf(steps);
  const scans = oneOrMany(record(result["scanInfo"])["scan"]).map(record);
  const current = steps.find((step) => isTrue(step["isCurrentStatus"]));
  return {
    ...bareNotice("dpd", text(shipment["parcelLabelNumber"])),
    orderReferences: otherNumbers(null, ...[shipment["customerReferences"]].flat().map(words)),
    // Scans have clock times where steps have days.
    events: scans.length > 0 ? scans.map(scanEvent) : steps.map((step) => stepEvent(step, order)),
    summary: current === undefined ? null : stepSummary(current, order),
  };
}

/** Steps that have been reached; the others are what DPD expects to come. */
function stepsOf(statusInfo: unknown): readonly Part[] {
  return oneOrMany(statusInfo)
    .map(record)
    .filter((step) => isTrue(step["statusHasBeenReached"]));
}

function stepEvent(step: Part, order: DateOrder | null): EventNotice {
  const location = words(step["location"]);
  const country = countryOf(location);
  const time = stepTime(step, order);
  return {
    ...(codedStatus(stepStatuses, step["status"]) ?? unknownStatus),
    time,
    country,
    identity: identityOf([time?.local, step["status"], location]),
    text: textOf(step["label"], step["description"], step["importantItems"], step["normalItems"], step["errorItems"]),
  };
}

function stepSummary(step: Part, order: DateOrder | null): SummaryNotice | null {
  const status = codedStatus(stepStatuses, step["status"]);
  return status === null ? null : { ...status, time: stepTime(step, order) };
}

function scanEvent(scan: Part): EventNotice {
  const data = record(scan["scanData"]);
  const type = record(data["scanType"] ?? scan["scanType"]);
  const country = countryCode(data["country"]);
  const time = carrierTime(scan["date"], placeHints(country));
  const description = textOf(scan["scanDescription"]);
  return {
    ...(codedStatus(scanCodes, text(type["code"])?.padStart(2, "0")) ?? unknownStatus),
    time,
    country,
    // The description changes with the language of the question, so it counts only where there is no code.
    identity: identityOf([time?.local, text(type["code"]) ?? text(type["name"]) ?? description, words(data["location"])]),
    text: description,
  };
}

function stepTime(step: Part, order: DateOrder | null): CarrierTime | null {
  return carrierTime(words(step["date"]), {
    ...placeHints(countryOf(words(step["location"]))),
    ...(order === null ? {} : { dateOrder: order }),
  });
}

/**
 * DPD writes days in the order of the question's language: `8/17/2021 7:11:26 PM`, `17.08.2021`. One date that can be read in one way only tells the order of all
 * in the answer; without one, dates with slashes are not read.
 */
function dateOrderOf(steps: readonly Part[]): DateOrder | null {
  for (const step of steps) {
    const date = words(step["date"]) ?? "";
    const [, first, separator, second] = /^(\d{1,2})([-/.])(\d{1,2})[-/.]\d{4}/.exec(date) ?? [];
    if (first === undefined) continue;
    if (/[ap]m$/i.test(date) || Number(second) > 12) return "month-first";
    if (separator === "." || Number(first) > 12) return "day-first";
  }
  return null;
}

/** `Puurs (BE)`. */
function countryOf(location: string | null): string | null {
  return countryCode(/\(([A-Z]{2,3})\)$/.exec(location ?? "")?.[1]);
}

function placeHints(country: string | null): TimeHints {
  const placeZone = countryZone(country);
  return placeZone === undefined ? {} : { placeZone };
}

/** All words in parts of a step, one text: names stand in descriptions and items alike. */
function textOf(...parts: readonly unknown[]): string | null {
  const all = parts.flatMap((part) => [part].flat()).map(words);
  const joined = all.filter((each) => each !== null).join(" ");
  return joined === "" ? null : joined;
}

/** A text, or one wrapped in `content` or `label` once or more, as SOAP does with its layout; several are joined. */
function words(value: unknown): string | null {
  if (Array.isArray(value)) return textOf(...list(value));
  if (!isRecord(value)) return text(value);
  return textOf(value["label"], value["content"]);
}

function isTrue(value: unknown): boolean {
  return value === true || text(value) === "true";
}
