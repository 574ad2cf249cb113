/**
 * Times as carriers give them. A zone is never invented: an instant exists only where the payload itself fixes it; an assumed
 * zone stands beside the local time with its confidence.
 */

import { clockOffsetMs, zoneOffsetMs } from "./zone-offset.ts";

/** How the zone is known: the payload states it; it follows from the place; it is the carrier's habit; not at all. */
export type ZoneConfidence = "stated" | "place" | "habit" | "none";

export interface CarrierTime {
  /** The time as the carrier wrote it: digits, signs and letters of a date-time only (see {@link carrierTime}), at most 40 characters. */
  readonly text: string;
  /** The clock on the wall, `YYYY-MM-DDTHH:MM:SS[.mmm]`. */
  readonly local: string;
  /** `Z`, `+HH:MM`, `-HH:MM` or an IANA name; null when nothing is known. */
  readonly zone: string | null;
  readonly confidence: ZoneConfidence;
  /** Epoch milliseconds; null unless `confidence` is `stated`. */
  readonly instant: number | null;
}

export interface TimeHints {
  /** IANA zone in which this carrier usually writes times without a zone. */
  readonly habitZone?: string;
  /** IANA zone of the place of the event, where known. */
  readonly placeZone?: string;
  /** How `03/04/2024` is to be read; ISO dates need no hint. */
  readonly dateOrder?: "day-first" | "month-first";
}

/**
 * First and last year in which a parcel may be scanned or expected. No carrier here answered for parcels before 2000; years outside are
 * placeholders (0001, 1900, 1970, 9999) or a person's date of birth.
 */
export const yearMin = 2000;
export const yearMax = 2099;

