import { Stack, type IAspect } from "aws-cdk-lib";
import { CfnRole } from "aws-cdk-lib/aws-iam";
import type { IConstruct } from "constructs";
import { boundaryArn } from "./role-arns.ts";

/** Roles that constructs of the CDK make for themselves (flow logs, say) get the boundary of the platform: the organisation refuses a role without. */
export class BoundaryOnEveryRole implements IAspect {
  visit(node: IConstruct): void {
    if (node instanceof CfnRole && node.permissionsBoundary === undefined)
      node.permissionsBoundary = boundaryArn(Stack.of(node), "platform");
  }
}
