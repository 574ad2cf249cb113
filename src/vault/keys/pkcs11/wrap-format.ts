import { constants, createCipheriv, createDecipheriv, createSecretKey, type KeyObject, publicEncrypt, randomBytes } from "node:crypto";
import { contextBytes, dataKeyBytes, type KeyContext } from "../provider.ts";
import { rsaBits } from "./roots.ts";
import { type OaepHash, oaepHashes } from "./token-model.ts";

/**
 * A wrap by a token's RSA root: version(1) OAEP hash(1) encrypted wrapping key(384) ciphertext(32) tag(16).
 *
 * A fresh wrapping key is encrypted by RSA-OAEP (RFC 8017, section 7.1) under the epoch's public key, in this process; the data key is encrypted under it by
 * AES-256-GCM with the context as additional data. OAEP's own label could bind the context as well, and tokens do not take it (SoftHSM refuses one).
 */
const version = 0x11;
const headerBytes = 2;
const encryptedBytes = rsaBits / 8;
const tagBytes = 16;
const wrapBytes = headerBytes + encryptedBytes + dataKeyBytes + tagBytes;

/** Each wrapping key encrypts one message, so its IV may be a constant (NIST SP 800-38D, section 8: no key and IV twice). */
const iv = Buffer.alloc(12);

export interface TokenWrap {
  readonly oaep: OaepHash;
  /** For the token to unwrap. */
  readonly encryptedKey: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

export function sealWrap(root: KeyObject, oaep: OaepHash, dataKey: Uint8Array, context: KeyContext): Buffer {
  const wrappingKey = randomBytes(32);
  const key = createSecretKey(wrappingKey);
  const encryptedKey = publicEncrypt({ key: root, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaep.name }, wrappingKey);
  wrappingKey.fill(0);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(additional(oaep, context));
  const ciphertext = Buffer.concat([cipher.update(dataKey), cipher.final()]);
  return Buffer.concat([header(oaep), encryptedKey, ciphertext, cipher.getAuthTag()]);
}

/** @returns null where the bytes are no wrap. */
export function parseWrap(wrapped: Uint8Array): TokenWrap | null {
  const oaep = oaepHashes.find(({ id }) => id === wrapped[1]);
  if (wrapped.length !== wrapBytes || wrapped[0] !== version || oaep === undefined) return null;
  const bytes = Buffer.from(wrapped);
  const ciphertextAt = headerBytes + encryptedBytes;
  return {
    oaep,
    encryptedKey: bytes.subarray(headerBytes, ciphertextAt),
    ciphertext: bytes.subarray(ciphertextAt, ciphertextAt + dataKeyBytes),
    tag: bytes.subarray(ciphertextAt + dataKeyBytes),
  };
}

/** @throws {Error} of node:crypto where wrapping key, context or bytes do not fit. */
export function openWrap({ oaep, ciphertext, tag }: TokenWrap, wrappingKey: Uint8Array, context: KeyContext): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", createSecretKey(wrappingKey), iv, { authTagLength: tagBytes });
  decipher.setAAD(additional(oaep, context));
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

function header({ id }: OaepHash): Buffer {
  return Buffer.of(version, id);
}

function additional(oaep: OaepHash, context: KeyContext): Buffer {
  return Buffer.concat([header(oaep), contextBytes(context)]);
}

/** A position of each kind of byte in a wrap, for those who test what a changed one does. */
export const wrapByteClasses: Readonly<Record<string, number>> = {
  version: 0,
  "OAEP hash": 1,
  "first of the encrypted key": headerBytes,
  "middle of the encrypted key": headerBytes + encryptedBytes / 2,
  "last of the encrypted key": headerBytes + encryptedBytes - 1,
  "first of the ciphertext": headerBytes + encryptedBytes,
  "last of the ciphertext": headerBytes + encryptedBytes + dataKeyBytes - 1,
  "first of the tag": wrapBytes - tagBytes,
  "last of the tag": wrapBytes - 1,
};
