import { CreateKeyCommand, KMSClient, type KeySpec, type KeyUsageType } from "@aws-sdk/client-kms";
import { awsClient } from "../../src/aws/aws-client.ts";
import type { AwsConnection } from "../../src/aws/connection.ts";

/** Settings by which a program has its roots in KMS, under keys that are new in an emulator. */
export async function keysInKms(connection: AwsConnection): Promise<NodeJS.ProcessEnv> {
  const client = awsClient(KMSClient, "kms", connection);
  const newKey = async (KeySpec: KeySpec, KeyUsage: KeyUsageType): Promise<string> =>
    (await client.send(new CreateKeyCommand({ KeySpec, KeyUsage }))).KeyMetadata!.Arn!;
  return {
    PARCELKEEP_KEYS: "aws-kms",
    PARCELKEEP_KMS_KEYS: `1=${await newKey("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")}`,
    PARCELKEEP_KMS_DERIVATION_KEYS: `1=${await newKey("HMAC_256", "GENERATE_VERIFY_MAC")}`,
    PARCELKEEP_KMS_SIGNING_KEY: await newKey("ECC_NIST_P256", "SIGN_VERIFY"),
  };
}
