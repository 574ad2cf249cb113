/**
 * The port to the root of all keys. It is cut along the promise that ingress can seal and cannot open: a process that only seals is handed a
 * {@link SealingKeys}, the opener an {@link OpeningKeys}, the sequencer of the audit log a {@link SigningKeys}. The cut is one of cryptography and
 * credentials, not of types: what a sealing process holds (a public key, or a login that may only encrypt) does not suffice to unwrap.
 *
 * A root has epochs, numbered from 1. New wraps are made for the current one; older ones can be unwrapped until they are retired.
 */
export interface SealingKeys {
  readonly provider: ProviderName;
  /** The epoch that new wraps are to name. */
  readonly currentEpoch: number;
  /**
   * Makes a data key and its wrap. Same right and same records at the provider as {@link wrap}; AWS KMS makes the key itself (GenerateDataKey).
   * @returns the plaintext belongs to the caller, who zeroes it; the wrap is opaque, at most 1 KiB.
   * @throws {KeyError} `unavailable`, `retired-epoch`, `unknown-epoch`, `not-permitted`, `refused-credentials`.
   */
  generateDataKey(context: KeyContext): Promise<DataKey>;
  /**
   * Wraps a data key that exists, to move it to another epoch. Two calls give two equally valid wraps. Leaves a record at AWS KMS (Encrypt), none at
   * the others: `local` and `pkcs11` wrap under a public key in this process.
   * @param dataKey 32 bytes; the caller keeps it and zeroes it.
   * @throws {KeyError} as {@link generateDataKey}.
   */
  wrap(dataKey: Uint8Array, context: KeyContext): Promise<Buffer>;
  /**
   * A 32-byte key for one purpose, the same at every call (HMAC-SHA-256 under the derivation root). No provider is known to leave a record of
   * the label: an HSM does not log HMAC, and where the root is a wrapped secret only its unwrap at the start is recorded.
   * @param label at most 200 characters; never personal data.
   * @param epoch of the derivation root, 1 where left out. It is not moved along with {@link currentEpoch}: a derived key finds again what was named
   *   under it, and retiring an epoch destroys what opens, not what finds.
   * @throws {KeyError} `unavailable`, `unknown-epoch`, `not-permitted`, `refused-credentials`.
   */
  derive(label: string, epoch?: number): Promise<Buffer>;
  /** What is real behind this half, asked of the provider now. @throws {KeyError} as {@link derive}. */
  describe(): Promise<ProviderDescription>;
}

/** Of the opener alone, who holds both roots; of `resolving` alone: of the outbound process too. */
export interface OpeningKeys {
  readonly provider: ProviderName;
  /**
   * Leaves a record at every provider that keeps any: AWS KMS (Decrypt, with the context), an HSM (C_UnwrapKey, by key handle). So each reveal that
   * happens is one that the provider's own log shows.
   * @returns the 32 bytes of the data key; the caller zeroes them.
   * @throws {KeyError} `refused-wrap` (tampered, another context or another root, not told apart), `retired-epoch`, `unknown-epoch`, `unavailable`,
   *   `not-permitted`, `refused-credentials`.
   */
  unwrap(wrapped: Uint8Array, context: KeyContext): Promise<Buffer>;
  describe(): Promise<ProviderDescription>;
}

/** Of the one that signs (audit checkpoints, proofs). A record at AWS KMS (Sign); none at an HSM. */
export interface SigningKeys {
  readonly provider: ProviderName;
  /** @param message at most 4,096 bytes (KMS, message type RAW). @throws {KeyError} as {@link SealingKeys.derive}. */
  sign(message: Uint8Array): Promise<Signature>;
  /** The key that {@link sign} uses now; a verifier keeps those of earlier epochs by their ids. */
  publicKey(): Promise<SigningPublicKey>;
}

/** Ed25519 (RFC 8032): 64 bytes. ECDSA on P-256 over SHA-256: DER (RFC 3279, section 2.2.3), as node:crypto and KMS have it. */
export type SignatureAlgorithm = "Ed25519" | "ECDSA-P256-SHA256";

export interface Signature {
  readonly algorithm: SignatureAlgorithm;
  readonly keyId: string;
  readonly signature: Buffer;
}

export interface SigningPublicKey {
  readonly algorithm: SignatureAlgorithm;
  /** First 16 hex digits of SHA-256 over {@link spki}: the same whoever computes it. */
  readonly keyId: string;
  /** SubjectPublicKeyInfo, DER (RFC 5280, section 4.1.2.7). */
  readonly spki: Buffer;
}

export const providerNames = ["local", "pkcs11", "aws-kms"] as const;
export type ProviderName = (typeof providerNames)[number];

