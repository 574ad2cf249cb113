import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/**
 * Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, read 2026-11-26): the text `id.timestamp.body` is signed by HMAC-SHA-256
 * (`v1`, secret `whsec_…`) or Ed25519 (`v1a`, public key `whpk_…`); several signatures stand in one header, separated by blanks, so that a key can be replaced.
 */
export type SignatureKind = "hmac" | "ed25519";

/** The spec asks for 24 to 64 bytes. */
const secretBytes = 32;
const secretPrefix = "whsec_";
const privatePrefix = "whsk_";
const publicPrefix = "whpk_";
/** RFC 8410: what stands before the 32 bytes of a private and of a public key. */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");
const spkiHeadBytes = 12;

export interface NewSecret {
  /** `whsec_…` or `whsk_…`. */
  readonly secret: string;
  /** `whpk_…`; null for a secret that both sides hold. */
  readonly publicKey: string | null;
}

export function newSecret(kind: SignatureKind): NewSecret {
  if (kind === "hmac") return { secret: secretPrefix + randomBytes(secretBytes).toString("base64"), publicKey: null };
  const { privateKey } = generateKeyPairSync("ed25519");
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(pkcs8Head.length);
  return { secret: privatePrefix + seed.toString("base64"), publicKey: publicKeyOf(privateKey) };
}

/**
 * @param secrets `whsec_…` and `whsk_…`; the first is the newest.
 * @param timestampS seconds since 1970.
 * @returns the value of `webhook-signature`.
 * @throws {TypeError} for a secret of another form.
 */
export function signatures(secrets: readonly string[], id: string, timestampS: number, body: string): string {
  const text = Buffer.from(`${id}.${timestampS}.${body}`);
  return secrets.map((secret) => signature(secret, text)).join(" ");
}

function signature(secret: string, text: Buffer): string {
  if (secret.startsWith(secretPrefix)) {
    const key = Buffer.from(secret.slice(secretPrefix.length), "base64");
    return `v1,${createHmac("sha256", key).update(text).digest("base64")}`;
  }
  if (secret.startsWith(privatePrefix)) {
    const seed = Buffer.from(secret.slice(privatePrefix.length), "base64");
    const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: "der", type: "pkcs8" });
    return `v1a,${sign(null, text, key).toString("base64")}`;
  }
  throw new TypeError("a webhook secret begins with whsec_ or whsk_");
}

function publicKeyOf(privateKey: KeyObject): string {
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return publicPrefix + spki.subarray(spkiHeadBytes).toString("base64");
}
