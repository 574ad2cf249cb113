import { randomUUID } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { awsClient } from "../../src/aws/aws-client.ts";
import { sovereignPlace } from "../../src/aws/place.ts";
import type { S3Settings } from "../../src/cloud/aws-s3-object-store.ts";

/** Account of whoever asks moto with this access key. */
const emulatedAccount = "123456789012";
/** Of anybody: the emulator takes them all. */
export const emulatorCredentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" };

/** A bucket, usually with an object lock, and a key, new in an emulator. */
export async function emulatedBucket(endpoint: string, { lock = true } = {}): Promise<S3Settings> {
  const connection = { place: sovereignPlace, emulator: { endpoint, credentials: emulatorCredentials } };
  const bucket = `objects-${randomUUID()}`;
  await awsClient(S3Client, "s3", connection).send(
    new CreateBucketCommand({
      Bucket: bucket,
      ObjectLockEnabledForBucket: lock,
      CreateBucketConfiguration: { LocationConstraint: sovereignPlace.region as never },
    }),
  );
  const { KeyMetadata } = await awsClient(KMSClient, "kms", connection).send(new CreateKeyCommand({}));
  return { ...connection, bucket, prefix: "parcelkeep/", key: KeyMetadata!.Arn!, owner: emulatedAccount };
}
