import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { DecryptCommand, GenerateMacCommand, type KMSClient } from "@aws-sdk/client-kms";
import { type KeyArn, keyArnIn } from "./key-arn.ts";
import { askOf } from "./aws-connection.ts";
import { derivationContext } from "./context.ts";
import { taken } from "./secret.ts";
import type { AwsKmsSettings } from "./settings.ts";
import { dataKeyBytes, KeyError, type SealingKeys } from "../provider.ts";

/**
 * Derived keys, by HMAC inside KMS; or, where the keys lie in a custom key store, which has no HMAC keys, by HMAC here under a secret that one
 * Decrypt brought. That Decrypt names the context of the derivation root, which no data key has, and is made once by each handle.
 * @throws {KeyError} `wrong-provider` where a key is named that may not be used.
 */
export function kmsDerivation(client: KMSClient, { place, derivation }: AwsKmsSettings): SealingKeys["derive"] {
  if (derivation.size === 0) throw new KeyError("wrong-provider", "no derivation root is named");
  const roots = new Map(
    Array.from(derivation, ([epoch, { key, wrappedSecret }]) => {
      const arn = keyArnIn(place, key);
      return [epoch, wrappedSecret === null ? macRoot(client, arn) : secretRoot(client, arn, wrappedSecret, epoch)] as const;
    }),
  );
  return async (label, epoch = 1) => {
    const root = roots.get(epoch);
    if (root === undefined) throw new KeyError("unknown-epoch", `no derivation root is named for epoch ${epoch}`);
    return await root(`derive|${label}`);
  };
}

type DerivationRoot = (message: string) => Promise<Buffer>;

function macRoot(client: KMSClient, key: KeyArn): DerivationRoot {
  return async (message) => {
    const request = new GenerateMacCommand({ KeyId: key, MacAlgorithm: "HMAC_SHA_256", Message: Buffer.from(message) });
    const { Mac } = await askOf(client, key, () => client.send(request));
    return taken(Mac, 32);
  };
}

function secretRoot(client: KMSClient, key: KeyArn, wrapped: Uint8Array, epoch: number): DerivationRoot {
  const unwrap = async (): Promise<KeyObject> => {
    const request = new DecryptCommand({ KeyId: key, CiphertextBlob: wrapped, EncryptionContext: derivationContext(epoch) });
    const { Plaintext } = await askOf(client, key, () => client.send(request));
    const secret = taken(Plaintext, dataKeyBytes);
    const held = createSecretKey(secret);
    secret.fill(0);
    return held;
  };
  let unwrapping: Promise<KeyObject> | null = null;
  return async (message) => {
    const asked = (unwrapping ??= unwrap());
    asked.catch(() => {
      if (unwrapping === asked) unwrapping = null;
    });
    return createHmac("sha256", await asked)
      .update(message)
      .digest();
  };
}
