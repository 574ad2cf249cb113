import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/** What a signature says: this digest, of this repository, made of this commit, with this bill of materials and provenance beside it. */
export interface SignedImage {
  /** Name without a tag, such as `parcelkeep`. */
  readonly repository: string;
  /** Each of the three is `sha256:…`. */
  readonly digest: string;
  readonly sbomDigest: string;
  readonly provenanceDigest: string;
  readonly commit: string;
}

/**
 * The payload in the form of "simple signing" (containers/image, docs/containers-signature.5.md), which cosign signs too. The bytes are kept beside the signature: whoever verifies reads them and makes none.
 */
export function signedPayload({ repository, digest, commit, sbomDigest, provenanceDigest }: SignedImage): Buffer {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { "docker-reference": repository },
        image: { "docker-manifest-digest": digest },
        type: "cosign container image signature",
      },
      optional: { commit, sbom: sbomDigest, provenance: provenanceDigest },
    }),
  );
}

/** @param privateKey PEM of an Ed25519 key (RFC 8410). @returns 64 bytes, RFC 8032: `openssl pkeyutl -verify -rawin` takes them. */
export function signPayload(payload: Uint8Array, privateKey: string): Buffer {
  return sign(null, payload, ed25519(createPrivateKey(privateKey)));
}

/**
 * @param publicKey PEM.
 * @returns what was signed.
 * @throws {Error} without saying more than that the signature is none of this key, or of something else.
 */
export function verifiedPayload(payload: Buffer, signature: Uint8Array, publicKey: string): SignedImage {
  if (!verify(null, payload, ed25519(createPublicKey(publicKey)), signature))
    throw new Error("the signature is none of this key for this payload");
  const { critical, optional } = JSON.parse(payload.toString("utf8")) as {
    critical: { identity: { "docker-reference": string }; image: { "docker-manifest-digest": string } };
    optional: { commit: string; sbom: string; provenance: string };
  };
  return {
    repository: critical.identity["docker-reference"],
    digest: critical.image["docker-manifest-digest"],
    commit: optional.commit,
    sbomDigest: optional.sbom,
    provenanceDigest: optional.provenance,
  };
}

function ed25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== "ed25519") throw new Error("the key must be an Ed25519 key");
  return key;
}
