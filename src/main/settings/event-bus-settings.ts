import type { AwsConnection } from "../../aws/connection.ts";
import { type Place, resourceIn } from "../../aws/place.ts";
import type { EventBus } from "../../cloud/event-bus.ts";
import { ConfigError, readSetting } from "./setting.ts";

/**
 * ARN of the event bus of EventBridge, or of the topic of SNS, that is told of changed shipments; null for none.
 * @throws {ConfigError} @throws {PlaceError} for one elsewhere.
 */
export function readEventBus(env: NodeJS.ProcessEnv, place: Place): string | null {
  const arn = readSetting(env, "PARCELKEEP_EVENT_BUS");
  if (arn === null) return null;
  const service = arn.split(":")[2];
  if (service !== "sns" && service !== "events")
    throw new ConfigError("PARCELKEEP_EVENT_BUS must be the ARN of an event bus or of an SNS topic");
  const resource = resourceIn(place, service, arn);
  if (service === "events" && !resource.startsWith("event-bus/"))
    throw new ConfigError("PARCELKEEP_EVENT_BUS names something of EventBridge that is no event bus");
  return arn;
}

/** Loads the code of the one service that is used. */
export async function openEventBus(connection: AwsConnection, arn: string): Promise<EventBus> {
  if (arn.split(":")[2] === "sns") return (await import("../../cloud/aws-sns.ts")).snsTopic(connection, arn);
  return (await import("../../cloud/aws-eventbridge.ts")).eventBridgeBus(connection, arn);
}
