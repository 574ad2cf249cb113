import { ckg, ckm, type Cryptoki, type TokenInfo } from "./cryptoki.ts";
import type { Protection } from "../provider.ts";

/**
 * What differs between tokens, decided by what module and token say of themselves, never by a setting.
 *
 * Only three things do, because of what is not asked of a token: it makes no IV and no symmetric wrap here. CloudHSM insists on choosing the IV of AES-GCM into
 * a zeroed buffer, where SoftHSM takes the zeroes for the IV; and its AES key wraps have numbers of their own. With one RSA-OAEP unwrap, HMAC and ECDSA
 * neither can go wrong (docs/decisions, "Key providers").
 */
export interface TokenModel {
  readonly product: string;
  readonly protection: Protection;
  readonly oaep: OaepHash;
  readonly rsaKeyPairGen: number;
  /** CloudHSM's users share one token, and each sees its own keys; elsewhere a token has one user. */
  readonly hasSeveralUsers: boolean;
  readonly recordsUnwrap: boolean;
}

export interface OaepHash {
  /** Written into the wrap. */
  readonly id: number;
  readonly name: "sha1" | "sha256";
  readonly hashAlg: number;
  readonly mgf: number;
}

/** SHA-1 in OAEP rests on no collision resistance (RFC 8017, section 7.1, and appendix B.1); it is for SoftHSM 2.6, which takes no other. */
export const oaepHashes: readonly OaepHash[] = [
  { id: 1, name: "sha1", hashAlg: ckm.sha1, mgf: ckg.mgf1Sha1 },
  { id: 2, name: "sha256", hashAlg: ckm.sha256, mgf: ckg.mgf1Sha256 },
];
const [oaepSha1, oaepSha256] = oaepHashes as readonly [OaepHash, OaepHash];

export function tokenModel(module: ReturnType<Cryptoki["C_GetInfo"]>, token: TokenInfo): TokenModel {
  const product = [token.manufacturerID, token.model]
    .map((text) => text.trim())
    .join(" ")
    .trim();
  const says = (pattern: RegExp): boolean => pattern.test(`${module.manufacturerID} ${module.libraryDescription} ${product}`);
  if (says(/softhsm/i)) {
    return {
      product,
      protection: { kind: "software-token" },
      oaep: oaepSha1,
      rsaKeyPairGen: ckm.rsaPkcsKeyPairGen,
      hasSeveralUsers: false,
      recordsUnwrap: false,
    };
  }
  if (says(/cloudhsm|cavium|marvell/i)) {
    return {
      product,
      protection: { kind: "hsm", fips: cloudHsmFips(token.model) },
      oaep: oaepSha256,
      // AWS: the same as CKM_RSA_PKCS_KEY_PAIR_GEN, with stronger guarantees for p and q (supported mechanisms, Client SDK 5, read 2026-11-25).
      rsaKeyPairGen: ckm.rsaX931KeyPairGen,
      hasSeveralUsers: true,
      recordsUnwrap: true,
    };
  }
  return {
    product,
    protection: { kind: "hsm", fips: null },
    oaep: oaepSha256,
    rsaKeyPairGen: ckm.rsaPkcsKeyPairGen,
    hasSeveralUsers: false,
    // Many can; whether this one is told to is not to be seen from here.
    recordsUnwrap: false,
  };
}

/** Where the token names its HSM type: hsm1.medium and hsm2m.medium (AWS CloudHSM, cluster HSM types). */
function cloudHsmFips(model: string): string | null {
  if (/hsm2m/i.test(model)) return "FIPS 140-3 level 3";
  return /hsm1/i.test(model) ? "FIPS 140-2 level 3" : null;
}
