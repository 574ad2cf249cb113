import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { awsClient } from "../aws/aws-client.ts";
import type { AwsConnection } from "../aws/connection.ts";
import { resourceIn } from "../aws/place.ts";
import { askBus } from "./aws-bus-call.ts";
import { publishInBatches } from "./event-batches.ts";
import { type BusEvent, type EventBus, EventBusError, type PublishOutcome } from "./event-bus.ts";

/** What rules match on, beside the detail. */
const source = "parcelkeep";
/** Errors of one entry that another attempt does not change (EventBridge API reference, PutEventsResultEntry). */
const refusals: ReadonlySet<string> = new Set([
  "InvalidArgument",
  "MalformedDetail",
  "NotAuthorizedForSourceException",
  "InvalidAccountIdException",
]);

/**
 * A bus of Amazon EventBridge. The detail of an event is its CloudEvent; it names no resources.
 * @param arn of the bus. @throws {PlaceError}
 */
export function eventBridgeBus(connection: AwsConnection, arn: string): EventBus {
  if (!resourceIn(connection.place, "events", arn).startsWith("event-bus/"))
    throw new EventBusError("misconfigured", "the ARN of EventBridge is not that of an event bus");
  const client = awsClient(EventBridgeClient, "events", connection);
  const put = async (batch: readonly BusEvent[]) => {
    const Entries = batch.map(({ type, time, body }) => ({
      EventBusName: arn,
      Source: source,
      DetailType: type,
      Time: time,
      Detail: body,
    }));
    const { Entries: answers = [] } = await askBus(() => client.send(new PutEventsCommand({ Entries })));
    return batch.map((_, place): PublishOutcome => {
      const { EventId, ErrorCode: code = "none" } = answers[place] ?? {};
      if (EventId !== undefined) return { outcome: "published" };
      return { outcome: refusals.has(code) ? "refused" : "failed", code };
    });
  };
  return {
    publish: (events) => publishInBatches(events, entryBytes, put),
    close: async () => client.destroy(),
  };
}

/** As EventBridge counts (user guide, "Calculating PutEvents event entry size"): 14 for the time, and the texts. */
function entryBytes({ type, body }: BusEvent): number {
  return 14 + Buffer.byteLength(source) + Buffer.byteLength(type) + Buffer.byteLength(body);
}
