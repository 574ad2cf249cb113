import type { ISecurityGroup, ISubnet, IVpc } from "aws-cdk-lib/aws-ec2";
import { CfnListener, CfnLoadBalancer, CfnTargetGroup } from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { Construct } from "constructs";
import { frontAddresses } from "../lib/addresses.ts";
import type { EscStack } from "../lib/esc-stack.ts";
import { prefix } from "../lib/prefix.ts";

export interface FrontDoorProps {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
}

/** TLS 1.3 and nothing older (Elastic Load Balancing user guide, "Security policies"). */
export const tlsPolicy = "ELBSecurityPolicy-TLS13-1-3-2021-06";

/** An inner load balancer with one fixed address in each zone; TLS ends here, beside the front. */
export class FrontDoor extends Construct {
  readonly targetGroupArn: string;
  readonly listener: CfnListener;
  /** As metrics name them. */
  readonly fullNames: { readonly balancer: string; readonly targets: string };

  constructor(scope: EscStack, id: string, { vpc, subnets, securityGroup }: FrontDoorProps) {
    super(scope, id);
    const balancer = new CfnLoadBalancer(this, "Balancer", {
      name: `${prefix}-front`,
      type: "network",
      scheme: "internal",
      securityGroups: [securityGroup.securityGroupId],
      subnetMappings: frontAddresses(scope.config).map((privateIPv4Address, zone) => ({
        subnetId: subnets[zone]!.subnetId,
        privateIPv4Address,
      })),
      loadBalancerAttributes: [
        { key: "deletion_protection.enabled", value: "true" },
        { key: "load_balancing.cross_zone.enabled", value: "true" },
      ],
    });
    const targets = new CfnTargetGroup(this, "Targets", {
      name: `${prefix}-front`,
      vpcId: vpc.vpcId,
      targetType: "ip",
      protocol: "TCP",
      port: 8080,
      healthCheckProtocol: "HTTP",
      healthCheckPath: "/readyz",
      healthCheckIntervalSeconds: 10,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
      targetGroupAttributes: [
        // As long as the front drains: it answers what it has taken.
        { key: "deregistration_delay.timeout_seconds", value: "60" },
        { key: "deregistration_delay.connection_termination.enabled", value: "true" },
      ],
    });
    this.targetGroupArn = targets.ref;
    this.fullNames = { balancer: balancer.attrLoadBalancerFullName, targets: targets.attrTargetGroupFullName };
    this.listener = new CfnListener(this, "Listener", {
      loadBalancerArn: balancer.ref,
      protocol: "TLS",
      port: 443,
      sslPolicy: tlsPolicy,
      certificates: [{ certificateArn: scope.arnOf("acm", `certificate/${scope.config.entry.privateCertificateId}`) }],
      defaultActions: [{ type: "forward", targetGroupArn: targets.ref }],
    });
  }
}
