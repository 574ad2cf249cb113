import { createPublicKey, hash, type KeyObject, timingSafeEqual, verify } from "node:crypto";
import { PasskeyError, type PasskeyEvidence } from "../domain/passkey.ts";
import { algorithms, rsaBitsMin } from "./cose-key.ts";

/** Bits of the authenticator data's flags (WebAuthn Level 3, section 6.1). */
const userPresent = 0x01;
const userVerified = 0x04;

const authenticatorDataBytesMin = 37;

export interface SignedFacts {
  /** 0 where the authenticator does not count. */
  readonly counter: number;
}

/**
 * Checks a passkey's signature by the evidence alone, as an auditor does offline: that a user whom the authenticator verified signed `challenge` for this
 * relying party, in a page of this origin itself (WebAuthn Level 3, section 7.2, steps 11 to 21). Whose key it is, is for the caller to know.
 * @param challenge 32 bytes.
 * @throws {PasskeyError} `mismatch`, `user-not-verified`, `bad-signature`.
 */
export function verifyPasskeyEvidence(evidence: PasskeyEvidence, challenge: Uint8Array): SignedFacts {
  const clientData = bytesOf(evidence.clientDataJSON);
  if (!isClientDataFor(clientData, evidence.origin, challenge)) throw new PasskeyError("mismatch");
  const data = bytesOf(evidence.authenticatorData);
  if (data.length < authenticatorDataBytesMin) throw new PasskeyError("mismatch");
  if (!timingSafeEqual(data.subarray(0, 32), hash("sha256", evidence.rpId, "buffer"))) throw new PasskeyError("mismatch");
  const flags = data[32]!;
  if ((flags & userPresent) === 0 || (flags & userVerified) === 0) throw new PasskeyError("user-not-verified");
  const signed = Buffer.concat([data, hash("sha256", clientData, "buffer")]);
  if (!isSignature(evidence, signed)) throw new PasskeyError("bad-signature");
  return { counter: data.readUInt32BE(33) };
}

function isClientDataFor(clientData: Buffer, origin: string, challenge: Uint8Array): boolean {
  try {
    const told = JSON.parse(clientData.toString("utf8")) as Readonly<Record<string, unknown>>;
    // A page of ours inside a frame of somebody else's is not where a person reads what they sign.
    const isInFrame = told["crossOrigin"] === true || told["topOrigin"] !== undefined;
    return (
      told["type"] === "webauthn.get" &&
      told["origin"] === origin &&
      told["challenge"] === Buffer.from(challenge).toString("base64url") &&
      !isInFrame
    );
  } catch {
    return false;
  }
}

function isSignature({ publicKey, algorithm, signature }: PasskeyEvidence, signed: Buffer): boolean {
  try {
    const bytes = bytesOf(publicKey);
    const key = createPublicKey({ key: bytes, format: "der", type: "spki" });
    if (!isOneForm(key, bytes)) return false;
    switch (algorithm) {
      case algorithms.es256:
        return key.asymmetricKeyDetails?.namedCurve === "prime256v1" && verify("sha256", signed, key, bytesOf(signature));
      case algorithms.edDsa:
        return key.asymmetricKeyType === "ed25519" && verify(null, signed, key, bytesOf(signature));
      case algorithms.rs256:
        return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= rsaBitsMin && verify("sha256", signed, key, bytesOf(signature));
      default:
        return false;
    }
  } catch {
    return false;
  }
}

/**
 * One key, one form, so that digests of evidence stay comparable. A point has a second, "hybrid" encoding (SEC 1, section 2.3.3), which OpenSSL keeps when
 * it writes what it read: only the key's numbers make the form that we take.
 */
function isOneForm(key: KeyObject, bytes: Buffer): boolean {
  const fromNumbers = createPublicKey({ key: key.export({ format: "jwk" }), format: "jwk" });
  return fromNumbers.export({ format: "der", type: "spki" }).equals(bytes);
}

const BASE64URL = /^[\w-]{1,16384}$/;

function bytesOf(text: string): Buffer {
  if (typeof text !== "string" || !BASE64URL.test(text)) throw new PasskeyError("mismatch");
  return Buffer.from(text, "base64url");
}
