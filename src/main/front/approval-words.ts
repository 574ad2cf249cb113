import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { canonicalJson, type CanonicalValue } from "../../audit/canonical-json.ts";

/** Label of the key that reasons' texts are sealed under. */
export const approvalWordsLabel = "approval-words";

export interface SealedWords {
  readonly sealed: Buffer;
  /** The commitment's key: destroyed, the commitment says nothing of the words any more. */
  readonly key: Buffer;
  /** HMAC-SHA-256, hex. */
  readonly commitment: string;
}

/** What people say for a request may name somebody: it is sealed for whoever shows it, and the scope and the log have a commitment to it only. */
export class ApprovalWords {
  readonly #key: KeyObject;

  /** @param key 32 bytes, derived under {@link approvalWordsLabel}. */
  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  seal(request: string, words: CanonicalValue): SealedWords {
    const text = canonicalJson(words);
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    cipher.setAAD(Buffer.from(request));
    const sealed = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    const key = randomBytes(32);
    return { sealed, key, commitment: createHmac("sha256", key).update(text).digest("hex") };
  }

  /** @returns null where they were sealed for another request, or were changed. */
  open(request: string, sealed: Uint8Array): unknown {
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#key, sealed.subarray(0, 12), { authTagLength: 16 });
      decipher.setAAD(Buffer.from(request));
      decipher.setAuthTag(sealed.subarray(sealed.length - 16));
      return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString("utf8")) as unknown;
    } catch {
      return null;
    }
  }
}
