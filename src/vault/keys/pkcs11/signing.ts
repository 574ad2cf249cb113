import { createPublicKey, hash } from "node:crypto";
import type { SigningKeys, SigningPublicKey } from "../provider.ts";
import { signingKeyId } from "../signature.ts";
import { cka, ckm, cko, type LoadCryptoki } from "./cryptoki.ts";
import { epochsOf, refuseWithout, rootOf } from "./roots.ts";
import { type Pkcs11Login, Token } from "./token.ts";

/**
 * ECDSA on P-256 over SHA-256 by the current epoch's key in a PKCS #11 token: every HSM has it, while Ed25519 is rare. Hashed here, as CloudHSM's library does too.
 * @throws {KeyError} `missing-library`, `wrong-provider`, `refused-credentials`, `unavailable`
 */
export async function pkcs11SigningKeys(login: Pkcs11Login, load?: LoadCryptoki): Promise<SigningKeys> {
  const token = await Token.connect(login, load);
  const { epochs, publicKey } = await token.use(async (session) => {
    const found = epochsOf(session, cko.privateKey, "sign");
    refuseWithout(found, "sign");
    const handle = rootOf(session, cko.publicKey, "sign", found.at(-1)!, found);
    return { epochs: found, publicKey: publicKeyOf(session.attributes(handle, [cka.ecPoint])[0]!) };
  });
  const epoch = epochs.at(-1)!;
  return {
    provider: "pkcs11",
    sign: async (message) => {
      const digest = hash("sha256", message, "buffer");
      const raw = await token.use(async (session) => {
        const key = rootOf(session, cko.privateKey, "sign", epoch, epochs);
        session.cryptoki.C_SignInit(session.handle, { mechanism: ckm.ecdsa }, key);
        return session.cryptoki.C_SignAsync(session.handle, digest, Buffer.alloc(64));
      });
      return { algorithm: publicKey.algorithm, keyId: publicKey.keyId, signature: derSignature(raw) };
    },
    publicKey: async () => publicKey,
  };
}

/** @param ecPoint the uncompressed point (SEC 1, section 2.3.3), in an OCTET STRING as the standard has it or bare as some tokens do. */
function publicKeyOf(ecPoint: Buffer): SigningPublicKey {
  const point = ecPoint.subarray(-64);
  const jwk = { kty: "EC", crv: "P-256", x: point.subarray(0, 32).toString("base64url"), y: point.subarray(32).toString("base64url") };
  const spki = createPublicKey({ key: jwk, format: "jwk" }).export({ format: "der", type: "spki" });
  return { algorithm: "ECDSA-P256-SHA256", keyId: signingKeyId(spki), spki };
}

/** PKCS #11 gives r and s of 32 bytes each (v2.40 mechanisms, section 2.3.1); the port wants the DER of RFC 3279, section 2.2.3. */
function derSignature(raw: Buffer): Buffer {
  const integers = Buffer.concat([derInteger(raw.subarray(0, 32)), derInteger(raw.subarray(32, 64))]);
  return Buffer.concat([Buffer.of(0x30, integers.length), integers]);
}

function derInteger(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(first === -1 ? bytes.length - 1 : first);
  const positive = digits[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits;
  return Buffer.concat([Buffer.of(0x02, positive.length), positive]);
}
