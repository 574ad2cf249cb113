import { createPublicKey, verify, type JsonWebKey, type KeyObject } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isRecent } from "./signed-time.ts";

interface RsaScheme {
  readonly header: string;
  readonly keyIdHeader: string;
  readonly timestampHeader: string;
  readonly windowS: number;
}

/** Most keys that a set is read for; senders have two while they rotate. */
const keysMax = 20;
/** NIST SP 800-131A rev. 2, section 3: shorter moduli are disallowed. */
const modulusBitsMin = 2048;

/**
 * Verifies RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2) over `timestamp.body`.
 * @param pinned a JSON Web Key Set as text; null or a set without a usable key verifies nothing.
 * @param now epoch milliseconds.
 * @param missed called for a recent request whose key is not in the set.
 */
export function rsaVerifier(
  scheme: RsaScheme,
  pinned: string | null,
  now: () => number,
  missed: () => void = () => {},
): (headers: IncomingHttpHeaders, body: Buffer) => boolean {
  const keys = (pinned === null ? null : rsaKeys(pinned)) ?? new Map<string, KeyObject>();
  return (headers, body) => {
    const [signature, keyId, timestamp] = [headers[scheme.header], headers[scheme.keyIdHeader], headers[scheme.timestampHeader]];
    if (typeof signature !== "string" || typeof keyId !== "string" || typeof timestamp !== "string") return false;
    if (!isRecent(timestamp, now(), scheme.windowS)) return false;
    const key = keys.get(keyId);
    if (key === undefined) {
      missed();
      return false;
    }
    return verify("sha256", Buffer.concat([Buffer.from(`${timestamp}.`), body]), key, Buffer.from(signature, "base64"));
  };
}

/** A key set as it is kept: the members that verify, and of each the public parts alone. @returns null where it has no usable key. */
export function publicKeySet(text: string): string | null {
  if (rsaKeys(text) === null) return null;
  const usable = members(text)
    .slice(0, keysMax)
    .filter((member) => rsaKey(member) !== null && typeof member["kid"] === "string" && member["kid"] !== "");
  return JSON.stringify({ keys: usable.map(({ kty, kid, use, n, e }) => ({ kty, kid, use, n, e })) });
}

/**
 * The RSA keys of a JSON Web Key Set (RFC 7517, section 5) by key id; members of other kinds, without id or made for encryption are passed
 * over (section 5 again).
 * @returns null for a text that is no set or has no usable key.
 */
export function rsaKeys(text: string): ReadonlyMap<string, KeyObject> | null {
  const keys = new Map<string, KeyObject>();
  for (const member of members(text).slice(0, keysMax)) {
    const key = rsaKey(member);
    const id = member["kid"];
    if (key !== null && typeof id === "string" && id !== "") keys.set(id, key);
  }
  return keys.size === 0 ? null : keys;
}

function members(text: string): readonly Record<string, unknown>[] {
  try {
    const set = JSON.parse(text) as { keys?: unknown } | null;
    return Array.isArray(set?.keys)
      ? set.keys.filter((member): member is Record<string, unknown> => typeof member === "object" && member !== null)
      : [];
  } catch {
    return [];
  }
}

function rsaKey(member: Readonly<Record<string, unknown>>): KeyObject | null {
  const { kty, n, e, use } = member;
  if (kty !== "RSA" || typeof n !== "string" || typeof e !== "string" || (use !== undefined && use !== "sig")) return null;
  try {
    // Only the public members are taken, so that a private key that somebody pasted is not kept in use.
    const key = createPublicKey({ key: { kty, n, e } as JsonWebKey, format: "jwk" });
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= modulusBitsMin ? key : null;
  } catch {
    return null;
  }
}
