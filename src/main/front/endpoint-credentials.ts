import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes, timingSafeEqual, type KeyObject } from "node:crypto";
import type { Credentials } from "../../ingress/authentication.ts";

/** Crockford's base 32 in small letters, for ids and secrets that people copy. */
export const letterAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * Keeps what endpoints need to verify their senders, sealed at rest. These secrets verify requests and open no personal data, so ingress holds
 * their key (derived from the root under a label of its own).
 */
export class CredentialBox {
  readonly #key: KeyObject;
  readonly #tokens: KeyObject;

  constructor(key: Uint8Array, tokenKey: Uint8Array) {
    this.#key = createSecretKey(key);
    this.#tokens = createSecretKey(tokenKey);
  }

  seal(endpoint: string, credentials: Credentials): Buffer {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    cipher.setAAD(Buffer.from(endpoint));
    return Buffer.concat([iv, cipher.update(JSON.stringify(credentials), "utf8"), cipher.final(), cipher.getAuthTag()]);
  }

  open(endpoint: string, sealed: Uint8Array): Credentials {
    const decipher = createDecipheriv("aes-256-gcm", this.#key, sealed.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(endpoint));
    decipher.setAuthTag(sealed.subarray(sealed.length - 16));
    return JSON.parse(
      Buffer.concat([decipher.update(sealed.subarray(12, sealed.length - 16)), decipher.final()]).toString("utf8"),
    ) as Credentials;
  }

  /** A bearer token for one endpoint: `endpoint.expiry.mac`, checked without a look-up. */
  issueToken(endpoint: string, expiresAtMs: number): string {
    const text = `${endpoint}.${expiresAtMs}`;
    return `${text}.${this.#mac(text)}`;
  }

  tokenIsValid(endpoint: string, token: string, nowMs: number): boolean {
    const parts = token.split(".");
    const text = `${parts[0]}.${parts[1]}`;
    const mac = Buffer.from(parts[2] ?? "");
    const expected = Buffer.from(this.#mac(text));
    const genuine = mac.length === expected.length && timingSafeEqual(mac, expected);
    return genuine && parts.length === 3 && parts[0] === endpoint && Number(parts[1]) > nowMs;
  }

  /** @returns the same letters for the same text, and nothing to learn of others' from them. @param count at most 51. */
  lettersFor(text: string, count: number): string {
    const bits = createHmac("sha256", this.#tokens).update(`letters|${text}`).digest();
    const number = BigInt(`0x${bits.toString("hex")}`);
    return Array.from({ length: count }, (_, at) => letterAlphabet[Number((number >> BigInt(5 * at)) & 31n)]).join("");
  }

  #mac(text: string): string {
    return createHmac("sha256", this.#tokens).update(text).digest("base64url");
  }
}
