import { CfnDirectConnectGatewayAssociation } from "aws-cdk-lib/aws-directconnect";
import { CfnCustomerGateway, CfnVPNConnection } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import type { CarrierPath } from "../config/schema.ts";
import type { EscStack } from "../lib/esc-stack.ts";
import { PrivateLogGroup } from "./private-log-group.ts";
import { logicalName } from "./private-endpoints.ts";

export type PrivateLine = Extract<CarrierPath, { readonly cidrs: readonly string[] }>;

export function privateLines(carriers: Readonly<Record<string, CarrierPath>>): readonly (readonly [source: string, line: PrivateLine])[] {
  return Object.entries(carriers).flatMap(([source, carrier]) => ("cidrs" in carrier ? [[source, carrier] as const] : []));
}

/** `dhl-express` → `DhlExpress`. */
export function lineName(source: string): string {
  return logicalName(source);
}

/** Lines to carriers that end at the transit gateway: Direct Connect where a line was ordered, tunnels otherwise. */
export class CarrierLines extends Construct {
  constructor(scope: EscStack, id: string, transitGatewayId: string) {
    super(scope, id);
    for (const [source, line] of privateLines(scope.config.carriers)) {
      const name = lineName(source);
      switch (line.path) {
        case "direct-connect":
          new CfnDirectConnectGatewayAssociation(this, name, {
            directConnectGatewayId: line.gatewayId,
            associatedGatewayId: transitGatewayId,
            // What the carrier learns of us: the network of the processes, and no more.
            allowedPrefixesToDirectConnectGateway: [scope.config.network.processingCidr],
          });
          break;
        case "vpn":
          this.tunnel(scope, name, line, transitGatewayId);
          break;
      }
    }
  }

  private tunnel(stack: EscStack, name: string, line: PrivateLine & { readonly path: "vpn" }, transitGatewayId: string): void {
    const peer = new CfnCustomerGateway(this, `${name}Peer`, { type: "ipsec.1", ipAddress: line.peerAddress, bgpAsn: line.asn });
    const logs = new PrivateLogGroup(stack, `${name}TunnelLogs`, { name: `tunnels/${name}` });
    const options = {
      // Elliptic curves of 256 bits and up, AES-256-GCM, IKEv2: BSI TR-02102-3, tables 2 and 3 (2026-01).
      ikeVersions: [{ value: "ikev2" }],
      phase1EncryptionAlgorithms: [{ value: "AES256-GCM-16" }],
      phase2EncryptionAlgorithms: [{ value: "AES256-GCM-16" }],
      phase1IntegrityAlgorithms: [{ value: "SHA2-384" }],
      phase2IntegrityAlgorithms: [{ value: "SHA2-384" }],
      phase1DhGroupNumbers: [{ value: 20 }],
      phase2DhGroupNumbers: [{ value: 20 }],
      logOptions: { cloudwatchLogOptions: { logEnabled: true, logGroupArn: logs.group.logGroupArn, logOutputFormat: "json" } },
    };
    new CfnVPNConnection(this, name, {
      type: "ipsec.1",
      customerGatewayId: peer.attrCustomerGatewayId,
      transitGatewayId,
      // Keys that nobody here types or reads: AWS makes them, the secret is in Secrets Manager.
      preSharedKeyStorage: "SecretsManager",
      vpnTunnelOptionsSpecifications: [options, options],
    });
  }
}