/** What `keys preflight` prints: facts that the provider told or that follow from the adapter, none from the settings. */
export interface ProviderDescription {
  readonly provider: ProviderName;
  /** Maker and model, such as `SoftHSM v2`; no serial numbers. */
  readonly product: string;
  readonly protection: Protection;
  /** Where the keys lie, in words: a folder, a token's label, a region and partition. */
  readonly location: string;
  readonly currentEpoch: number;
  /** Wraps of earlier epochs are refused. */
  readonly minimumEpoch: number;
  /** The operations of which the provider itself keeps a record that this program cannot suppress. */
  readonly recordedOperations: readonly KeyOperation[];
  readonly derivationRoot: DerivationRoot;
  /** What an operator should know or change, each a sentence. */
  readonly warnings: readonly string[];
}

export type KeyOperation = "generateDataKey" | "wrap" | "unwrap" | "derive" | "sign";

export type Protection =
  | { readonly kind: "software-file" }
  /** A PKCS#11 token made of software, such as SoftHSM: for tests. */
  | { readonly kind: "software-token" }
  /** `fips` as far as token or model tells, such as `FIPS 140-3 level 3`; null where it does not. */
  | { readonly kind: "hsm"; readonly fips: string | null }
  | { readonly kind: "kms"; readonly origin: "AWS_KMS" | "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE" | "EXTERNAL"; readonly fips: string | null };

/** What the keys of {@link SealingKeys.derive} come from. */
export type DerivationRoot =
  /** A secret in a file. */
  | "file-secret"
  /** HMAC by the token or key service; the root never leaves it. */
  | "provider-hmac"
  /** A secret that lies wrapped under the provider's key and is in this process's memory while it runs. */
  | "wrapped-secret";

/** Authenticated with every wrap. It stands in clear in a cloud provider's log: tenant and purpose by id, never personal data. */
export interface KeyContext {
  readonly tenant: string;
  readonly purpose: KeyPurpose;
  readonly epoch: number;
}

/**
 * What a data key seals, and so what the right to unwrap it opens: raw records, values of persons, tracking numbers, or what a merchant was given by a
 * carrier to ask it with. They are apart so that a role may be allowed one and not the others.
 */
export const keyPurposes = ["raw-records", "personal-values", "tracking-numbers", "carrier-credentials"] as const;
export type KeyPurpose = (typeof keyPurposes)[number];

/**
 * A root has keys of its own, so that what opens one opens nothing of the other. `resolving` is what the process that asks carriers may open
 * (DESIGN section 5: outbound resolves tracking numbers and nothing else), `opening` all the rest. A key service has both in one key, and
 * tells them apart by the purpose in the context.
 */
export const rootOf = {
  "raw-records": "opening",
  "personal-values": "opening",
  "tracking-numbers": "resolving",
  "carrier-credentials": "resolving",
} as const satisfies Record<KeyPurpose, string>;
export type OpeningRoot = (typeof rootOf)[KeyPurpose];

export interface DataKey {
  /** 32 bytes. */
  readonly plaintext: Buffer;
  readonly wrapped: Buffer;
}

export const keyErrorCodes = [
  /** The provider was not reached, or is too busy: retry later. */
  "unavailable",
  /** A wrap that was tampered with, or is of another context: alert. */
  "refused-wrap",
  /** The wrap is of an epoch that was retired: what it sealed is gone, by design. */
  "retired-epoch",
  /** There is no root for the epoch (yet): the process has an older set of keys than the one that wrapped. */
  "unknown-epoch",
  /** The provider knows the caller, who may not do this: a setting, or somebody trying. */
  "not-permitted",
  /** The key was disabled or waits for its deletion, after which what it wraps is lost: page a person, and retry meanwhile. */
  "disabled-key",
  /** PIN or credentials are wrong, expired or locked: stop, and do not try again, since a token locks after a few. */
  "refused-credentials",
  /** A key file is missing parts, damaged or readable by others: stop. */
  "bad-key-file",
  /** A token, key or region is not what the settings say it is: stop. */
  "wrong-provider",
  /** The provider's optional library is not installed: stop; the message has the command. */
  "missing-library",
] as const;

export class KeyError extends Error {
  override readonly name = "KeyError";
  /** What the caller does next stands at each of {@link keyErrorCodes}. */
  readonly code: (typeof keyErrorCodes)[number];
  constructor(code: KeyError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Of every data key: AES-256. */
export const dataKeyBytes = 32;

/** The bytes of a context that every adapter authenticates: fixed order, length-delimited by the separators that ids cannot hold. */
export function contextBytes(context: KeyContext): Buffer {
  return Buffer.from(`parcelkeep/1|${context.tenant}|${context.purpose}|${context.epoch}`);
}
