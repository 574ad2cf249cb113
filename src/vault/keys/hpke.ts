import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";

/**
 * Hybrid public key encryption (RFC 9180) in base mode, one message per encapsulation: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. The
 * recipient's public key and the encapsulated one enter the key schedule (section 4.1), so a message opens under one key pair only.
 *
 * Straight from node:crypto: the libraries that exist go through WebCrypto, which is ten times as slow here, and this is one mode of one suite.
 */
export interface HpkeSuite {
  /** Section 7.3. */
  readonly aeadId: number;
  readonly aead: "aes-256-gcm" | "aes-128-gcm";
  readonly keyBytes: number;
}

const aes256: HpkeSuite = { aeadId: 0x0002, aead: "aes-256-gcm", keyBytes: 32 };

// Sections 7.1 and 7.2: DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256.
const kemId = 0x0020;
const kdfId = 0x0001;
const kemSuite = Buffer.concat([Buffer.from("KEM"), twoBytes(kemId)]);

/** Of an encapsulated key (Nenc of section 7.1). */
export const encapsulatedBytes = 32;
export const tagBytes = 16;
const nonceBytes = 12;

export interface SealedMessage {
  readonly encapsulated: Buffer;
  /** With its tag of 16 bytes at the end. */
  readonly ciphertext: Buffer;
}

/**
 * `SealBase` of section 6.1.
 * @param ephemeral a fresh pair; given only by a test of vectors.
 */
export function sealTo(
  recipient: X25519PublicKey,
  info: Uint8Array,
  additional: Uint8Array,
  plaintext: Uint8Array,
  suite = aes256,
  ephemeral: X25519KeyPair = generateX25519(),
): SealedMessage {
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipient.key });
  const { key, nonce } = keySchedule(suite, sharedSecret(shared, ephemeral.publicKey.raw, recipient.raw), info);
  const cipher = createCipheriv(suite.aead, key, nonce);
  cipher.setAAD(additional);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return { encapsulated: ephemeral.publicKey.raw, ciphertext };
}

/**
 * `OpenBase` of section 6.1.
 * @throws {Error} of node:crypto where the message is not for this key, info and additional data; also for an encapsulated key of low order (section 7.1.4).
 */
export function openFrom(
  recipient: X25519KeyPair,
  { encapsulated, ciphertext }: SealedMessage,
  info: Uint8Array,
  additional: Uint8Array,
  suite = aes256,
): Buffer {
  const shared = diffieHellman({ privateKey: recipient.privateKey, publicKey: x25519PublicKey(encapsulated).key });
  const { key, nonce } = keySchedule(suite, sharedSecret(shared, encapsulated, recipient.publicKey.raw), info);
  const decipher = createDecipheriv(suite.aead, key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(additional);
  decipher.setAuthTag(ciphertext.subarray(ciphertext.length - tagBytes));
  return Buffer.concat([decipher.update(ciphertext.subarray(0, ciphertext.length - tagBytes)), decipher.final()]);
}

export interface X25519PublicKey {
  readonly key: KeyObject;
  /** 32 bytes (RFC 7748, section 5). */
  readonly raw: Buffer;
}

export interface X25519KeyPair {
  readonly publicKey: X25519PublicKey;
  readonly privateKey: KeyObject;
}

/** SubjectPublicKeyInfo of X25519 without the key (RFC 8410, section 4). */
const spkiPrefix = Buffer.from("302a300506032b656e032100", "hex");

/** @param raw 32 bytes. */
export function x25519PublicKey(raw: Uint8Array): X25519PublicKey {
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: "der", type: "spki" });
  return { key, raw: Buffer.from(raw) };
}

export function generateX25519(): X25519KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  return { privateKey, publicKey: { key: publicKey, raw: publicKey.export({ format: "der", type: "spki" }).subarray(spkiPrefix.length) } };
}

/** `ExtractAndExpand` of section 4.1. */
function sharedSecret(diffieHellman: Buffer, encapsulated: Uint8Array, recipient: Uint8Array): Buffer {
  const prk = labeledExtract(kemSuite, noBytes, "eae_prk", diffieHellman);
  diffieHellman.fill(0);
  return labeledExpand(kemSuite, prk, "shared_secret", Buffer.concat([encapsulated, recipient]), 32);
}

/** `KeySchedule` of section 5.1 in base mode, without a pre-shared key. */
function keySchedule(
  { aeadId, keyBytes }: HpkeSuite,
  shared: Buffer,
  info: Uint8Array,
): { readonly key: KeyObject; readonly nonce: Buffer } {
  const suite = Buffer.concat([Buffer.from("HPKE"), twoBytes(kemId), twoBytes(kdfId), twoBytes(aeadId)]);
  const base = Buffer.of(0x00);
  const context = Buffer.concat([
    base,
    labeledExtract(suite, noBytes, "psk_id_hash", noBytes),
    labeledExtract(suite, noBytes, "info_hash", info),
  ]);
  const secret = labeledExtract(suite, shared, "secret", noBytes);
  const key = labeledExpand(suite, secret, "key", context, keyBytes);
  const nonce = labeledExpand(suite, secret, "base_nonce", context, nonceBytes);
  const held = createSecretKey(key);
  for (const gone of [shared, secret, key]) gone.fill(0);
  return { key: held, nonce };
}

const noBytes = Buffer.alloc(0);
const version = Buffer.from("HPKE-v1");

/** Section 4, over HKDF-Extract (RFC 5869, section 2.2). */
function labeledExtract(suite: Buffer, salt: Uint8Array, label: string, input: Uint8Array): Buffer {
  return hmac(salt, version, suite, Buffer.from(label), input);
}

/** Section 4, over one block of HKDF-Expand (RFC 5869, section 2.3). @param bytes at most 32. */
function labeledExpand(suite: Buffer, prk: Uint8Array, label: string, info: Uint8Array, bytes: number): Buffer {
  return hmac(prk, twoBytes(bytes), version, suite, Buffer.from(label), info, Buffer.of(1)).subarray(0, bytes);
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const mac = createHmac("sha256", createSecretKey(key));
  for (const part of parts) mac.update(part);
  return mac.digest();
}

function twoBytes(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}
