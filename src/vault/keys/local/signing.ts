import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import type { SigningKeys, SigningPublicKey } from "../provider.ts";
import { signingKeyId } from "../signature.ts";
import { epochKeys, readKeyFile } from "./key-file.ts";

/** PKCS#8 of Ed25519 without the key (RFC 8410, section 7). */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Ed25519 (RFC 8032) by the current epoch's key. In a file of its own: who may open does not thereby sign for the audit log, nor the reverse.
 * @param path of `signing.json`, mode 0600.
 * @throws {KeyError} `bad-key-file`, `unavailable`
 */
export async function localSigningKeys(path: string): Promise<SigningKeys> {
  const file = await readKeyFile(path, ["publicKey", "privateKey"]);
  const held = epochKeys(file).get(file.currentEpoch)!;
  const pkcs8 = Buffer.concat([pkcs8Prefix, held.privateKey]);
  const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  for (const gone of [pkcs8, held.privateKey]) gone.fill(0);
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const publicKey: SigningPublicKey = { algorithm: "Ed25519", keyId: signingKeyId(spki), spki };
  return {
    provider: "local",
    sign: async (message) => ({
      algorithm: publicKey.algorithm,
      keyId: publicKey.keyId,
      signature: sign(null, message, privateKey),
    }),
    publicKey: async () => publicKey,
  };
}
