import type { AwsConnection } from "../aws/connection.ts";
import { endpointIn } from "../aws/place.ts";

/** `https://sqs.region.suffix/account/name` (SQS developer guide, "Queue and message identifiers"). */
export function sqsQueueUrl({ place, emulator }: AwsConnection, arn: string): string {
  const [account, name] = arn.split(":").slice(4);
  return `${(emulator?.endpoint ?? endpointIn(place, "sqs")).replace(/\/$/, "")}/${account}/${name}`;
}
