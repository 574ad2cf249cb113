import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { randomUUID } from "node:crypto";
import type { AwsConnection } from "../../src/aws/connection.ts";
import type { Place } from "../../src/aws/place.ts";
import { eventBridgeBus } from "../../src/cloud/aws-eventbridge.ts";
import { snsTopic } from "../../src/cloud/aws-sns.ts";
import type { BusUnderTest } from "../../src/cloud/event-bus.contract.ts";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" };

function connectionTo(endpoint: string, place: Place): AwsConnection {
  return { place, emulator: { endpoint, credentials } };
}

/** A queue that hears everything, as a subscriber has one. */
async function subscriber(endpoint: string, { region }: Place, isFifo: boolean) {
  const client = new SQSClient({ region, endpoint, credentials });
  const name = `heard-${randomUUID().slice(0, 8)}${isFifo ? ".fifo" : ""}`;
  const made = await client.send(new CreateQueueCommand({ QueueName: name, ...(isFifo ? { Attributes: { FifoQueue: "true" } } : {}) }));
  const QueueUrl = made.QueueUrl!;
  const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  return {
    arn: Attributes!["QueueArn"]!,
    bodies: async (count: number): Promise<readonly string[]> => {
      const bodies: string[] = [];
      while (bodies.length < count) {
        const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 10 }));
        if (Messages.length === 0) return bodies;
        bodies.push(...Messages.map(({ Body }) => Body!));
        for (const { ReceiptHandle } of Messages) await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
      return bodies;
    },
    close: () => client.destroy(),
  };
}

export async function snsUnderTest(endpoint: string, place: Place, isFifo: boolean): Promise<BusUnderTest & { readonly arn: string }> {
  const heard = await subscriber(endpoint, place, isFifo);
  const client = new SNSClient({ region: place.region, endpoint, credentials });
  const Name = `changes-${randomUUID().slice(0, 8)}${isFifo ? ".fifo" : ""}`;
  const { TopicArn } = await client.send(new CreateTopicCommand({ Name, ...(isFifo ? { Attributes: { FifoTopic: "true" } } : {}) }));
  await client.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: heard.arn, Attributes: { RawMessageDelivery: "true" } }));
  const bus = snsTopic(connectionTo(endpoint, place), TopicArn!);
  return {
    bus,
    arn: TopicArn!,
    received: heard.bodies,
    close: async () => {
      await bus.close();
      client.destroy();
      heard.close();
    },
  };
}

export async function eventBridgeUnderTest(endpoint: string, place: Place): Promise<BusUnderTest & { readonly arn: string }> {
  const heard = await subscriber(endpoint, place, false);
  const client = new EventBridgeClient({ region: place.region, endpoint, credentials });
  const Name = `changes-${randomUUID().slice(0, 8)}`;
  const { EventBusArn } = await client.send(new CreateEventBusCommand({ Name }));
  await client.send(new PutRuleCommand({ Name: "all", EventBusName: Name, EventPattern: JSON.stringify({ source: ["parcelkeep"] }) }));
  await client.send(new PutTargetsCommand({ Rule: "all", EventBusName: Name, Targets: [{ Id: "queue", Arn: heard.arn }] }));
  const bus = eventBridgeBus(connectionTo(endpoint, place), EventBusArn!);
  return {
    bus,
    arn: EventBusArn!,
    // The whole event comes, with the CloudEvent as its detail.
    received: async (count) => (await heard.bodies(count)).map((body) => JSON.stringify((JSON.parse(body) as { detail: unknown }).detail)),
    close: async () => {
      await bus.close();
      client.destroy();
      heard.close();
    },
  };
}
