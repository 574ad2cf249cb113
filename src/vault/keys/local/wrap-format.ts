import { encapsulatedBytes, type SealedMessage, tagBytes } from "../hpke.ts";
import { dataKeyBytes } from "../provider.ts";

/** A local wrap: version(1) encapsulated key(32) ciphertext(32) tag(16). */
const version = 2;
const wrapBytes = 1 + encapsulatedBytes + dataKeyBytes + tagBytes;

/** HPKE's `info`: what the messages are for, so that no other use of the same pair could make one. */
export const wrapInfo = Buffer.from("parcelkeep/1|data-key");

export function packWrap({ encapsulated, ciphertext }: SealedMessage): Buffer {
  return Buffer.concat([Buffer.of(version), encapsulated, ciphertext]);
}

/** @returns null where the bytes are no wrap. */
export function unpackWrap(wrapped: Uint8Array): SealedMessage | null {
  if (wrapped.length !== wrapBytes || wrapped[0] !== version) return null;
  const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.length);
  return { encapsulated: bytes.subarray(1, 1 + encapsulatedBytes), ciphertext: bytes.subarray(1 + encapsulatedBytes) };
}
