import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type FauxqsServer, startFauxqs } from "fauxqs";
import { randomUUID } from "node:crypto";
import type { AwsConnection } from "../../src/aws/connection.ts";
import { type Place, sovereignPlace } from "../../src/aws/place.ts";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" };
/** fauxqs says of every ARN that it is of this partition, and finds dead letters by that. */
export const fauxqsPlace: Place = { partition: "aws", region: "eu-central-1" };

/** Invented: emulators keep the attribute and encrypt nothing. */
export function queueKeyIn({ partition, region }: Place): string {
  return `arn:${partition}:kms:${region}:111122223333:key/11111111-2222-4333-8444-555555555555`;
}

export interface EmulatedQueue {
  readonly key: string;
  readonly connection: AwsConnection;
  readonly client: SQSClient;
  readonly arn: string;
  readonly url: string;
  readonly deadUrl: string;
}

/** A FIFO queue with dead letters, as `infra/` makes one, of an emulator at `endpoint`. */
export async function createQueue(
  endpoint: string,
  place = sovereignPlace,
  receivesMax = 5,
  attributes: Record<string, string> = {},
): Promise<EmulatedQueue> {
  const connection: AwsConnection = { place, emulator: { endpoint, credentials } };
  const client = new SQSClient({ region: place.region, endpoint, credentials });
  const key = queueKeyIn(place);
  const common = { FifoQueue: "true", KmsMasterKeyId: key, MessageRetentionPeriod: "1209600" };
  const name = `q${randomUUID().slice(0, 8)}`;
  const dead = await make(`${name}-dead.fifo`, common);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: String(receivesMax) });
  const high = { DeduplicationScope: "messageGroup", FifoThroughputLimit: "perMessageGroupId" };
  const queue = await make(`${name}.fifo`, {
    ...common,
    ...high,
    VisibilityTimeout: "30",
    MessageRetentionPeriod: "345600",
    RedrivePolicy,
    ...attributes,
  });
  return { connection, client, key, arn: queue.arn, url: queue.url, deadUrl: dead.url };

  async function make(QueueName: string, Attributes: Record<string, string>): Promise<{ arn: string; url: string }> {
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    const made = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
    return { arn: made.Attributes!["QueueArn"]!, url: QueueUrl! };
  }
}

/** fauxqs, an emulator of SQS in this process and over the wire. */
export async function startSqsEmulator(port = 0): Promise<{ readonly endpoint: string; readonly server: FauxqsServer }> {
  const server = await startFauxqs({ port, logger: false });
  return { endpoint: `http://127.0.0.1:${server.port}`, server };
}
