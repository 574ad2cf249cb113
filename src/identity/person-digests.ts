import { subkey } from "../domain/keyed-hash.ts";
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

/**
 * What is kept of accounts and addresses of operators: HMAC-SHA-256 under a key of the installation. Whoever gets the database alone cannot test a guess, and the
 * same account or address is found again.
 */
export class PersonDigests {
  readonly #account: KeyObject;
  readonly #email: KeyObject;

  /** @param key 32 bytes; copied. */
  constructor(key: Uint8Array) {
    this.#account = createSecretKey(subkey(key, "operator account"));
    this.#email = createSecretKey(subkey(key, "operator e-mail"));
  }

  issuer(issuer: string): Buffer {
    return digest(this.#account, JSON.stringify(["issuer", issuer]));
  }

  /** A provider may use a subject of another one again, so the issuer belongs to it (OpenID Connect Core, section 5.7). */
  subject(issuer: string, subject: string): Buffer {
    return digest(this.#account, JSON.stringify(["subject", issuer, subject]));
  }

  /** Addresses that differ in capitals or in the form of their letters are the same mailbox nearly everywhere; to take two persons for one is the safe mistake here. */
  email(address: string): Buffer {
    return digest(this.#email, address.trim().normalize("NFKC").toLowerCase());
  }
}

function digest(key: KeyObject, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
