import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { letterAlphabet } from "./endpoint-credentials.ts";

/** Compares in a time that tells nothing of either. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(secretHash(given), secretHash(expected));
}

/** Hash of an API key's secret as it is kept. The secret has 160 random bits, so no slow hash is needed. */
export function secretHash(secret: string): Buffer {
  return hash("sha256", secret, "buffer");
}

/** Five random bits each. */
export function randomLetters(count: number): string {
  return Array.from(randomBytes(count), (byte) => letterAlphabet[byte & 31]).join("");
}
