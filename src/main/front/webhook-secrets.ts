import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from "node:crypto";

/** Label of the key under which secrets of merchants' endpoints are sealed: the API seals them, the outbound process opens them to sign. */
export const webhookSecretsLabel = "webhook-secrets";

/** Seals what signs merchants' webhooks: AES-256-GCM, bound to the endpoint. */
export class WebhookSecrets {
  readonly #key: KeyObject;

  /** @param key 32 bytes, derived under {@link webhookSecretsLabel}. */
  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  seal(endpoint: string, secret: string): Buffer {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    cipher.setAAD(Buffer.from(endpoint));
    return Buffer.concat([iv, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws where it was sealed for another endpoint or under another key. */
  open(endpoint: string, sealed: Uint8Array): string {
    const decipher = createDecipheriv("aes-256-gcm", this.#key, sealed.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(endpoint));
    decipher.setAuthTag(sealed.subarray(sealed.length - 16));
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString("utf8");
  }
}
