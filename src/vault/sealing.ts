import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import type { KeyedHash } from "../domain/keyed-hash.ts";
import { fillRandom } from "./random.ts";

/*
 * Everything that ingress keeps is AES-256-GCM with a random 96-bit IV, under a key that seals one thing and no other:
 *
 * group        version(1) suite(1) key-id(4) iv(12) ciphertext tag(16); see `seal-group.ts`
 * raw record   iv(12) ciphertext tag(16); additional data: "raw/1", tenant, record id
 *
 * The key is HMAC(ingest session key, purpose and salt). The session key is wrapped by the root; the salt stands only in the mutable row
 * beside the index. Deleting the row destroys the key although the session key lives on and the segment is write-once.
 * Whoever opens derives the one right key and checks its commitment, and never tries keys in turn (GCM does not commit to its key:
 * "invisible salamanders").
 */
export const saltBytes = 16;
export const commitmentBytes = 16;
export const ivBytes = 12;
export const tagBytes = 16;

export class SealError extends Error {
  override readonly name = "SealError";
  /** `not-a-seal`: wrong shape or version; `refused`: wrong key, context or tampered; `key-destroyed`: the salt is gone. */
  readonly code: "not-a-seal" | "refused" | "key-destroyed";
  constructor(code: SealError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a key is for; one salt gives unrelated keys for different purposes. The commitment is no key, and is published. */
export type KeyPurpose = "group" | "group-commitment" | "raw";

/** For each purpose its name, padded with zeros, and room for a salt. */
const derivations: Readonly<Record<KeyPurpose, Buffer>> = {
  group: derivation("group"),
  "group-commitment": derivation("group-commitment"),
  raw: derivation("raw"),
};

function derivation(purpose: KeyPurpose): Buffer {
  const bytes = Buffer.alloc(24 + saltBytes);
  bytes.write(purpose, 0, "latin1");
  return bytes;
}

const derived = Buffer.alloc(32);

/** @returns 32 bytes as latin-1 characters: HMAC-SHA-256(session key, purpose padded with zeros to 24 bytes, salt). */
export function derive(session: KeyedHash, purpose: KeyPurpose, salt: Uint8Array): string {
  if (salt.length !== saltBytes) throw new SealError("not-a-seal", `a salt has ${saltBytes} bytes, got ${salt.length}`);
  const bytes = derivations[purpose];
  bytes.set(salt, 24);
  return session.ofBytes(bytes);
}

export function deriveKey(session: KeyedHash, purpose: KeyPurpose, salt: Uint8Array): KeyObject {
  derived.write(derive(session, purpose, salt), 0, 32, "latin1");
  const key = createSecretKey(derived);
  derived.fill(0);
  return key;
}

/** @param recordId 16 bytes. */
export function sealRawRecord(session: KeyedHash, salt: Uint8Array, tenant: string, recordId: Uint8Array, plaintext: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(ivBytes + plaintext.length + tagBytes);
  sealInto(sealed, 0, deriveKey(session, "raw", salt), rawContext(tenant, recordId), plaintext);
  return sealed;
}

/**
 * @param salt null where it was deleted: the record is erased.
 * @throws {SealError} `key-destroyed`, `not-a-seal`, `refused`.
 */
export function openRawRecord(
  session: KeyedHash,
  salt: Uint8Array | null,
  tenant: string,
  recordId: Uint8Array,
  sealed: Uint8Array,
): Buffer {
  if (salt === null) throw new SealError("key-destroyed", "the key of this raw record was destroyed");
  if (sealed.length < ivBytes + tagBytes) throw new SealError("not-a-seal", `not a sealed raw record: ${sealed.length} bytes`);
  return open(deriveKey(session, "raw", salt), rawContext(tenant, recordId), sealed);
}

const iv = Buffer.alloc(ivBytes);

/** Writes `iv ciphertext tag` at a place of `target`, which has room for it. */
export function sealInto(target: Buffer, at: number, key: KeyObject, context: Uint8Array, plaintext: Uint8Array): void {
  fillRandom(iv);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(context);
  target.set(iv, at);
  target.set(cipher.update(plaintext), at + ivBytes);
  cipher.final();
  target.set(cipher.getAuthTag(), at + ivBytes + plaintext.length);
}

/** @param sealed `iv ciphertext tag`. @throws {SealError} `refused`. */
export function open(key: KeyObject, context: Uint8Array, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(ivBytes, sealed.length - tagBytes)), decipher.final()]);
  } catch (error) {
    throw new SealError("refused", "the sealed value does not fit its key and context", { cause: error });
  }
}

function rawContext(tenant: string, recordId: Uint8Array): Buffer {
  const context = Buffer.allocUnsafe(5 + tenant.length + recordId.length);
  context.write("raw/1", 0, "latin1");
  context.write(tenant, 5, "latin1");
  context.set(recordId, 5 + tenant.length);
  return context;
}
