import { isPlaceholder, withoutEntities } from "../domain/plain-text.ts";
import type { DecodeFailure } from "./codec.ts";

/** Deepest nesting that a payload may have; carriers' own stay below 15. */
export const depthMax = 64;
/** Longest text that is read as one value. */
const textCharsMax = 4096;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses untrusted bytes as JSON: strict UTF-8 (a byte order mark is passed over), at most {@link depthMax} deep. A whole number that is too large to be held
 * exactly (Shopify's ids, a parcel's number without its quotes) is read as the text that stands there. Never throws.
 */
export function parseJson(
  body: Uint8Array,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: DecodeFailure } {
  let value: unknown;
  try {
    const json = utf8.decode(body);
    value = hasLongDigits(body) && mayHoldLargeNumber.test(json) ? JSON.parse(json, exactly as Reviver) : JSON.parse(json);
  } catch {
    return { ok: false, reason: "malformed" };
  }
  return mayBeDeep(body) && tooDeep(value, depthMax) ? { ok: false, reason: "too-deep" } : { ok: true, value };
}

const brace = 0x7b;
const bracket = 0x5b;

/** Whether enough levels are opened for what was parsed to be looked through. An opening sign in a text counts too, which costs the slower way and nothing else. */
function mayBeDeep(body: Uint8Array): boolean {
  let opened = 0;
  for (const sign of [brace, bracket]) {
    for (let at = body.indexOf(sign); at >= 0; at = body.indexOf(sign, at + 1)) if (++opened > depthMax) return true;
  }
  return false;
}

/** Digits of the shortest whole number that may be too large to be held exactly. */
const largeDigits = 16;

/** Behind what a value stands behind; a number within a text may look so too, which costs the slower way and nothing else. */
const mayHoldLargeNumber = new RegExp(`(?:^|[:[,])\\s*-?\\d{${largeDigits}}`);

/** Whether so many digits stand in a row anywhere. They cover a place whose number is a multiple of their count, so only those are looked at. */
function hasLongDigits(body: Uint8Array): boolean {
  for (let at = largeDigits - 1; at < body.length; at += largeDigits) {
    if (!isDigit(body[at]!)) continue;
    let start = at;
    while (start > 0 && isDigit(body[start - 1]!)) start--;
    let end = at + 1;
    while (end < body.length && isDigit(body[end]!)) end++;
    if (end - start >= largeDigits) return true;
  }
  return false;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

type Reviver = (this: unknown, key: string, value: unknown) => unknown;

/** @param context of ECMAScript's "JSON.parse source text access", which Node 24 has. */
function exactly(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== "number" || !isInexact(value) || context.source === undefined) return value;
  return /^-?\d+$/.test(context.source) ? context.source : value;
}

function tooDeep(value: unknown, left: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (left === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (tooDeep(item, left - 1)) return true;
    return false;
  }
  for (const key in value) if (tooDeep((value as Record<string, unknown>)[key], left - 1)) return true;
  return false;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one. */
export function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

/** The array, or an empty one. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The array, or the one object that stands for it: systems that make JSON out of XML write a list of one without its brackets. An empty object is no item. */
export function oneOrMany(value: unknown): readonly unknown[] {
  return isRecord(value) && Object.keys(value).length > 0 ? [value] : list(value);
}

/** The parts, each once: what an answer says twice in the same words it says once. */
export function distinct<Part>(parts: readonly Part[]): readonly Part[] {
  return parts.length < 2 ? parts : [...new Map(parts.map((part) => [JSON.stringify(part), part])).values()];
}

/**
 * A trimmed, non-empty text with its HTML entities read, or a number as text; null for anything else, for what stands for no value
 * (`n/a`, `null`, `{}`, `-`: `domain/plain-text.ts`), beyond 4,096 characters and for a whole number too large to be held exactly: its last digits
 * are not those that were sent, and it would name another parcel.
 */
export function text(value: unknown): string | null {
  if (typeof value === "number") return Number.isFinite(value) && !isInexact(value) ? String(value) : null;
  if (typeof value !== "string" || value.length > textCharsMax) return null;
  const trimmed = withoutEntities(value).trim();
  return isPlaceholder(trimmed) ? null : trimmed;
}

function isInexact(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}
