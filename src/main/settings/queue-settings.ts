import { type Place, resourceIn } from "../../aws/place.ts";
import { ConfigError, readSetting } from "./setting.ts";

export interface QueueSettings {
  /** Of an SQS FIFO queue. */
  readonly arn: string;
  /** Of the KMS key that it is encrypted under. */
  readonly key: string;
}

/**
 * The queue between inbox and workers; null where the inbox is the queue.
 * @throws {ConfigError} @throws {PlaceError} for one elsewhere.
 */
export function readQueue(env: NodeJS.ProcessEnv, place: Place): QueueSettings | null {
  const arn = readSetting(env, "PARCELKEEP_QUEUE") ?? "postgres";
  if (arn === "postgres") return null;
  if (!arn.startsWith("arn:")) throw new ConfigError("PARCELKEEP_QUEUE must be postgres, or the ARN of an SQS FIFO queue");
  if (!resourceIn(place, "sqs", arn).endsWith(".fifo"))
    throw new ConfigError("PARCELKEEP_QUEUE must be a FIFO queue: jobs of a shipment are in order");
  const key = readSetting(env, "PARCELKEEP_QUEUE_KEY");
  if (key === null) throw new ConfigError("PARCELKEEP_QUEUE_KEY must be the ARN of the KMS key that the queue is encrypted under");
  resourceIn(place, "kms", key);
  return { arn, key };
}
