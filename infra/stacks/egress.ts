import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { CarrierLines } from "../constructs/carrier-lines.ts";
import { EgressNetwork } from "../constructs/egress-network.ts";
import { HostAllowList } from "../constructs/host-allow-list.ts";
import { SharedTransitGateway } from "../constructs/shared-transit-gateway.ts";
import { subnetRanges } from "../lib/addresses.ts";
import { attestorHosts } from "../lib/attestors.ts";
import { publicHosts, signInHosts } from "../lib/carrier-hosts.ts";
import { EscStack } from "../lib/esc-stack.ts";

/**
 * The one way out. Whatever a process sends to the internet crosses the transit gateway, a firewall that lets connectors through to the hosts of the carrier register, the front
 * to the operators' identity provider, the sequencer to those who attest the audit log, and logs everything, and a NAT gateway. Private lines of carriers end at the same transit gateway.
 */
export class EgressStack extends EscStack {
  readonly transitGatewayId: string;
  readonly attachmentId: string;

  constructor(scope: Construct, config: Config) {
    super(scope, config, "network", "egress", "The one inspected way out, and the carriers' private lines");
    const gateway = new SharedTransitGateway(this, "TransitGateway");
    this.transitGatewayId = gateway.id;
    const allowList = new HostAllowList(this, "AllowList", [
      { name: "carrier-hosts", from: subnetRanges(config, "connector"), hosts: publicHosts(config) },
      ...(config.signIn === null ? [] : [{ name: "sign-in-hosts", from: subnetRanges(config, "front"), hosts: signInHosts(config) }]),
      ...(attestorHosts(config).length === 0
        ? []
        : [{ name: "attestor-hosts", from: subnetRanges(config, "sequencer"), hosts: attestorHosts(config) }]),
    ]);
    const network = new EgressNetwork(this, "Egress", { transitGatewayId: gateway.id, firewallPolicyArn: allowList.policyArn });
    this.attachmentId = network.attachmentId;
    new CarrierLines(this, "CarrierLines", gateway.id);
    this.gives("TransitGatewayId", gateway.id);
  }
}
