import { callTold, deniedAccess, type Meaning, meaningOf, refusedCredentials, type SdkError } from "../aws/sdk-error.ts";
import { QueueError } from "./job-queue.ts";

/** By the error's name in the SQS API reference; the name of the older query protocol stands behind a prefix. */
const meanings: readonly Meaning<QueueError["code"]>[] = [
  ["not-permitted", "the queue's policy or the caller's does not allow this", deniedAccess],
  ["not-permitted", "the credentials are wrong or expired", refusedCredentials],
  ["not-permitted", "the key that encrypts the queue does not allow this", new Set(["KmsAccessDenied", "KmsOptInRequired"])],
  [
    "misconfigured",
    "there is no such queue in this account and region",
    new Set(["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "ResourceNotFoundException"]),
  ],
  [
    "misconfigured",
    "the key that encrypts the queue is not of use",
    new Set(["KmsDisabled", "KmsNotFound", "KmsInvalidKeyUsage", "KmsInvalidState"]),
  ],
];

/**
 * The answer of SQS, or what its failure means to us. Neither message nor cause holds anything of the request: what the SDK throws carries the whole exchange.
 * @throws {QueueError}
 */
export async function askSqs<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const [code, message] = meaningOf((error as SdkError).name, meanings, ["unavailable", "the queue was not reached"]);
    throw new QueueError(code, message, { cause: callTold(error as SdkError) });
  }
}