const ISO = /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/;
const SLASHED = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*([AaPp][Mm])?\s*(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Parses a carrier's date-time.
 * @param text ISO 8601 (extended, basic or with a blank), or digits with slashes, dots or dashes read by `hints.dateOrder`.
 * @returns null when the text is no date-time, or names a day or hour that does not exist or a year outside {@link yearMin} and {@link yearMax}.
 */
export function carrierTime(text: unknown, hints: TimeHints = {}): CarrierTime | null {
  if (typeof text !== "string") return null;
  const trimmed = text.trim();
  if (trimmed.length < 8 || trimmed.length > 40) return null;
  const usual = usualTime(trimmed, hints);
  if (usual !== undefined) return usual;
  const iso = ISO.exec(trimmed);
  if (iso !== null) {
    return fromParts(trimmed, +iso[1]!, +iso[2]!, +iso[3]!, +(iso[4] ?? 0), +(iso[5] ?? 0), +(iso[6] ?? 0), iso[7], iso[8], hints);
  }
  const slashed = SLASHED.exec(trimmed);
  if (slashed === null || hints.dateOrder === undefined) return null;
  const dayFirst = hints.dateOrder === "day-first";
  const hour = twelveHourClock(+(slashed[4] ?? 0), slashed[7]);
  if (hour === null) return null;
  const day = +slashed[dayFirst ? 1 : 2]!;
  const month = +slashed[dayFirst ? 2 : 1]!;
  return fromParts(trimmed, +slashed[3]!, month, day, hour, +(slashed[5] ?? 0), +(slashed[6] ?? 0), undefined, slashed[8], hints);
}

/**
 * `YYYY-MM-DDTHH:MM:SS` with or without `Z` or `±HH:MM`, as most carriers write: read digit by digit, at a fifth of what the expression costs, since a payload
 * has a time for each of its scans. @returns undefined for any other form.
 */
function usualTime(text: string, hints: TimeHints): CarrierTime | null | undefined {
  const { length } = text;
  if ((length !== 19 && length !== 20 && length !== 25) || text[4] !== "-" || text[7] !== "-" || text[10] !== "T") return undefined;
  if (text[13] !== ":" || text[16] !== ":" || (length === 20 && text[19] !== "Z")) return undefined;
  if (length === 25 && ((text[19] !== "+" && text[19] !== "-") || text[22] !== ":" || Number.isNaN(pair(text, 20) + pair(text, 23))))
    return undefined;
  const year = pair(text, 0) * 100 + pair(text, 2);
  const [month, day, hour, minute, second] = [pair(text, 5), pair(text, 8), pair(text, 11), pair(text, 14), pair(text, 17)];
  if (Number.isNaN(year + month + day + hour + minute + second)) return undefined;
  const offset = length === 19 ? undefined : text.slice(19);
  return fromParts(text, year, month, day, hour, minute, second, undefined, offset, hints, text.slice(0, 19));
}

/** @returns NaN where two digits do not stand there. */
function pair(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : NaN;
}

/**
 * A time from an epoch value, as a number or its digits. Seconds and milliseconds are told apart by size (1e11: year 5138 in seconds, 1973 in
 * milliseconds). Null outside {@link yearMin} and {@link yearMax}: what is no time (a telephone number, a zero) mostly falls out so.
 */
export function epochTime(value: unknown): CarrierTime | null {
  const text = typeof value === "string" ? value.trim() : value;
  const number = typeof text === "string" && /^[1-9]\d{8,13}$/.test(text) ? Number(text) : text;
  if (typeof number !== "number" || !Number.isFinite(number)) return null;
  const instant = Math.trunc(number < 1e11 ? number * 1000 : number);
  if (instant < Date.UTC(yearMin, 0) || instant >= Date.UTC(yearMax + 1, 0)) return null;
  return { text: String(text), local: isoLocal(instant), zone: "Z", confidence: "stated", instant };
}

/** Instant by which events are ordered: the stated one, else the local time in the assumed zone, else the local time as if UTC. */
export function orderingInstant(time: CarrierTime): number {
  if (time.instant !== null) return time.instant;
  const asUtc = Date.parse(`${time.local}Z`);
  return time.zone === null ? asUtc : (localToInstant(time.local, time.zone) ?? asUtc);
}

/** RFC 3339 UTC, without a fraction where it is zero. */
export function rfc3339(instant: number): string {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}

function twelveHourClock(hour: number, half: string | undefined): number | null {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
}

function fromParts(
  text: string,
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  fraction: string | undefined,
  offset: string | undefined,
  hints: TimeHints,
  clock?: string,
): CarrierTime | null {
  if (year < yearMin || year > yearMax || hour > 23 || minute > 59 || second > 59) return null;
  const millis = fraction === undefined ? 0 : Math.trunc(Number(`0.${fraction}`) * 1000);
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, millis);
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return null;
  const local =
    clock ??
    `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${millis === 0 ? "" : `.${String(millis).padStart(3, "0")}`}`;
  if (offset !== undefined) {
    const known = offsets.get(offset) ?? knownOffset(offset);
    if (known === null) return null;
    return { text, local, zone: known.zone, confidence: "stated", instant: wall - known.ms };
  }
  if (hints.placeZone !== undefined) return { text, local, zone: hints.placeZone, confidence: "place", instant: null };
  if (hints.habitZone !== undefined) return { text, local, zone: hints.habitZone, confidence: "habit", instant: null };
  return { text, local, zone: null, confidence: "none", instant: null };
}

const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));

function two(number: number): string {
  return twoDigits[number]!;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function isoLocal(wall: number): string {
  return new Date(wall)
    .toISOString()
    .slice(0, -1)
    .replace(/\.000$/, "");
}

interface Offset {
  readonly zone: string;
  readonly ms: number;
}

/** Those that have been met: there are not more than some thousands that are ones. */
const offsets = new Map<string, Offset>();

function knownOffset(offset: string): Offset | null {
  const zone = canonicalOffset(offset);
  if (zone === null) return null;
  const known = { zone, ms: offsetMs(zone) };
  offsets.set(offset, known);
  return known;
}

function canonicalOffset(offset: string): string | null {
  if (offset === "Z") return "Z";
  const digits = offset.slice(1).replace(":", "").padEnd(4, "0");
  if (Number(digits.slice(0, 2)) > 14 || Number(digits.slice(2)) > 59) return null;
  return `${offset[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

function offsetMs(zone: string): number {
  return zone === "Z" ? 0 : clockOffsetMs(zone);
}

/** @returns epoch milliseconds of a wall clock in an IANA zone (the earlier reading in the hour that a clock change repeats), or null for an unknown zone. */
export function localToInstant(local: string, zone: string): number | null {
  const wall = Date.parse(`${local}Z`);
  if (/^(Z|[+-]\d{2}:\d{2})$/.test(zone)) return wall - offsetMs(zone);
  try {
    const first = wall - zoneOffsetMs(wall, zone);
    return wall - zoneOffsetMs(first, zone);
  } catch {
    return null;
  }
}
