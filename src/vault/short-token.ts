import { categories, categoryOfLetters, type Category } from "../domain/category.ts";
import { KeyedHash } from "../domain/keyed-hash.ts";
import { base32, checkDigits, fromBase32 } from "./crockford.ts";
import type { SealingKeys } from "./keys/provider.ts";
import { tokenVersion } from "./token.ts";

/**
 * The form of a token that fits a carrier's reference field, which commonly takes 35 characters of letters and digits.
 *
 * Text: `P<category letters><version><20 Crockford base-32 characters><6 characters of CRC-32>` in upper case, 30 to 33 characters.
 * The 100 bits are a keyed hash of the long token: the same token has the same short form, and who sees a carrier's records cannot tell which
 * token of ours stands behind one. The vault keeps the way back for those that were asked for. At 10^9 tokens two meet with a chance of 4e-13.
 * The check digits are those of the long form. Published in `docs/tokens.md`.
 */
export const shortTokenPattern = /\bP[A-Z]{2}\d{1,4}[0-9A-HJKMNP-TV-Z]{26}\b/i;

/** 100 bits, then four zeros. */
export const shortCodeBytes = 13;
const codeChars = 20;

export interface ParsedShortToken {
  readonly category: Category;
  readonly version: number;
  /** {@link shortCodeBytes}. */
  readonly code: Buffer;
}

/** The code of a token, 20 bytes, under a tenant's key. @throws {KeyError} as the provider does. */
export async function shortCodes(keys: Pick<SealingKeys, "derive">, tenant: string): Promise<(token: Uint8Array) => Buffer> {
  const hash = new KeyedHash(await keys.derive(`short-token|${tenant}|v1`));
  return (token) => {
    const code = Buffer.from(hash.ofBytes(token).slice(0, shortCodeBytes), "latin1");
    code[shortCodeBytes - 1]! &= 0xf0;
    return code;
  };
}

/** @param code {@link shortCodeBytes}. */
export function formatShortToken(category: Category, code: Uint8Array): string {
  const padded = Buffer.alloc(15);
  padded.set(code);
  const text = `P${categories[category].letters.toUpperCase()}${tokenVersion}${base32(padded).slice(0, codeChars)}`;
  return text + checkDigits(text);
}

/** @returns null unless `text` has the shape, a known category and right check digits. Letter case does not matter. */
export function parseShortToken(text: string): ParsedShortToken | null {
  const match = /^P([A-Z]{2})(\d{1,4})([0-9A-HJKMNP-TV-Z]{20})([0-9A-HJKMNP-TV-Z]{6})$/i.exec(text);
  if (match === null) return null;
  const category = categoryOfLetters(match[1]!.toLowerCase());
  if (category === null || checkDigits(text.slice(0, -6)) !== match[4]!.toUpperCase()) return null;
  return { category, version: Number(match[2]), code: fromBase32(`${match[3]!.toUpperCase()}0000`).subarray(0, shortCodeBytes) };
}
