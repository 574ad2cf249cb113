import { CfnVPCEndpoint, type ISecurityGroup, type ISubnet, type Vpc } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import { endpointServiceName } from "../lib/endpoint-services.ts";
import type { PolicyDocument } from "../policies/document.ts";
import type { EndpointName } from "../policies/context.ts";
import type { EscStack } from "../lib/esc-stack.ts";

export interface PrivateEndpointsProps {
  readonly vpc: Vpc;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
  readonly services: readonly EndpointName[];
  readonly policyOf: (service: EndpointName) => PolicyDocument;
}

/**
 * The only way from a network to AWS. Every endpoint has a policy: without one, AWS sets one that lets everything through to everybody's account,
 * and a stolen credential of another organisation would do as a way out.
 */
export class PrivateEndpoints extends Construct {
  private readonly endpoints: ReadonlyMap<EndpointName, CfnVPCEndpoint>;

  constructor(scope: EscStack, id: string, { vpc, subnets, securityGroup, services, policyOf }: PrivateEndpointsProps) {
    super(scope, id);
    const common = (service: EndpointName) => ({
      vpcId: vpc.vpcId,
      serviceName: endpointServiceName(scope.config.region, service),
      policyDocument: policyOf(service),
    });
    this.endpoints = new Map(
      services.map((service) => [
        service,
        service === "s3"
          ? new CfnVPCEndpoint(this, "S3", {
              ...common(service),
              vpcEndpointType: "Gateway",
              routeTableIds: [...vpc.isolatedSubnets].map((subnet) => subnet.routeTable.routeTableId),
            })
          : new CfnVPCEndpoint(this, logicalName(service), {
              ...common(service),
              vpcEndpointType: "Interface",
              privateDnsEnabled: true,
              subnetIds: subnets.map((subnet) => subnet.subnetId),
              securityGroupIds: [securityGroup.securityGroupId],
            }),
      ]),
    );
  }

  /** @throws {TypeError} when this network has no endpoint of that service. */
  idOf(service: EndpointName): string {
    const endpoint = this.endpoints.get(service);
    if (endpoint === undefined) throw new TypeError(`no endpoint for ${service} in this network`);
    return endpoint.attrId;
  }
}

/** `ecr.api` → `EcrApi`. */
export function logicalName(service: string): string {
  return service.replaceAll(/(?:^|[.-])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
