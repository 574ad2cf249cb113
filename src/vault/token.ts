import { crc32 } from "node:zlib";
import { categories, categoryOfLetters, type Category } from "../domain/category.ts";

/**
 * The token that stands for a personal value everywhere outside the vault.
 *
 * Text: `ptk_<cell>_<category letters><version>_<32 Crockford base-32 characters><6 characters of CRC-32>`, 50 characters or more.
 * The 160 bits are 152 random bits (the group: all values that one record brought for one person) and 8 bits of position in the group,
 * so that one index row finds every value of a record. The check digits are the low 30 bits of the CRC-32 (IEEE 802.3) of all that stands
 * before them, in upper case; they tell tokens from look-alikes and are no secret.
 */
export const tokenPattern = /\bptk_[a-z]{2}\d_[a-z]{2}\d+_[0-9A-HJKMNP-TV-Z]{38}\b/i;

export const groupIdBytes = 19;
export const tokenBytes = 20;
/** Version of the token space of every category; a new blind-index key makes a new version. */
export const tokenVersion = 1;

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const pairs: string[] = [];
for (const high of ALPHABET) for (const low of ALPHABET) pairs.push(high + low);
const values: ReadonlyMap<string, number> = new Map(Array.from(ALPHABET, (letter, value) => [letter, value]));

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
  const text = `ptk_${cell}_${categories[category].letters}${tokenVersion}_${base32(bytes)}`;
  return text + checkDigits(text);
}

/** @returns null unless `text` has the shape, a known category and right check digits. Letter case does not matter. */
export function parseToken(text: string): ParsedToken | null {
  const match = /^ptk_([a-z]{2}\d)_([a-z]{2})(\d{1,4})_([0-9A-HJKMNP-TV-Z]{32})([0-9A-HJKMNP-TV-Z]{6})$/i.exec(text);
  if (match === null) return null;
  const category = categoryOfLetters(match[2]!.toLowerCase());
  if (category === null || checkDigits(text.slice(0, -6)) !== match[5]!.toUpperCase()) return null;
  return { cell: match[1]!.toLowerCase(), category, version: Number(match[3]), bytes: fromBase32(match[4]!.toUpperCase()) };
}

function checkDigits(text: string): string {
  const sum = crc32(text.toUpperCase()) & 0x3fffffff;
  return pairs[sum >>> 20]! + pairs[(sum >>> 10) & 1023]! + pairs[sum & 1023]!;
}

/** Crockford base-32 of a multiple of five bytes. */
function base32(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 5) {
    const high = (bytes[at]! << 12) | (bytes[at + 1]! << 4) | (bytes[at + 2]! >>> 4);
    const low = ((bytes[at + 2]! & 15) << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!;
    text += pairs[high >>> 10]! + pairs[high & 1023]! + pairs[low >>> 10]! + pairs[low & 1023]!;
  }
  return text;
}

function fromBase32(text: string): Buffer {
  const bytes = Buffer.alloc((text.length * 5) / 8);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of text) {
    held = ((held << 5) | values.get(letter)!) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >>> bits) & 0xff;
    }
  }
  return bytes;
}
