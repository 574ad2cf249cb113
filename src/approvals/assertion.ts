import { hash, type KeyObject, timingSafeEqual, verify } from "node:crypto";

/** What a passkey signed, as `AuthenticatorAssertionResponse` has it (W3C WebAuthn Level 3, section 5.2.2); all in base64url. */
export interface Assertion {
  /** Id of the credential. */
  readonly credential: string;
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
  /** When it was asked for, RFC 3339 in UTC, whole seconds: part of what is signed. What was signed before that was so has none. */
  readonly askedAt?: string;
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

export function isAssertion(value: unknown): value is Assertion {
  if (typeof value !== "object" || value === null) return false;
  const parts = value as Readonly<Record<string, unknown>>;
  const { askedAt } = parts;
  if (askedAt !== undefined && (typeof askedAt !== "string" || !MOMENT.test(askedAt))) return false;
  return ["credential", "authenticatorData", "clientDataJSON", "signature"].every((name) => typeof parts[name] === "string");
}

export interface RelyingParty {
  /** A host's name. */
  readonly id: string;
  /** Whole origins, such as `https://console.example.eu`. */
  readonly origins: readonly string[];
}

/** UP and UV of the authenticator's flags (section 6.1): somebody was there, and was recognised. */
const presentAndVerified = 0b101;
const bytesMax = 4_096;

/**
 * Whether this passkey has signed exactly this challenge, with its user present and verified (section 7.2, steps 11 to 21). The signature counter is not looked at: what is signed
 * is used once, whoever repeats it.
 * @param challenge the bytes; of a decision, see `decisionSha256`.
 */
export function isAssertionOf(assertion: Assertion, challenge: Uint8Array, key: KeyObject, relyingParty: RelyingParty): boolean {
  const authenticatorData = fromBase64url(assertion.authenticatorData);
  const clientData = fromBase64url(assertion.clientDataJSON);
  const signature = fromBase64url(assertion.signature);
  if (authenticatorData === null || clientData === null || signature === null || authenticatorData.length < 37) return false;
  if (!isClientDataOf(clientData, challenge, relyingParty.origins)) return false;
  if (!timingSafeEqual(authenticatorData.subarray(0, 32), hash("sha256", relyingParty.id, "buffer"))) return false;
  if ((authenticatorData[32]! & presentAndVerified) !== presentAndVerified) return false;
  return isSigned(key, Buffer.concat([authenticatorData, hash("sha256", clientData, "buffer")]), signature);
}

function isClientDataOf(bytes: Buffer, challenge: Uint8Array, origins: readonly string[]): boolean {
  try {
    const client = JSON.parse(bytes.toString("utf8")) as { type?: unknown; challenge?: unknown; origin?: unknown; crossOrigin?: unknown };
    return (
      client.type === "webauthn.get" &&
      client.challenge === Buffer.from(challenge).toString("base64url") &&
      typeof client.origin === "string" &&
      origins.includes(client.origin) &&
      client.crossOrigin !== true
    );
  } catch {
    return false;
  }
}

/** ES256, EdDSA and RS256 (IANA, "COSE Algorithms"): what authenticators have. */
function isSigned(key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  try {
    switch (key.asymmetricKeyType) {
      case "ed25519":
        return verify(null, signed, key, signature);
      case "ec":
        return key.asymmetricKeyDetails?.namedCurve === "prime256v1" && verify("sha256", signed, key, signature);
      case "rsa":
        return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 && verify("sha256", signed, key, signature);
      default:
        return false;
    }
  } catch {
    return false;
  }
}

function fromBase64url(text: string): Buffer | null {
  return text.length <= bytesMax && /^[A-Za-z0-9_-]+$/.test(text) ? Buffer.from(text, "base64url") : null;
}
