import { Peer, Port, type ISecurityGroup, type ISubnet, type IVpc } from "aws-cdk-lib/aws-ec2";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { GatewayAttachment } from "../constructs/gateway-attachment.ts";
import { LeastFlows } from "../constructs/least-flows.ts";
import { logicalName, PrivateEndpoints } from "../constructs/private-endpoints.ts";
import { NameAllowList } from "../constructs/name-allow-list.ts";
import { PrivateLinkCarriers } from "../constructs/private-link-carriers.ts";
import { TrackingNetwork, type SubnetGroup } from "../constructs/tracking-network.ts";
import { processingSubnets } from "../lib/addresses.ts";
import { attestorHosts } from "../lib/attestors.ts";
import { lineHosts, privateHosts, publicHosts, signInHosts } from "../lib/carrier-hosts.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { ports, processingFlows, type Member } from "../lib/flows.ts";
import { policyContextOf } from "../lib/policy-context.ts";
import { endpointNames } from "../policies/context.ts";
import { endpointPolicy } from "../policies/endpoints.ts";

/** The network that all processes run in: subnets, security groups, endpoints, and the tie to the transit gateway. It outlives whatever runs in it. */
export class NetworkStack extends EscStack {
  readonly vpc: IVpc;
  private readonly network: TrackingNetwork;
  private readonly flows: LeastFlows;

  constructor(scope: Construct, config: Config) {
    super(scope, config, "processing", "network", "Network of all processes: no way in or out but endpoints and the transit gateway");
    this.network = new TrackingNetwork(this, "Network", config.network.processingCidr, processingSubnets);
    const { vpc } = this.network;
    this.vpc = vpc;
    this.flows = new LeastFlows(this, "Flows", vpc, processingFlows(config));
    this.flows.of("entry").addIngressRule(Peer.ipv4(config.network.ingestCidr), Port.tcp(ports.https), "the entry's load balancer");

    const context = policyContextOf(this);
    const endpoints = new PrivateEndpoints(this, "Endpoints", {
      vpc,
      subnets: this.subnets("service"),
      securityGroup: this.flows.of("endpoints"),
      services: endpointNames,
      policyOf: (service) => endpointPolicy(context, service),
    });
    for (const service of endpointNames) this.gives(`${logicalName(service)}EndpointId`, endpoints.idOf(service));

    const gateway = new GatewayAttachment(this, "Gateway", vpc, this.subnets("connector"));
    gateway.route("Entry", this.subnets("entry"), config.network.ingestCidr);
    gateway.route("Carriers", this.subnets("connector"), "0.0.0.0/0");
    if (config.signIn !== null) gateway.route("SignIn", this.subnets("front"), "0.0.0.0/0");
    if (attestorHosts(config).length > 0) gateway.route("Attestors", this.subnets("sequencer"), "0.0.0.0/0");
    new NameAllowList(this, "Names", {
      vpc,
      hosts: [
        ...new Set([
          ...publicHosts(config),
          ...signInHosts(config),
          ...attestorHosts(config),
          ...privateHosts(config),
          ...lineHosts(config),
        ]),
      ].sort(),
    });
    new PrivateLinkCarriers(this, "PrivateCarriers", {
      vpc,
      subnets: this.subnets("connector"),
      securityGroup: this.flows.of("private-carriers"),
    });
  }

  subnets(group: SubnetGroup): readonly ISubnet[] {
    return this.network.subnets(group);
  }

  securityGroup(member: Member): ISecurityGroup {
    return this.flows.of(member);
  }
}
