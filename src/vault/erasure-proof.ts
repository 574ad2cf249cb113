import { hash } from "node:crypto";
import type { Signature, SigningKeys, SigningPublicKey } from "./keys/provider.ts";
import { isSignatureOf } from "./keys/signature.ts";

/**
 * What an erasure leaves behind for an auditor: which keys were destroyed, when, in which steps, and what an opener found afterwards. It holds no personal
 * data, and the subject only as a hash. Format and how to check it without this program: `docs/erasure.md`.
 *
 * It proves that this installation destroyed these keys and says so. It does not prove that no copy of them is left elsewhere.
 */
export interface ErasureProof {
  readonly version: 1;
  readonly erasure: string;
  readonly tenant: string;
  /** SHA-256 of the subject's id as text, hex. Who knows the id can check it. */
  readonly subjectSha256: string;
  readonly reason: string;
  /** Done again on a database that was restored from before it. */
  readonly reapplied: boolean;
  readonly subjects: number;
  readonly destroyed: { readonly valueGroups: number; readonly indexEntries: number; readonly rawRecordKeys: number };
  readonly keyCommitments: KeyCommitments;
  /** Segments that hold raw records whose keys were destroyed; the same bytes as before. */
  readonly segments: readonly { readonly id: string; readonly sha256: string }[];
  /** Batches of such records that were in no segment yet. */
  readonly batchesNotArchived: number;
  /** Processes that have forgotten the person's tokens, and those that did not say so. */
  readonly caches: { readonly evicted: number; readonly silent: number };
  readonly steps: Readonly<Record<"requested" | "frozen" | "destroyed", string>> & { readonly probed: string | null };
  readonly probe: ErasureProbe;
}

/** All of them as one digest (SHA-256 over the sorted 16-byte commitments), and each where there are not more than {@link commitmentsListedMax}. */
export interface KeyCommitments {
  readonly count: number;
  readonly sha256: string;
  readonly listed: readonly string[];
}

/** `not-run`: this installation had no opener then. */
export type ErasureProbe =
  | { readonly result: "not-run" }
  | { readonly result: "nothing-opens" | "something-opens"; readonly opened: number; readonly refused: Readonly<Record<string, number>> };

export interface SignedProof {
  /** Canonical JSON (RFC 8785) of an {@link ErasureProof}. */
  readonly proof: string;
  readonly signature: ProofSignature;
}

export interface ProofSignature {
  readonly algorithm: Signature["algorithm"];
  readonly keyId: string;
  /** Base64. */
  readonly signature: string;
}

const commitmentsListedMax = 1_000;

export function keyCommitments(commitments: readonly Uint8Array[]): KeyCommitments {
  const sorted = commitments.map((each) => Buffer.from(each)).sort((a, b) => a.compare(b));
  return {
    count: sorted.length,
    sha256: hash("sha256", Buffer.concat(sorted), "hex"),
    listed: sorted.length > commitmentsListedMax ? [] : sorted.map((each) => each.toString("hex")),
  };
}

export async function signProof(keys: Pick<SigningKeys, "sign">, proof: ErasureProof): Promise<SignedProof> {
  const text = canonicalJson(proof);
  const { algorithm, keyId, signature } = await keys.sign(signedMessage(text));
  return { proof: text, signature: { algorithm, keyId, signature: signature.toString("base64") } };
}

/** @returns what was signed, or null where it is not this key's signature over canonical JSON. */
export function verifyProof(key: SigningPublicKey, { proof, signature }: SignedProof): ErasureProof | null {
  const given = { ...signature, signature: Buffer.from(signature.signature, "base64") };
  if (!isSignatureOf(key, signedMessage(proof), given)) return null;
  const parsed = JSON.parse(proof) as ErasureProof;
  return canonicalJson(parsed) === proof && parsed.version === 1 ? parsed : null;
}

/** A digest, since a provider signs at most 4,096 bytes; the first line keeps the signature from meaning anything elsewhere. */
function signedMessage(proof: string): Buffer {
  return Buffer.from(`parcelkeep-erasure-proof/1\n${hash("sha256", proof, "hex")}\n`);
}

/** RFC 8785 for what proofs are made of: integers, and texts that JSON.stringify writes as that RFC does. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${canonicalJson(each)}`).join(",")}}`;
}
