import { sovereignPlace } from "../../src/aws/place.ts";
import { emulatedBucket, emulatorCredentials } from "./emulated-bucket.ts";
import { keysInKms } from "./emulated-keys.ts";
import { createQueue } from "./emulated-queue.ts";

/**
 * Settings by which a whole program runs on other adapters than the embedded ones: `PARCELKEEP_TEST_OBJECT_STORE=s3`, `PARCELKEEP_TEST_QUEUE=sqs` and
 * `PARCELKEEP_TEST_KEYS=kms` on the emulator that PARCELKEEP_TEST_AWS_ENDPOINT names, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of anybody. Each program
 * gets a bucket, a queue and keys of its own.
 * A test that gives its program keys or an emulator of its own is about these, and keeps them.
 * `PARCELKEEP_TEST_CACHE=redis://…` is a cache that all of them share.
 *
 * @param given settings that the test gives its program.
 */
export async function otherAdapters(given: NodeJS.ProcessEnv, env: NodeJS.ProcessEnv = process.env): Promise<NodeJS.ProcessEnv> {
  if (given["PARCELKEEP_AWS_TEST_ENDPOINT"] !== undefined) return {};
  const endpoint = env["PARCELKEEP_TEST_AWS_ENDPOINT"] ?? "";
  const cache = env["PARCELKEEP_TEST_CACHE"];
  return {
    ...(env["PARCELKEEP_TEST_OBJECT_STORE"] === "s3" ? await objectsInS3(endpoint) : {}),
    ...(env["PARCELKEEP_TEST_QUEUE"] === "sqs" ? await jobsBySqs(endpoint) : {}),
    ...(env["PARCELKEEP_TEST_KEYS"] === "kms" && given["PARCELKEEP_KEYS"] === undefined ? await rootsInKms(endpoint) : {}),
    ...(cache === undefined ? {} : { PARCELKEEP_CACHE_URL: cache }),
  };
}

export async function jobsBySqs(endpoint: string): Promise<NodeJS.ProcessEnv> {
  const { arn, key } = await createQueue(endpoint, sovereignPlace);
  return { PARCELKEEP_QUEUE: arn, PARCELKEEP_QUEUE_KEY: key, PARCELKEEP_AWS_TEST_ENDPOINT: endpoint };
}

async function rootsInKms(endpoint: string): Promise<NodeJS.ProcessEnv> {
  return {
    ...(await keysInKms({ place: sovereignPlace, emulator: { endpoint, credentials: emulatorCredentials } })),
    PARCELKEEP_AWS_TEST_ENDPOINT: endpoint,
  };
}

async function objectsInS3(endpoint: string): Promise<NodeJS.ProcessEnv> {
  const { bucket, key, owner } = await emulatedBucket(endpoint);
  return {
    PARCELKEEP_OBJECT_STORE: `s3://${bucket}/parcelkeep`,
    PARCELKEEP_OBJECT_STORE_KEY: key,
    PARCELKEEP_OBJECT_STORE_OWNER: owner,
    PARCELKEEP_AUDIT_ANCHOR: `s3://${bucket}/anchor`,
    PARCELKEEP_AWS_TEST_ENDPOINT: endpoint,
  };
}
