import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import { awsClient } from "./aws-client.ts";
import type { AwsConnection } from "./connection.ts";
import type { ServiceList } from "./service-list.ts";

/** Nobody waits for it, and an emulator reads a large file first. */
const timeoutMs = 30_000;
/** More would be no list of services. */
const pagesMax = 100;

/**
 * Reads the list out of AWS's public parameters (Systems Manager user guide, "Calling public parameters"), which any account may read.
 * @throws what the SDK throws.
 */
export async function readServiceListOfAws(connection: AwsConnection, now: Date): Promise<ServiceList> {
  const client = awsClient(SSMClient, "ssm", connection, { timeoutMs });
  const { region } = connection.place;
  const path = `/aws/service/global-infrastructure/regions/${region}/services`;
  const services = new Set<string>();
  let NextToken: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const answer = await client.send(new GetParametersByPathCommand({ Path: path, NextToken }));
    for (const { Value } of answer.Parameters ?? []) if (Value !== undefined) services.add(Value);
    NextToken = answer.NextToken;
    if (NextToken === undefined) break;
  }
  if (services.size === 0) throw new Error(`AWS lists no service for ${region}`);
  return { region, readOn: now.toISOString().slice(0, 10), source: path, services: [...services].sort() };
}
