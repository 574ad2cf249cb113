import { CfnTransitGatewayRoute, CfnTransitGatewayRouteTable, CfnTransitGatewayRouteTableAssociation } from "aws-cdk-lib/aws-ec2";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { lineName, privateLines } from "../constructs/carrier-lines.ts";
import { EscStack, formOf } from "../lib/esc-stack.ts";
import type { EgressStack } from "./egress.ts";

interface Route {
  readonly cidr: string;
  readonly to: string;
}

/**
 * Who may reach whom across the transit gateway, each network with a table of its own and nothing learned: the ingest network reaches the front and
 * has no way to the internet; carriers' lines reach nobody who did not call. A stack apart, since it needs the attachments of both other accounts.
 */
export class TransitRoutesStack extends EscStack {
  private readonly transitGatewayId: string;

  constructor(scope: Construct, config: Config, egress: EgressStack) {
    super(scope, config, "network", "transit-routes", "Who reaches whom across the transit gateway");
    this.transitGatewayId = egress.transitGatewayId;
    const { ingestCidr, processingCidr } = config.network;
    const ingest = this.given("IngestAttachmentId", formOf.attachment);
    const processing = this.given("ProcessingAttachmentId", formOf.attachment);
    // CloudFormation makes the lines and does not tell their attachments' ids: whoever orders the line reads them and hands them over.
    const lines = privateLines(config.carriers).map(([source, { cidrs }]) => ({
      name: lineName(source),
      attachment: this.givenByHand(`${lineName(source)}AttachmentId`, formOf.attachment),
      cidrs,
    }));
    const back = [{ cidr: processingCidr, to: processing }];
    this.table("Ingest", ingest, back);
    this.table("Egress", egress.attachmentId, back);
    this.table("Processing", processing, [
      { cidr: ingestCidr, to: ingest },
      { cidr: "0.0.0.0/0", to: egress.attachmentId },
      ...lines.flatMap(({ attachment, cidrs }) => cidrs.map((cidr) => ({ cidr, to: attachment }))),
    ]);
    for (const { name, attachment } of lines) this.table(name, attachment, back);
  }

  private table(name: string, attachmentId: string, routes: readonly Route[]): void {
    const { attrTransitGatewayRouteTableId: tableId } = new CfnTransitGatewayRouteTable(this, name, {
      transitGatewayId: this.transitGatewayId,
    });
    new CfnTransitGatewayRouteTableAssociation(this, `${name}Association`, {
      transitGatewayRouteTableId: tableId,
      transitGatewayAttachmentId: attachmentId,
    });
    for (const [index, { cidr, to }] of routes.entries())
      new CfnTransitGatewayRoute(this, `${name}Route${index}`, {
        transitGatewayRouteTableId: tableId,
        destinationCidrBlock: cidr,
        transitGatewayAttachmentId: to,
      });
  }
}
