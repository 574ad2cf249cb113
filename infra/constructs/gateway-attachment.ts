import { CfnRoute, CfnTransitGatewayAttachment, type ISubnet, type Vpc } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import { logicalName } from "./private-endpoints.ts";
import { formOf, type EscStack } from "../lib/esc-stack.ts";

/** A network's tie to the transit gateway of the network account, and the routes that use it; subnets without a route of theirs do not leave. */
export class GatewayAttachment extends Construct {
  private readonly attachment: CfnTransitGatewayAttachment;
  private readonly transitGatewayId: string;

  constructor(scope: EscStack, id: string, vpc: Vpc, subnets: readonly ISubnet[]) {
    super(scope, id);
    this.transitGatewayId = scope.given("TransitGatewayId", formOf.transitGateway);
    this.attachment = new CfnTransitGatewayAttachment(this, "Attachment", {
      transitGatewayId: this.transitGatewayId,
      vpcId: vpc.vpcId,
      subnetIds: subnets.map((subnet) => subnet.subnetId),
    });
    scope.gives(`${logicalName(scope.accountName)}AttachmentId`, this.attachment.attrId);
  }

  route(name: string, subnets: readonly ISubnet[], cidr: string): void {
    for (const [zone, subnet] of subnets.entries()) {
      const route = new CfnRoute(this, `${name}${zone}`, {
        routeTableId: subnet.routeTable.routeTableId,
        destinationCidrBlock: cidr,
        transitGatewayId: this.transitGatewayId,
      });
      route.addResourceDependency(this.attachment);
    }
  }
}
