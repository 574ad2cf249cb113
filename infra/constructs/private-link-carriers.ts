import { CfnVPCEndpoint, type ISecurityGroup, type ISubnet, type Vpc } from "aws-cdk-lib/aws-ec2";
import { CfnHostedZone, CfnRecordSet } from "aws-cdk-lib/aws-route53";
import { Fn } from "aws-cdk-lib";
import { Construct } from "constructs";
import type { CarrierPath } from "../config/schema.ts";
import type { EscStack } from "../lib/esc-stack.ts";

export interface PrivateLinkCarriersProps {
  readonly vpc: Vpc;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
}

/** Carriers that offer an endpoint service: their hosts resolve to an endpoint of ours, so that calls to them never see the internet. */
export class PrivateLinkCarriers extends Construct {
  constructor(scope: EscStack, id: string, props: PrivateLinkCarriersProps) {
    super(scope, id);
    for (const [source, carrier] of Object.entries(scope.config.carriers))
      if (carrier.path === "private-link") this.connect(source, carrier, props);
  }

  private connect(source: string, carrier: CarrierPath & { path: "private-link" }, props: PrivateLinkCarriersProps): void {
    const endpoint = new CfnVPCEndpoint(this, source, {
      vpcId: props.vpc.vpcId,
      serviceName: carrier.serviceName,
      vpcEndpointType: "Interface",
      // The service is the carrier's, whose names AWS does not know to be ours; the zones below do what private DNS would.
      privateDnsEnabled: false,
      subnetIds: props.subnets.map((subnet) => subnet.subnetId),
      securityGroupIds: [props.securityGroup.securityGroupId],
    });
    // `ZONE:NAME` each; the first is the regional one.
    const [zoneId, name] = [0, 1].map((part) => Fn.select(part, Fn.split(":", Fn.select(0, endpoint.attrDnsEntries)))) as [string, string];
    for (const host of carrier.hosts) {
      const zone = new CfnHostedZone(this, `${source}-${host}`, {
        name: host,
        vpcs: [{ vpcId: props.vpc.vpcId, vpcRegion: (props.vpc.stack as EscStack).config.region }],
      });
      new CfnRecordSet(this, `${source}-${host}-record`, {
        hostedZoneId: zone.attrId,
        name: host,
        type: "A",
        aliasTarget: { hostedZoneId: zoneId, dnsName: name },
      });
    }
  }
}
