/**
 * The port to the root of all keys. It is cut in two along the promise that ingress can seal and cannot open: a process that only
 * seals is handed a {@link SealingKeys} and nothing else.
 */
export interface SealingKeys {
  /** What stands behind the port, for preflight and logs: `local`, later `pkcs11` and `aws-kms`. */
  readonly provider: string;
  /**
   * Makes a data key and its wrap under the key-encryption key of the context's tenant and epoch.
   * @returns the plaintext belongs to the caller, who zeroes it; the wrap is opaque, at most 1 KiB.
   * @throws {KeyError} `unavailable`: the provider was not reached; retry later.
   */
  generateDataKey(context: KeyContext): Promise<DataKey>;
  /**
   * A 32-byte key for one purpose, the same at every call (HMAC inside the provider).
   * @param label at most 200 characters; never personal data.
   */
  derive(label: string): Promise<Buffer>;
}

export interface OpeningKeys {
  /** @throws {KeyError} `wrong-context` or `tampered` (not told apart), `unknown-epoch`, `unavailable`. */
  unwrap(wrapped: Uint8Array, context: KeyContext): Promise<Buffer>;
}

export interface KeyProvider extends SealingKeys, OpeningKeys {}

/** Authenticated with every wrap. It stands in clear in a cloud provider's log: tenant and purpose by id, never personal data. */
export interface KeyContext {
  readonly tenant: string;
  readonly purpose: KeyPurpose;
  readonly epoch: number;
}

/**
 * What a data key seals, and so what the right to unwrap it opens: raw records, values of persons, or tracking numbers. They are apart
 * so that a role may be allowed one and not the others (DESIGN section 5: outbound resolves tracking numbers and nothing else).
 */
export type KeyPurpose = "raw-records" | "personal-values" | "tracking-numbers";

export interface DataKey {
  /** 32 bytes. */
  readonly plaintext: Buffer;
  readonly wrapped: Buffer;
}

export class KeyError extends Error {
  override readonly name = "KeyError";
  /** `unavailable` retries; `refused-wrap` is a tampered wrap or a wrong context and alerts; `unknown-epoch` and `bad-key-file` stop the program. */
  readonly code: "unavailable" | "refused-wrap" | "unknown-epoch" | "bad-key-file";
  constructor(code: KeyError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The bytes of a context that every adapter authenticates: fixed order, length-delimited by the separators that ids cannot hold. */
export function contextBytes(context: KeyContext): Buffer {
  return Buffer.from(`parcelkeep/1|${context.tenant}|${context.purpose}|${context.epoch}`);
}
