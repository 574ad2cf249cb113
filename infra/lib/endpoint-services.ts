/** Services of which the endpoints have the partition's own prefix; all others keep `com.amazonaws` (aws-cdk pull request 36471, the error of CloudFormation in its issue). */
const ownPrefix: ReadonlySet<string> = new Set(["ecr.api", "ecr.dkr", "execute-api", "securityhub"]);

/** Name of the endpoint service: what `ServiceName` of an endpoint takes in this partition. */
export function endpointServiceName(region: string, service: string): string {
  return `${ownPrefix.has(service) ? "eu" : "com"}.amazonaws.${region}.${service}`;
}
