import { Fn } from "aws-cdk-lib";
import {
  CfnRoute,
  CfnTransitGatewayAttachment,
  FlowLogDestination,
  FlowLogTrafficType,
  IpAddresses,
  SubnetType,
  Vpc,
  type ISubnet,
} from "aws-cdk-lib/aws-ec2";
import { CfnFirewall, CfnLoggingConfiguration } from "aws-cdk-lib/aws-networkfirewall";
import { Construct } from "constructs";
import { subnetMask } from "../lib/addresses.ts";
import type { EscStack } from "../lib/esc-stack.ts";
import { prefix } from "../lib/prefix.ts";
import { PrivateLogGroup } from "./private-log-group.ts";

export interface EgressNetworkProps {
  readonly transitGatewayId: string;
  readonly firewallPolicyArn: string;
}

/**
 * In every zone: transit → firewall → NAT → internet, and back the same way, so that the firewall sees both halves of every connection. A firewall for
 * each zone, because the endpoints of one that spans zones come as a list whose order CloudFormation does not promise.
 */
export class EgressNetwork extends Construct {
  readonly attachmentId: string;
  private readonly vpc: Vpc;
  private readonly stack: EscStack;

  constructor(scope: EscStack, id: string, { transitGatewayId, firewallPolicyArn }: EgressNetworkProps) {
    super(scope, id);
    this.stack = scope;
    this.vpc = new Vpc(this, "Vpc", {
      ipAddresses: IpAddresses.cidr(scope.config.network.egressCidr),
      availabilityZones: scope.availabilityZones,
      natGateways: scope.config.zones.length,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: "transit", subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: subnetMask },
        { name: "firewall", subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: subnetMask },
        { name: "nat", subnetType: SubnetType.PUBLIC, cidrMask: subnetMask, mapPublicIpOnLaunch: false },
      ],
    });
    const attachment = new CfnTransitGatewayAttachment(this, "Attachment", {
      transitGatewayId,
      vpcId: this.vpc.vpcId,
      subnetIds: this.subnets("transit").map((subnet) => subnet.subnetId),
      // Both halves of a connection stay in one zone, and so at one firewall.
      options: { ApplianceModeSupport: "enable" },
    });
    this.attachmentId = attachment.attrId;
    const logs = {
      alerts: new PrivateLogGroup(scope, "FirewallAlerts", { name: "firewall/alerts" }).name,
      flows: new PrivateLogGroup(scope, "FirewallFlows", { name: "firewall/flows" }).name,
    };
    for (const zone of scope.config.zones.keys()) {
      const endpointId = this.firewall(zone, firewallPolicyArn, logs);
      this.route(`Out${zone}`, this.subnets("transit")[zone]!, "0.0.0.0/0", { vpcEndpointId: endpointId });
      const { processingCidr } = scope.config.network;
      this.route(`Back${zone}`, this.subnets("nat")[zone]!, processingCidr, { vpcEndpointId: endpointId });
      this.route(`Home${zone}`, this.subnets("firewall")[zone]!, processingCidr, { transitGatewayId }).addResourceDependency(attachment);
    }
    this.vpc.addFlowLog("Flows", {
      destination: FlowLogDestination.toCloudWatchLogs(new PrivateLogGroup(scope, "FlowLogs", { name: "flows" }).group),
      trafficType: FlowLogTrafficType.ALL,
    });
  }

  private subnets(group: "transit" | "firewall" | "nat"): readonly ISubnet[] {
    return this.vpc.selectSubnets({ subnetGroupName: group }).subnets;
  }

  /** @returns the id of its endpoint. */
  private firewall(zone: number, policyArn: string, logs: { readonly alerts: string; readonly flows: string }): string {
    const firewall = new CfnFirewall(this, `Firewall${zone}`, {
      firewallName: `${prefix}-egress-${this.stack.config.zones[zone]}`,
      firewallPolicyArn: policyArn,
      vpcId: this.vpc.vpcId,
      subnetMappings: [{ subnetId: this.subnets("firewall")[zone]!.subnetId }],
      deleteProtection: true,
      subnetChangeProtection: true,
      firewallPolicyChangeProtection: true,
    });
    new CfnLoggingConfiguration(this, `Firewall${zone}Logs`, {
      firewallArn: firewall.attrFirewallArn,
      loggingConfiguration: {
        logDestinationConfigs: [
          { logType: "ALERT", logDestinationType: "CloudWatchLogs", logDestination: { logGroup: logs.alerts } },
          { logType: "FLOW", logDestinationType: "CloudWatchLogs", logDestination: { logGroup: logs.flows } },
        ],
      },
    });
    // One subnet, so the list has one entry: `ZONE:ENDPOINT`.
    return Fn.select(1, Fn.split(":", Fn.select(0, firewall.attrEndpointIds)));
  }

  private route(
    name: string,
    subnet: ISubnet,
    cidr: string,
    target: { readonly vpcEndpointId: string } | { readonly transitGatewayId: string },
  ): CfnRoute {
    return new CfnRoute(this, name, { routeTableId: subnet.routeTable.routeTableId, destinationCidrBlock: cidr, ...target });
  }
}
