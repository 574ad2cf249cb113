import { type MessageAttributeValue, PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import { awsClient } from "../aws/aws-client.ts";
import type { AwsConnection } from "../aws/connection.ts";
import { resourceIn } from "../aws/place.ts";
import { askBus } from "./aws-bus-call.ts";
import { publishInBatches } from "./event-batches.ts";
import type { BusEvent, EventBus, PublishOutcome } from "./event-bus.ts";

/**
 * A topic of Amazon SNS. Attributes say what subscriptions may filter by; a FIFO topic keeps the events of a shipment in order and drops an event that comes
 * again within five minutes.
 * @param arn of the topic. @throws {PlaceError}
 */
export function snsTopic(connection: AwsConnection, arn: string): EventBus {
  const isFifo = resourceIn(connection.place, "sns", arn).endsWith(".fifo");
  const client = awsClient(SNSClient, "sns", connection);
  const put = async (batch: readonly BusEvent[]) => {
    const PublishBatchRequestEntries = batch.map((event, place) => ({
      Id: String(place),
      Message: event.body,
      MessageAttributes: attributesOf(event),
      ...(isFifo ? { MessageGroupId: event.shipment, MessageDeduplicationId: event.id } : {}),
    }));
    const { Successful = [], Failed = [] } = await askBus(() =>
      client.send(new PublishBatchCommand({ TopicArn: arn, PublishBatchRequestEntries })),
    );
    const published = new Set(Successful.map(({ Id }) => Id));
    return batch.map((_, place): PublishOutcome => {
      if (published.has(String(place))) return { outcome: "published" };
      const { SenderFault, Code: code = "none" } = Failed.find(({ Id }) => Id === String(place)) ?? {};
      return { outcome: SenderFault === true ? "refused" : "failed", code };
    });
  };
  return {
    publish: (events) => publishInBatches(events, messageBytes, put),
    close: async () => client.destroy(),
  };
}

function attributesOf({ type, tenant, status, carrier }: BusEvent): Record<string, MessageAttributeValue> {
  const named = Object.entries({ type, tenant, status, carrier }).filter(([, value]) => value !== null);
  return Object.fromEntries(named.map(([name, StringValue]) => [name, { DataType: "String", StringValue: StringValue! }]));
}

/** Attributes count with their names and types (SNS developer guide, "Message attributes"). */
function messageBytes(event: BusEvent): number {
  const attributes = Object.entries(attributesOf(event)).map(
    ([name, { StringValue }]) => name.length + "String".length + StringValue!.length,
  );
  return Buffer.byteLength(event.body) + attributes.reduce((sum, bytes) => sum + bytes, 0);
}
