import { createCipheriv, createDecipheriv, createSecretKey, timingSafeEqual, type KeyObject } from "node:crypto";
import { categories, type Category } from "../domain/category.ts";
import { KeyedHash } from "../domain/keyed-hash.ts";
import { pooledRandom } from "./random.ts";
import { groupIdBytes, tokenBytes } from "./token.ts";

/*
 * Two sealed forms, both AES-256-GCM with a random 96-bit IV under a key that seals at most 256 values (NIST SP 800-38D, section 8.3,
 * allows 2^32):
 *
 * field        version(1) suite(1) key-id(4) iv(12) ciphertext tag(16)
 *              additional data: version, suite, key-id, tenant, category letters, token(20)
 * raw record   iv(12) ciphertext tag(16)
 *              additional data: "raw/1", tenant, record id
 *
 * Both keys are HMAC(ingest session key, purpose and salt). The session key is wrapped by the root; the salt stands only in the mutable row
 * beside the index. Deleting the row destroys the key although the session key lives on and the segment is write-once.
 * A field's key-id is the ingest session; the opener derives the one right key and checks its commitment, and never tries keys in turn
 * (GCM does not commit to its key: "invisible salamanders").
 */
export const fieldVersion = 1;
/** AES-256-GCM, HMAC-SHA-256 derivation. */
export const fieldSuite = 1;
export const saltBytes = 16;
export const commitmentBytes = 16;
const HEADER = 6;
const IV = 12;
const TAG = 16;

export class SealError extends Error {
  override readonly name = "SealError";
  /** `not-a-seal`: wrong shape or version; `refused`: wrong key, context or tampered; `key-destroyed`: the salt is gone. */
  readonly code: "not-a-seal" | "refused" | "key-destroyed";
  constructor(code: SealError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Key of one group of fields: what one record brought for one person. */
export interface FieldKey {
  readonly sessionId: number;
  readonly key: KeyObject;
  /** Published beside the sealed fields; fixes which key opens them. */
  readonly commitment: Buffer;
}

export function fieldKey(session: KeyedHash, sessionId: number, salt: Uint8Array): FieldKey {
  const bytes = Buffer.from(session.ofText(`field|${Buffer.from(salt).toString("hex")}`), "latin1");
  using hash = new KeyedHash(bytes);
  const commitment = Buffer.from(hash.ofText("commitment").slice(0, commitmentBytes), "latin1");
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return { sessionId, key, commitment };
}

/** @param token 20 bytes. @returns the sealed field: 34 bytes longer than the value in UTF-8. */
export function sealField(key: FieldKey, tenant: string, category: Category, token: Uint8Array, value: string): Buffer {
  const iv = pooledRandom(IV);
  const cipher = createCipheriv("aes-256-gcm", key.key, iv);
  cipher.setAAD(fieldContext(key.sessionId, tenant, category, token));
  const ciphertext = cipher.update(value, "utf8");
  cipher.final();
  const sealed = Buffer.allocUnsafe(HEADER + IV + ciphertext.length + TAG);
  sealed[0] = fieldVersion;
  sealed[1] = fieldSuite;
  sealed.writeUInt32BE(key.sessionId, 2);
  sealed.set(iv, HEADER);
  sealed.set(ciphertext, HEADER + IV);
  sealed.set(cipher.getAuthTag(), HEADER + IV + ciphertext.length);
  return sealed;
}

/**
 * Opens one field.
 * @param commitment as stored when the key was made.
 * @throws {SealError} `not-a-seal`, `refused`.
 */
export function openField(
  key: FieldKey,
  commitment: Uint8Array,
  tenant: string,
  category: Category,
  token: Uint8Array,
  sealed: Uint8Array,
): string {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < HEADER + IV + TAG || bytes[0] !== fieldVersion || bytes[1] !== fieldSuite) {
    throw new SealError("not-a-seal", `not a sealed field of version ${fieldVersion}: ${bytes.length} bytes`);
  }
  if (bytes.readUInt32BE(2) !== key.sessionId || commitment.length !== commitmentBytes || !timingSafeEqual(commitment, key.commitment)) {
    throw new SealError("refused", "the sealed field belongs to another key");
  }
  return open(key.key, fieldContext(key.sessionId, tenant, category, token), bytes.subarray(HEADER)).toString("utf8");
}

/** @param recordId 16 bytes. */
export function sealRawRecord(session: KeyedHash, salt: Uint8Array, tenant: string, recordId: Uint8Array, plaintext: Uint8Array): Buffer {
  const iv = pooledRandom(IV);
  const cipher = createCipheriv("aes-256-gcm", rawKey(session, salt), iv);
  cipher.setAAD(rawContext(tenant, recordId));
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([iv, ciphertext, cipher.getAuthTag()]);
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
  if (sealed.length < IV + TAG) throw new SealError("not-a-seal", `not a sealed raw record: ${sealed.length} bytes`);
  return open(rawKey(session, salt), rawContext(tenant, recordId), sealed);
}

function rawKey(session: KeyedHash, salt: Uint8Array): KeyObject {
  const bytes = Buffer.from(session.ofText(`raw|${Buffer.from(salt).toString("hex")}`), "latin1");
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

function open(key: KeyObject, context: Uint8Array, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, IV), { authTagLength: TAG });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV, sealed.length - TAG)), decipher.final()]);
  } catch (error) {
    throw new SealError("refused", "the sealed value does not fit its key and context", { cause: error });
  }
}

function fieldContext(sessionId: number, tenant: string, category: Category, token: Uint8Array): Buffer {
  if (token.length !== tokenBytes)
    throw new RangeError(`a token has ${tokenBytes} bytes, got ${token.length} (group ids have ${groupIdBytes})`);
  const context = Buffer.allocUnsafe(HEADER + tenant.length + 2 + tokenBytes);
  context[0] = fieldVersion;
  context[1] = fieldSuite;
  context.writeUInt32BE(sessionId, 2);
  context.write(tenant, HEADER, "latin1");
  context.write(categories[category].letters, HEADER + tenant.length, "latin1");
  context.set(token, HEADER + tenant.length + 2);
  return context;
}

function rawContext(tenant: string, recordId: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`raw/1|${tenant}|`, "latin1"), recordId]);
}
