import { crc32 } from "node:zlib";
import { categories, categoryOfLetters, type Category } from "../domain/category.ts";
import { checkDigits, fromBase32, writeBase32, writeCheckDigits } from "./crockford.ts";

/**
 * The token that stands for a personal value everywhere outside the vault.
 *
 * Text: `ptk_<cell>_<category letters><version>_<32 Crockford base-32 characters><6 characters of CRC-32>`, 50 characters or more.
 * The 160 bits are 152 random bits (the group: all values that one record brought for one person) and 8 bits of position in the group,
 * so that one index row finds every value of a record. The check digits are the low 30 bits of the CRC-32 (IEEE 802.3) of all that stands
 * before them, in upper case; they tell tokens from look-alikes and are no secret.
 * Published in `docs/tokens.md`.
 */
export const tokenPattern = /\bptk_[a-z]{2}\d_[a-z]{2}\d{1,4}_[0-9A-HJKMNP-TV-Z]{38}\b/i;

export const groupIdBytes = 19;
export const tokenBytes = 20;
/** Version of the token space of every category. A new key of the blind index changes how a token is found, and no token. */
export const tokenVersion = 1;

/** The 20 bytes of the token of a group's value. */
export function tokenOf(groupId: Uint8Array, position: number): Buffer {
  const bytes = Buffer.allocUnsafe(tokenBytes);
  bytes.set(groupId);
  bytes[groupIdBytes] = position;
  return bytes;
}

export interface ParsedToken {
  readonly cell: string;
  readonly category: Category;
  readonly version: number;
  /** 20 bytes: group id, then position. */
  readonly bytes: Buffer;
}

/** @param bytes 20 bytes: group id and position. */
export function formatToken(cell: string, category: Category, bytes: Uint8Array): string {
  const { text, digits, sum } = formOf(cell, category);
  writeBase32(bytes, digits, 0);
  writeCheckDigits(crc32(digits, sum), text, text.length - 6);
  return text.toString("latin1");
}

/** What all tokens of a category begin with, and room for one: a record has half a dozen tokens, and their parts would be most of what it leaves to the collector. */
interface TokenForm {
  readonly text: Buffer;
  /** The part of it between the prefix and the check digits. */
  readonly digits: Buffer;
  /** CRC-32 of the prefix in upper case. */
  readonly sum: number;
}

const forms = new Map<Category, TokenForm>();
let formsCell = "";

/** A process has one cell. */
function formOf(cell: string, category: Category): TokenForm {
  if (cell !== formsCell) {
    forms.clear();
    formsCell = cell;
  }
  let form = forms.get(category);
  if (form === undefined) {
    const prefix = `ptk_${cell}_${categories[category].letters}${tokenVersion}_`;
    const text = Buffer.from(`${prefix}${"0".repeat(38)}`, "latin1");
    form = { text, digits: text.subarray(prefix.length, prefix.length + 32), sum: crc32(prefix.toUpperCase()) };
    forms.set(category, form);
  }
  return form;
}

/** @returns null unless `text` has the shape, a known category and right check digits. Letter case does not matter. */
export function parseToken(text: string): ParsedToken | null {
  const match = /^ptk_([a-z]{2}\d)_([a-z]{2})(\d{1,4})_([0-9A-HJKMNP-TV-Z]{32})([0-9A-HJKMNP-TV-Z]{6})$/i.exec(text);
  if (match === null) return null;
  const category = categoryOfLetters(match[2]!.toLowerCase());
  if (category === null || checkDigits(text.slice(0, -6)) !== match[5]!.toUpperCase()) return null;
  return { cell: match[1]!.toLowerCase(), category, version: Number(match[3]), bytes: fromBase32(match[4]!.toUpperCase()) };
}
