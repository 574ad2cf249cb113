import { openSqsQueue, type SqsQueue } from "../../cloud/aws-sqs-queue.ts";
import { readConfig } from "../config.ts";
import { ConfigError } from "../settings/setting.ts";

/** What an operator is told of the queue; reading it is the check that a worker makes when it starts. */
export interface QueueReport {
  readonly queue: string;
  readonly waiting: number;
  readonly inFlight: number;
  readonly dead: number;
  readonly receivesMax: number;
  readonly visibilitySeconds: number;
  readonly warnings: readonly string[];
}

/** @throws {QueueError} as a worker that starts does. @throws {ConfigError} where no queue is set. */
export function queueReport(): Promise<QueueReport> {
  return withQueue(async (queue, arn) => {
    const { receivesMax, visibilityMs, warnings } = queue.facts;
    return { queue: arn, ...(await queue.counts()), receivesMax, visibilitySeconds: visibilityMs / 1000, warnings };
  });
}

/** Brings the queue's dead letters back. @returns how many; null where SQS does it in the background. @throws as {@link queueReport}. */
export function redriveQueue(): Promise<number | null> {
  return withQueue((queue) => queue.redrive());
}

async function withQueue<Result>(work: (queue: SqsQueue, arn: string) => Promise<Result>): Promise<Result> {
  const { aws, queue: settings } = readConfig();
  if (settings === null)
    throw new ConfigError("PARCELKEEP_QUEUE names no queue: jobs wait in the inbox, and dead letters are listed by dead-letters");
  const queue = await openSqsQueue({ connection: aws, ...settings });
  try {
    return await work(queue, settings.arn);
  } finally {
    await queue.close();
  }
}
