import { EncryptCommand, GenerateDataKeyCommand } from "@aws-sdk/client-kms";
import { encryptionContext } from "./context.ts";
import { askOf, connectKms } from "./aws-connection.ts";
import { kmsDerivation } from "./aws-derivation.ts";
import { describeKms } from "./aws-description.ts";
import { type AwsKmsSettings, epochKeys } from "./settings.ts";
import { taken } from "./secret.ts";
import { dataKeyBytes, type SealingKeys } from "../provider.ts";

/**
 * The half that ingress holds. It asks for GenerateDataKey, Encrypt, GenerateMac and DescribeKey, and Decrypt for the derivation secret alone;
 * what makes that true of a process that was taken over is the policy of its role (docs/operations/keys-aws.md).
 * @throws {KeyError} `wrong-provider` where a key is named that may not be used.
 */
export function awsKmsSealingKeys(settings: AwsKmsSettings): SealingKeys {
  const keys = epochKeys(settings.place, settings.keys);
  const client = connectKms(settings);
  const derive = kmsDerivation(client, settings);
  return {
    provider: "aws-kms",
    currentEpoch: keys.currentEpoch,
    async generateDataKey(context) {
      const key = keys.of(context.epoch);
      const request = new GenerateDataKeyCommand({ KeyId: key, KeySpec: "AES_256", EncryptionContext: encryptionContext(context) });
      const { Plaintext, CiphertextBlob } = await askOf(client, key, () => client.send(request));
      return { plaintext: taken(Plaintext, dataKeyBytes), wrapped: Buffer.from(CiphertextBlob!) };
    },
    async wrap(dataKey, context) {
      const key = keys.of(context.epoch);
      const request = new EncryptCommand({ KeyId: key, Plaintext: dataKey, EncryptionContext: encryptionContext(context) });
      const { CiphertextBlob } = await askOf(client, key, () => client.send(request));
      return Buffer.from(CiphertextBlob!);
    },
    derive,
    describe: () => describeKms(client, settings, keys),
  };
}
