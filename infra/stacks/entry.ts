import { CfnSecurityGroup, CfnSecurityGroupEgress } from "aws-cdk-lib/aws-ec2";
import { CfnListener, CfnLoadBalancer, CfnTargetGroup } from "aws-cdk-lib/aws-elasticloadbalancingv2";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { AlarmTopic } from "../constructs/alarm-topic.ts";
import { EntryFirewall } from "../constructs/entry-firewall.ts";
import { GatewayAttachment } from "../constructs/gateway-attachment.ts";
import { TrackingNetwork } from "../constructs/tracking-network.ts";
import { WebEntry } from "../constructs/web-entry.ts";
import { entryAlarms } from "../lib/alarms.ts";
import { frontAddresses } from "../lib/addresses.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { ports } from "../lib/flows.ts";
import { prefix } from "../lib/prefix.ts";

/**
 * What the internet reaches: an account without a process, a key or a row. It passes requests across the transit gateway to the front, whose TLS it
 * cannot end; its network has no other route.
 */
export class EntryStack extends EscStack {
  constructor(scope: Construct, config: Config) {
    super(scope, config, "ingest", "entry", "Public address, web firewall, and the way to the front");
    const network = new TrackingNetwork(this, "Network", config.network.ingestCidr, ["entry"]);
    const subnets = network.subnets("entry");
    const gateway = new GatewayAttachment(this, "Gateway", network.vpc, subnets);
    gateway.route("Front", subnets, config.network.processingCidr);
    const entry = new WebEntry(this, "Entry", this.balancer(network).ref);
    new EntryFirewall(this, "Firewall", entry.stageArn);
    entryAlarms(this, new AlarmTopic(this, "Alarms").arn, entry.apiName);
    // A record of this name, in whatever zone the host name is in.
    this.gives("EntryTarget", entry.target);
  }

  /** API Gateway's private link wants a load balancer of its own account; this one hands bytes on, TLS and all. */
  private balancer(network: TrackingNetwork): CfnLoadBalancer {
    const group = new CfnSecurityGroup(this, "BalancerGroup", {
      groupDescription: "parcelkeep entry",
      vpcId: network.vpc.vpcId,
      // A group without a rule lets everything out: this one stands for none, and the next are the real ones.
      securityGroupEgress: [{ ipProtocol: "icmp", fromPort: 252, toPort: 86, cidrIp: "255.255.255.255/32", description: "nothing else" }],
    });
    const addresses = frontAddresses(this.config);
    for (const [zone, address] of addresses.entries())
      new CfnSecurityGroupEgress(this, `ToFront${zone}`, {
        groupId: group.attrGroupId,
        ipProtocol: "tcp",
        fromPort: ports.https,
        toPort: ports.https,
        cidrIp: `${address}/32`,
        description: "the front's load balancer",
      });
    const balancer = new CfnLoadBalancer(this, "Balancer", {
      name: `${prefix}-entry`,
      type: "network",
      scheme: "internal",
      securityGroups: [group.attrGroupId],
      // Traffic of API Gateway's link has an address that no rule could name; nothing else reaches this network.
      enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: "off",
      subnets: network.subnets("entry").map((subnet) => subnet.subnetId),
      loadBalancerAttributes: [
        { key: "deletion_protection.enabled", value: "true" },
        { key: "load_balancing.cross_zone.enabled", value: "true" },
      ],
    });
    const targets = new CfnTargetGroup(this, "Front", {
      name: `${prefix}-front`,
      vpcId: network.vpc.vpcId,
      targetType: "ip",
      protocol: "TCP",
      port: ports.https,
      // Addresses of another network have no zone here.
      targets: addresses.map((id) => ({ id, port: ports.https, availabilityZone: "all" })),
      healthCheckProtocol: "TCP",
    });
    new CfnListener(this, "Listener", {
      loadBalancerArn: balancer.ref,
      protocol: "TCP",
      port: ports.https,
      defaultActions: [{ type: "forward", targetGroupArn: targets.ref }],
    });
    return balancer;
  }
}
