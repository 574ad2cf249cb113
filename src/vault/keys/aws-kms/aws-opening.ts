import { DecryptCommand } from "@aws-sdk/client-kms";
import { encryptionContext } from "./context.ts";
import { askOf, connectKms } from "./aws-connection.ts";
import { describeKms } from "./aws-description.ts";
import { type AwsKmsSettings, epochKeys } from "./settings.ts";
import { taken } from "./secret.ts";
import { dataKeyBytes, KeyError, type OpeningKeys } from "../provider.ts";

/** KMS takes no longer one (API reference, Decrypt). */
const wrapBytesMax = 6144;

/**
 * The half that the opener holds: each unwrap is one Decrypt, which CloudTrail records with its context and the caller's session.
 * @throws {KeyError} `wrong-provider` where a key is named that may not be used.
 */
export function awsKmsOpeningKeys(settings: AwsKmsSettings): OpeningKeys {
  const keys = epochKeys(settings.place, settings.keys);
  const client = connectKms(settings);
  return {
    provider: "aws-kms",
    async unwrap(wrapped, context) {
      // Named although KMS would find it in the wrap: a wrap of another key, which its maker might control, is refused.
      const key = keys.of(context.epoch);
      if (wrapped.length === 0 || wrapped.length > wrapBytesMax)
        throw new KeyError("refused-wrap", `a wrap of ${wrapped.length} bytes is none`);
      const request = new DecryptCommand({ KeyId: key, CiphertextBlob: wrapped, EncryptionContext: encryptionContext(context) });
      const { Plaintext } = await askOf(client, key, () => client.send(request));
      return taken(Plaintext, dataKeyBytes);
    },
    describe: () => describeKms(client, settings, keys),
  };
}
