import { type KeyKind, noteKey, type NoteSigner } from "../../audit/note.ts";
import type { SigningKeys } from "../../vault/keys/provider.ts";

/** SubjectPublicKeyInfo of Ed25519 without the key (RFC 8410, section 4). */
const ed25519PrefixBytes = 12;

/** The key that signs for the installation, as the key of a log. @throws {KeyError} */
export async function logSigner(keys: Pick<SigningKeys, "sign" | "publicKey">, name: string): Promise<NoteSigner> {
  const { algorithm, spki } = await keys.publicKey();
  const [kind, bytes]: readonly [KeyKind, Uint8Array] =
    algorithm === "Ed25519" ? ["ed25519", spki.subarray(ed25519PrefixBytes)] : ["ecdsa-p256", spki];
  return { key: noteKey(name, kind, bytes), sign: async (text) => (await keys.sign(Buffer.from(text))).signature };
}
