import { S3Client } from "@aws-sdk/client-s3";
import { awsClient } from "../aws/aws-client.ts";
import type { AwsConnection } from "../aws/connection.ts";
import { callTold, deniedAccess, type Meaning, meaningOf, refusedCredentials, type SdkError } from "../aws/sdk-error.ts";
import { ObjectStoreError } from "./object-store.ts";

/** Of one attempt; an object of some megabytes takes its time. */
const timeoutMs = 30_000;

/** @throws {PlaceError} */
export function connectS3(connection: AwsConnection): S3Client {
  return awsClient(PlainS3Client, "s3", connection, { timeoutMs });
}

/** Without what the environment or a configuration file could switch on: other hosts, other regions, checksums that are not ours. */
class PlainS3Client extends S3Client {
  constructor(settings: ConstructorParameters<typeof S3Client>[0]) {
    super({
      ...settings,
      followRegionRedirects: false,
      useArnRegion: false,
      useAccelerateEndpoint: false,
      disableMultiregionAccessPoints: true,
      disableS3ExpressSessionAuth: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }
}

/**
 * What S3 answered, or what its failure means to us. Neither message nor cause holds anything of the request: what the SDK throws carries the whole
 * exchange in hidden fields.
 * @throws {ObjectStoreError}
 */
export async function askS3<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw storeErrorOf(error as SdkError);
  }
}

/** @returns null where S3 says that there is no such object. A role without `s3:ListBucket` is told 403 in its place. */
export async function askForObject<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await ask();
  } catch (error) {
    const { name, $metadata } = error as SdkError;
    // HeadObject has no body, so its 404 has no other name (S3 API reference, "HeadObject").
    if (name === "NoSuchKey" || (name === "NotFound" && $metadata?.httpStatusCode === 404)) return null;
    throw storeErrorOf(error as SdkError);
  }
}

/** By the error's name in the S3 API reference, "Error responses"; HeadObject has only the status. */
const meanings: readonly Meaning<ObjectStoreError["code"]>[] = [
  ["exists", "an object stands under this key", new Set(["PreconditionFailed"])],
  ["out-of-range", "the object is shorter", new Set(["InvalidRange"])],
  ["refused", "the policies of bucket, key or role do not allow this", deniedAccess],
  ["refused", "the credentials are wrong or expired", refusedCredentials],
  [
    "refused",
    "the bucket is not there, or not in this region",
    new Set(["NoSuchBucket", "PermanentRedirect", "AuthorizationHeaderMalformed"]),
  ],
  ["unprotected", "the bucket has no object lock", new Set(["InvalidRequest", "ObjectLockConfigurationNotFoundError"])],
  ["refused", "the key cannot be used", new Set(["KMS.DisabledException", "KMS.NotFoundException", "KMS.KMSInvalidStateException"])],
];

function storeErrorOf(error: SdkError): ObjectStoreError {
  // An answer that a gateway gave has a status and no name.
  const name = error.$metadata?.httpStatusCode === 403 ? "AccessDenied" : error.name;
  const [code, message] = meaningOf(name, meanings, ["unavailable", "the store was not reached"]);
  return new ObjectStoreError(code, message, { cause: callTold(error) });
}
