import type { CarrierId } from "../../domain/carrier.ts";
import { matchBits, matchFormat, type FormatMatch } from "./number-format.ts";
import { ownFormats, ssccFormats } from "./own-formats.ts";
import { postsByCountry, publishedFormats } from "./published-formats.ts";

/** A carrier that a number may be of. */
export interface Candidate {
  readonly carrier: CarrierId | "s10";
  /** Name of the format: `published/` or `own-formats.ts`. */
  readonly format: string;
  /** Above 0, below 1: how much the number itself, and what else is known, speak for this carrier. No probability; candidates do not add up to 1. */
  readonly score: number;
  /** The carrier's own number: without spaces, and without the recipient's postcode where one stood around it. Empty where the whole is a routing code. */
  readonly number: string;
  /** What was given holds a recipient's postcode and is not to be stored or shown as a number. */
  readonly holdsPostcode: boolean;
  /** Of the postal operator, for an S10 number. */
  readonly country?: string;
}

/** What else is known of the parcel; it moves scores and never rules a candidate out. */
export interface Hints {
  /** The carriers that the merchant works with. */
  readonly carriers?: readonly string[];
  /** ISO 3166-1 alpha-2 of the destination. */
  readonly destination?: string;
}

/** Longer than any format written with a space between each two characters; nothing longer is looked at. */
const givenMax = 128;

const formats = [...publishedFormats, ...ownFormats, ...ssccFormats];

/**
 * The carriers that a number may be of, best first, never a single answer made up: numbers of 12, 14, 15, 20 and 22 digits are used by several
 * carriers. Empty where no known format fits.
 */
export function detectCarriers(given: string, hints: Hints = {}): readonly Candidate[] {
  if (given.length > givenMax) return [];
  // Copied numbers bring full-width digits and invisible characters along (Unicode's compatibility forms and general category Cf).
  const text = given
    .normalize("NFKC")
    .replaceAll(/[\s\p{Cf}]+/gu, "")
    .toUpperCase();
  const found = matches(text);
  // People copy numbers with the dashes and dots that a page shows them with.
  const all = found.length > 0 ? found : matches(text.replaceAll(/[-./]/g, ""));
  return all.flatMap((match) => candidatesOf(match, hints)).toSorted((one, other) => other.score - one.score);
}

function matches(text: string): readonly FormatMatch[] {
  return formats.map((format) => matchFormat(format, text)).filter((match) => match !== null);
}

function candidatesOf({ format, number, holdsPostcode }: FormatMatch, hints: Hints): readonly Candidate[] {
  const match = { format: format.id, number, holdsPostcode };
  const bits = baseBits + matchBits(format);
  if (format.id !== "s10") return [{ carrier: format.carrier, ...match, score: scoreOf(bits + hintedBits(format.carrier, hints)) }];
  const country = number.slice(-2);
  return (postsByCountry[country] ?? [format.carrier]).map((carrier, place) => ({
    carrier,
    ...match,
    score: scoreOf(bits - 2 * place + hintedBits(carrier, hints)),
    country,
  }));
}

function hintedBits(carrier: Candidate["carrier"], { carriers, destination }: Hints): number {
  let bits = 0;
  if (carriers !== undefined) bits += carriers.includes(carrier) ? hintBits : -hintBits;
  if (destination !== undefined && homes[carrier]?.includes(destination.toUpperCase()) === false) bits -= 1;
  return bits;
}

/** A form without anything fixed is worth this much. */
const baseBits = 2;
const hintBits = 3;

/** 4 bits (a check digit or a letter) give a half; each 4 more halve the rest. */
function scoreOf(bits: number): number {
  return Math.round((1 - 2 ** (-Math.max(bits, 0.5) / 4)) * 1000) / 1000;
}

/** Carriers that deliver in some countries only. */
const homes: Readonly<Record<string, readonly string[]>> = {
  "dhl-parcel-de": ["DE"],
  "hermes-de": ["DE"],
  evri: ["GB"],
  inpost: ["PL", "GB", "IT", "FR", "ES", "PT", "BE", "NL", "LU"],
  "poczta-polska": ["PL"],
  seur: ["ES", "PT"],
  packeta: ["CZ", "SK", "HU", "RO", "PL"],
  yodel: ["GB", "IE"],
  usps: ["US"],
  ontrac: ["US"],
  lasership: ["US"],
  "old-dominion": ["US"],
  speedee: ["US"],
  canpar: ["CA"],
  purolator: ["CA"],
};
