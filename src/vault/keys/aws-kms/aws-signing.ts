import { createPublicKey } from "node:crypto";
import { GetPublicKeyCommand, SignCommand, type SigningAlgorithmSpec } from "@aws-sdk/client-kms";
import { keyArnIn } from "./key-arn.ts";
import type { AwsConnection } from "../../../aws/connection.ts";
import { askOf, connectKms } from "./aws-connection.ts";
import { KeyError, type SignatureAlgorithm, type SigningKeys, type SigningPublicKey } from "../provider.ts";
import { signingKeyId } from "../signature.ts";

/** @throws {KeyError} `wrong-provider` where the key may not be used. */
export function awsKmsSigningKeys(settings: AwsConnection, keyArn: string): SigningKeys {
  const key = keyArnIn(settings.place, keyArn);
  const client = connectKms(settings);
  let asking: Promise<KmsSigningKey> | null = null;
  const signingKey = (): Promise<KmsSigningKey> => {
    const asked = (asking ??= ask());
    asked.catch(() => {
      if (asking === asked) asking = null;
    });
    return asked;
  };
  const ask = async (): Promise<KmsSigningKey> => {
    const { PublicKey } = await askOf(client, key, () => client.send(new GetPublicKeyCommand({ KeyId: key })));
    const spki = Buffer.from(PublicKey!);
    const kind = kindOf(spki);
    if (kind === null) throw new KeyError("wrong-provider", "the signing key is neither of ECC_NIST_P256 nor of ECC_NIST_EDWARDS25519");
    return { requested: kind.requested, publicKey: { algorithm: kind.algorithm, keyId: signingKeyId(spki), spki } };
  };
  return {
    provider: "aws-kms",
    async sign(message) {
      const { requested, publicKey } = await signingKey();
      const request = new SignCommand({ KeyId: key, Message: message, MessageType: "RAW", SigningAlgorithm: requested });
      const { Signature } = await askOf(client, key, () => client.send(request));
      return { algorithm: publicKey.algorithm, keyId: publicKey.keyId, signature: Buffer.from(Signature!) };
    },
    publicKey: async () => (await signingKey()).publicKey,
  };
}

interface KmsSigningKey {
  readonly requested: SigningAlgorithmSpec;
  readonly publicKey: SigningPublicKey;
}

/** By the public key itself. @returns null for a kind that is not signed with here. */
function kindOf(spki: Buffer): { readonly requested: SigningAlgorithmSpec; readonly algorithm: SignatureAlgorithm } | null {
  const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({ key: spki, format: "der", type: "spki" });
  if (asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === "prime256v1") {
    return { requested: "ECDSA_SHA_256", algorithm: "ECDSA-P256-SHA256" };
  }
  // ED25519_SHA_512 is pure Ed25519 (RFC 8032, section 5.1); ED25519_PH_SHA_512 would be Ed25519ph.
  return asymmetricKeyType === "ed25519" ? { requested: "ED25519_SHA_512", algorithm: "Ed25519" } : null;
}
