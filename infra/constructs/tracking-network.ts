import { Tags } from "aws-cdk-lib";
import { FlowLogDestination, FlowLogTrafficType, IpAddresses, LogFormat, SubnetType, Vpc, type ISubnet } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import { type processingSubnets, subnetMaskOf } from "../lib/addresses.ts";
import type { EscStack } from "../lib/esc-stack.ts";
import { PrivateLogGroup } from "./private-log-group.ts";

/**
 * `entry`: load balancers with fixed addresses, the first group of a network (lib/addresses.ts). `service`: processes and endpoints. `connector`: processes
 * that call carriers. `data`: database and cache. `front`: what the internet reaches, and `sequencer`: apart from the others, since the firewall tells by its range who calls.
 */
export type SubnetGroup = (typeof processingSubnets)[number];

/**
 * A network without a way in or out of its own: isolated subnets in every zone, no internet gateway, no NAT, and the account's block on both
 * directions behind it (baseline stack). What leaves goes to the transit gateway, from subnets that have a route there.
 */
export class TrackingNetwork extends Construct {
  readonly vpc: Vpc;

  constructor(scope: EscStack, id: string, cidr: string, groups: readonly SubnetGroup[]) {
    super(scope, id);
    this.vpc = new Vpc(this, "Vpc", {
      ipAddresses: IpAddresses.cidr(cidr),
      availabilityZones: scope.availabilityZones,
      createInternetGateway: false,
      natGateways: 0,
      // The way the CDK empties the default group is a handler with rights of its own; nothing is ever put into that group, and a Config rule watches it.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: groups.map((name) => ({ name, subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: subnetMaskOf(name) })),
    });
    this.recordFlows(scope);
    Tags.of(this.vpc).add("Name", id);
  }

  subnets(group: SubnetGroup): readonly ISubnet[] {
    return this.vpc.selectSubnets({ subnetGroupName: group }).subnets;
  }

  private recordFlows(stack: EscStack): void {
    const logs = new PrivateLogGroup(stack, "FlowLogs", { name: "flows" });
    this.vpc.addFlowLog("Flows", {
      destination: FlowLogDestination.toCloudWatchLogs(logs.group),
      trafficType: FlowLogTrafficType.ALL,
      logFormat: [
        LogFormat.ALL_DEFAULT_FIELDS,
        // Which side began, and by which way it left: what an auditor asks of a connection.
        LogFormat.FLOW_DIRECTION,
        LogFormat.TRAFFIC_PATH,
        LogFormat.PKT_DST_AWS_SERVICE,
      ],
    });
  }
}
