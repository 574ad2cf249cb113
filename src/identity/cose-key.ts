import { decodeCredentialPublicKey } from "@simplewebauthn/server/helpers";
import { createPublicKey, type KeyObject } from "node:crypto";

/** COSE algorithms that passkeys may have here (RFC 9053, sections 2.1 and 2.2; RFC 8812, section 2). RS256 is for Windows Hello on TPMs without elliptic curves. */
export const algorithms = { es256: -7, edDsa: -8, rs256: -257 } as const;

/** NIST SP 800-131A Rev. 2, section 3. */
export const rsaBitsMin = 2048;
const rsaBytesMax = 512;

export interface PasskeyKey {
  readonly algorithm: number;
  readonly key: KeyObject;
}

/**
 * Reads a credential's public key (COSE_Key, RFC 9052, section 7).
 * @throws {TypeError} where it is of no algorithm of ours, or none at all.
 */
export function readCoseKey(cose: Uint8Array): PasskeyKey {
  // Labels of RFC 9053, section 7: 1 key type, 3 algorithm, -1 curve, -2 x, -3 y.
  const fields = decodeCredentialPublicKey(Uint8Array.from(cose)) as unknown as ReadonlyMap<number, unknown>;
  const text = (label: number, bytesMin = 32, bytesMax = bytesMin): string => {
    const value = fields.get(label);
    if (!(value instanceof Uint8Array) || value.length < bytesMin || value.length > bytesMax) throw new TypeError("not a key of this size");
    return Buffer.from(value).toString("base64url");
  };
  const shape = [fields.get(1), fields.get(3), fields.get(-1)].join();
  if (shape === `2,${algorithms.es256},1`) return keyOf(algorithms.es256, { kty: "EC", crv: "P-256", x: text(-2), y: text(-3) });
  if (shape === `1,${algorithms.edDsa},6`) return keyOf(algorithms.edDsa, { kty: "OKP", crv: "Ed25519", x: text(-2) });
  // RFC 8230, section 4: 3 RSA, -1 modulus, -2 exponent.
  if (fields.get(1) === 3 && fields.get(3) === algorithms.rs256)
    return keyOf(algorithms.rs256, { kty: "RSA", n: text(-1, rsaBitsMin / 8, rsaBytesMax), e: text(-2, 1, 8) });
  throw new TypeError("not a key of ES256, EdDSA or RS256");
}

function keyOf(algorithm: number, key: Readonly<Record<string, string>>): PasskeyKey {
  return { algorithm, key: createPublicKey({ key, format: "jwk" }) };
}
