import { createPublicKey, hash, verify } from "node:crypto";
import type { Signature, SigningPublicKey } from "./provider.ts";

/** @returns whether the signature is one of this key over this message; a signature of another key or algorithm is none. */
export function isSignatureOf(key: SigningPublicKey, message: Uint8Array, { algorithm, keyId, signature }: Signature): boolean {
  if (algorithm !== key.algorithm || keyId !== key.keyId) return false;
  return verify(digestOf(key), message, createPublicKey({ key: key.spki, format: "der", type: "spki" }), signature);
}

/** @param spki SubjectPublicKeyInfo, DER. */
export function signingKeyId(spki: Uint8Array): string {
  return hash("sha256", spki, "hex").slice(0, 16);
}

function digestOf({ algorithm }: SigningPublicKey): "sha256" | null {
  switch (algorithm) {
    case "Ed25519":
      return null;
    case "ECDSA-P256-SHA256":
      return "sha256";
  }
}
