import { crc32 } from "node:zlib";

/** Crockford's base-32: no I, L, O, U. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const codes = Buffer.from(ALPHABET);
const values: ReadonlyMap<string, number> = new Map(Array.from(ALPHABET, (letter, value) => [letter, value]));

/**
 * Six characters: the low 30 bits of the CRC-32 (IEEE 802.3) of a text in upper case. They tell tokens from look-alikes and are no secret.
 */
export function checkDigits(text: string): string {
  const digits = Buffer.allocUnsafe(6);
  writeCheckDigits(crc32(text.toUpperCase()), digits, 0);
  return digits.toString("latin1");
}

/** As {@link checkDigits}, of a sum that is known. */
export function writeCheckDigits(sum: number, target: Uint8Array, at: number): void {
  for (let digit = 0; digit < 6; digit++) target[at + digit] = codes[(sum >>> (25 - 5 * digit)) & 31]!;
}

/** As {@link base32}, as ASCII in a place that has room for it. */
export function writeBase32(bytes: Uint8Array, target: Uint8Array, at: number): void {
  for (let from = 0, to = at; from < bytes.length; from += 5, to += 8) {
    writeFour((bytes[from]! << 12) | (bytes[from + 1]! << 4) | (bytes[from + 2]! >>> 4), target, to);
    writeFour(((bytes[from + 2]! & 15) << 16) | (bytes[from + 3]! << 8) | bytes[from + 4]!, target, to + 4);
  }
}

/** @param bits 20 of them. */
function writeFour(bits: number, target: Uint8Array, at: number): void {
  target[at] = codes[bits >>> 15]!;
  target[at + 1] = codes[(bits >>> 10) & 31]!;
  target[at + 2] = codes[(bits >>> 5) & 31]!;
  target[at + 3] = codes[bits & 31]!;
}

/** Of a multiple of five bytes. */
export function base32(bytes: Uint8Array): string {
  const text = Buffer.allocUnsafe((bytes.length / 5) * 8);
  writeBase32(bytes, text, 0);
  return text.toString("latin1");
}

/** @param text of the alphabet, in upper case. */
export function fromBase32(text: string): Buffer {
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
