import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { awsClient } from "../../../aws/aws-client.ts";
import type { AwsConnection } from "../../../aws/connection.ts";
import { callTold, deniedAccess, type Meaning, meaningOf, refusedCredentials, type SdkError } from "../../../aws/sdk-error.ts";
import { KeyError } from "../provider.ts";
import type { KeyArn } from "./key-arn.ts";

/** Nothing on the hot path waits for KMS: a call may take its three attempts and stays well under the minute that a session key has left. */
export function connectKms(connection: AwsConnection): KMSClient {
  return awsClient(KMSClient, "kms", connection);
}

/**
 * The answer about one key, or what its failure means to us. Neither message nor cause holds anything of the request: what the SDK throws
 * carries the whole exchange in hidden fields.
 * @throws {KeyError}
 */
export async function askOf<Answer>(client: KMSClient, key: KeyArn, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    // One name for a key that is about to be destroyed and for a key store that is away for a moment; only the state tells them apart.
    if ((error as SdkError).name === "KMSInvalidStateException" && (await isLeaving(client, key))) {
      throw new KeyError("disabled-key", "the key is disabled, or waits for its deletion", { cause: callTold(error as SdkError) });
    }
    throw keyErrorOf(error as SdkError);
  }
}

async function isLeaving(client: KMSClient, key: KeyArn): Promise<boolean> {
  try {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: key }));
    return leavingStates.has(KeyMetadata?.KeyState ?? "");
  } catch {
    return false;
  }
}

/** States that only a person ends (KMS developer guide, "Key states of AWS KMS keys"). */
const leavingStates: ReadonlySet<string> = new Set(["Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport"]);

/** By the error's name in the KMS API reference; throttling by the SDK's own list. */
const meanings: readonly Meaning<KeyError["code"]>[] = [
  ["refused-wrap", "the wrap does not fit its key and context", new Set(["InvalidCiphertextException", "IncorrectKeyException"])],
  ["not-permitted", "the key's policy or the caller's does not allow this", deniedAccess],
  ["refused-credentials", "the credentials are wrong or expired", refusedCredentials],
  ["disabled-key", "the key is disabled", new Set(["DisabledException"])],
  ["wrong-provider", "there is no such key in this account and region", new Set(["NotFoundException", "InvalidArnException"])],
  [
    "wrong-provider",
    "the key is not of the kind that this needs",
    new Set(["InvalidKeyUsageException", "UnsupportedOperationException", "ValidationException"]),
  ],
  [
    "unavailable",
    "too many requests to the key service",
    new Set(["ThrottlingException", "Throttling", "LimitExceededException", "TooManyRequestsException", "RequestLimitExceeded"]),
  ],
  [
    "unavailable",
    "the key's store does not answer",
    new Set([
      "KeyUnavailableException",
      "CustomKeyStoreInvalidStateException",
      "CloudHsmClusterNotActiveException",
      "XksProxyUriUnreachableException",
    ]),
  ],
  ["unavailable", "the key is in no state to be used now", new Set(["KMSInvalidStateException"])],
  ["unavailable", "there are no credentials to ask with", new Set(["CredentialsProviderError", "TokenProviderError"])],
];

function keyErrorOf(error: SdkError): KeyError {
  const [code, message] = meaningOf(error.name, meanings, ["unavailable", "the key service was not reached"]);
  return new KeyError(code, message, { cause: callTold(error) });
}
