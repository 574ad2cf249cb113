import { CfnTransitGateway } from "aws-cdk-lib/aws-ec2";
import { CfnResourceShare } from "aws-cdk-lib/aws-ram";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { prefix } from "../lib/prefix.ts";

/** Joins the networks of the accounts. Shared with the two accounts that have one, and with nobody outside the organisation. */
export class SharedTransitGateway extends Construct {
  readonly id: string;

  constructor(scope: EscStack, id: string) {
    super(scope, id);
    const { accounts } = scope.config;
    const gateway = new CfnTransitGateway(this, "Gateway", {
      description: "Networks of Parcelkeep",
      // An attachment of the two accounts carries nothing until the routes stack names it.
      autoAcceptSharedAttachments: "enable",
      defaultRouteTableAssociation: "disable",
      defaultRouteTablePropagation: "disable",
    });
    this.id = gateway.attrId;
    new CfnResourceShare(this, "Share", {
      name: `${prefix}-transit-gateway`,
      allowExternalPrincipals: false,
      principals: [accounts.ingest, accounts.processing],
      resourceArns: [scope.arnOf("ec2", `transit-gateway/${this.id}`)],
    });
  }
}
