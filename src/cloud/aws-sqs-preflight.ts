import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { type Place, resourceIn } from "../aws/place.ts";
import { askSqs } from "./aws-sqs-call.ts";
import { QueueError } from "./job-queue.ts";

/** What a queue that may be used says of itself. */
export interface QueueFacts {
  readonly visibilityMs: number;
  /** After so many receives the queue itself buries a message. */
  readonly receivesMax: number;
  readonly deadLettersArn: string;
  /** What works and could be better, for the log. */
  readonly warnings: readonly string[];
}

/** The last receive is for giving a job up, and the first few may fall into restarts. */
const leastReceives = 5;
/** A turn takes well under a second; a shorter visibility would give a message to a second worker while the first waits for its lane. */
const leastVisibilityS = 10;

/**
 * Looks at queue and dead letters once, at the start: a queue that does not encrypt, orders nothing or drops what it cannot deliver is not used.
 * @param urlOf of a queue by its ARN.
 * @param key ARN of the key that both must be encrypted under.
 * @throws {QueueError} `misconfigured` with the name of the attribute; `unavailable`, `not-permitted`. @throws {PlaceError} for dead letters elsewhere.
 */
export async function queueFacts(
  client: SQSClient,
  place: Place,
  { arn, key }: { readonly arn: string; readonly key: string },
  urlOf: (arn: string) => string,
): Promise<QueueFacts> {
  const attributes = await attributesOf(client, urlOf(arn));
  requireProper("the queue", attributes, key);
  const { deadLetterTargetArn, maxReceiveCount } = redrivePolicy(attributes["RedrivePolicy"]);
  resourceIn(place, "sqs", deadLetterTargetArn);
  if (maxReceiveCount < leastReceives) throw misconfigured("RedrivePolicy", `maxReceiveCount of at least ${leastReceives}`);
  const visibilityS = Number(attributes["VisibilityTimeout"]);
  if (!(visibilityS >= leastVisibilityS)) throw misconfigured("VisibilityTimeout", `at least ${leastVisibilityS} seconds`);
  const deadLetters = await attributesOf(client, urlOf(deadLetterTargetArn));
  requireProper("the dead letters' queue", deadLetters, key);
  return {
    visibilityMs: visibilityS * 1000,
    receivesMax: maxReceiveCount,
    deadLettersArn: deadLetterTargetArn,
    warnings: warningsAbout(attributes),
  };
}

type Attributes = Readonly<Record<string, string | undefined>>;

async function attributesOf(client: SQSClient, url: string): Promise<Attributes> {
  const { Attributes = {} } = await askSqs(() => client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] })));
  return Attributes;
}

function requireProper(which: string, attributes: Attributes, key: string): void {
  if (attributes["FifoQueue"] !== "true") throw misconfigured("FifoQueue", `${which} must be a FIFO queue`);
  // Two jobs have the same content where they have the same id, and ids are given; hashing bodies could only drop what is none.
  if (attributes["ContentBasedDeduplication"] === "true") throw misconfigured("ContentBasedDeduplication", `off for ${which}`);
  if (attributes["KmsMasterKeyId"] !== key)
    throw misconfigured("KmsMasterKeyId", `${which} must be encrypted under the key of the settings`);
}

function redrivePolicy(text: string | undefined): { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number } {
  const policy = readJson(text) as { readonly deadLetterTargetArn?: unknown; readonly maxReceiveCount?: unknown } | null;
  // A number or a text, by the tool that made the queue.
  const maxReceiveCount = Number(policy?.maxReceiveCount);
  if (typeof policy?.deadLetterTargetArn !== "string" || !Number.isInteger(maxReceiveCount))
    throw misconfigured("RedrivePolicy", "a queue for dead letters and maxReceiveCount");
  return { deadLetterTargetArn: policy.deadLetterTargetArn, maxReceiveCount };
}

function readJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

function warningsAbout(queue: Attributes): readonly string[] {
  if (queue["FifoThroughputLimit"] === "perMessageGroupId" && queue["DeduplicationScope"] === "messageGroup") return [];
  return ["the queue takes 300 calls a second: set DeduplicationScope and FifoThroughputLimit for high throughput"];
}

function misconfigured(attribute: string, expected: string): QueueError {
  return new QueueError("misconfigured", `the queue is not as it has to be: ${attribute}, expected ${expected}`);
}
