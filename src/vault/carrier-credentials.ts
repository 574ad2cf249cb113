import { createSecretKey } from "node:crypto";
import type { KeyContext, OpeningKeys, SealingKeys } from "./keys/provider.ts";
import { ivBytes, open, SealError, sealInto, tagBytes } from "./sealing.ts";

/** A credential as the database keeps it: under a data key of its own, whose wrap stands in the same row and nowhere else. */
export interface SealedCredential {
  readonly epoch: number;
  readonly wrapped: Buffer;
  /** `iv ciphertext tag`; additional data: "carrier-credential/1", tenant, account, source. */
  readonly sealed: Buffer;
}

export interface CredentialOwner {
  readonly tenant: string;
  readonly account: string;
  readonly source: string;
}

/** @param parts names and values; all secret. @throws {KeyError} */
export async function sealCredential(
  keys: Pick<SealingKeys, "currentEpoch" | "generateDataKey">,
  owner: CredentialOwner,
  parts: Readonly<Record<string, string>>,
): Promise<SealedCredential> {
  const epoch = keys.currentEpoch;
  const { plaintext: dataKey, wrapped } = await keys.generateDataKey(keyContext(owner, epoch));
  const plaintext = Buffer.from(JSON.stringify(parts));
  const sealed = Buffer.alloc(ivBytes + plaintext.length + tagBytes);
  try {
    sealInto(sealed, 0, createSecretKey(dataKey), sealContext(owner), plaintext);
  } finally {
    dataKey.fill(0);
    plaintext.fill(0);
  }
  return { epoch, wrapped, sealed };
}

/** @throws {KeyError} @throws {SealError} */
export async function openCredential(
  keys: Pick<OpeningKeys, "unwrap">,
  owner: CredentialOwner,
  { epoch, wrapped, sealed }: SealedCredential,
): Promise<Readonly<Record<string, string>>> {
  if (sealed.length < ivBytes + tagBytes) throw new SealError("not-a-seal", `not a sealed credential: ${sealed.length} bytes`);
  const dataKey = await keys.unwrap(wrapped, keyContext(owner, epoch));
  try {
    const plaintext = open(createSecretKey(dataKey), sealContext(owner), sealed);
    try {
      return JSON.parse(plaintext.toString("utf8")) as Record<string, string>;
    } finally {
      plaintext.fill(0);
    }
  } finally {
    dataKey.fill(0);
  }
}

function keyContext({ tenant }: CredentialOwner, epoch: number): KeyContext {
  return { tenant, purpose: "carrier-credentials", epoch };
}

function sealContext({ tenant, account, source }: CredentialOwner): Buffer {
  return Buffer.from(`carrier-credential/1|${tenant}|${account}|${source}`);
}
