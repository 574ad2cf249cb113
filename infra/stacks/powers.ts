import { CfnManagedPolicy } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { NamedRole } from "../constructs/named-role.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { policyContextOf } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { processBoundary } from "../policies/boundary.ts";
import { processNames } from "../policies/context.ts";
import type { DataStack } from "./data.ts";

/** One role for each process, with what DESIGN section 5 lets it do and no more. A stack apart, so that a change of powers is a change of this stack alone. */
export class PowersStack extends EscStack {
  constructor(scope: Construct, config: Config, data: DataStack) {
    super(scope, config, "processing", "powers", "What each process may do");
    const { databaseResourceId } = data;
    const context = policyContextOf(this, { databaseResourceId });
    const boundary = new CfnManagedPolicy(this, "Boundary", {
      managedPolicyName: `${prefix}-boundary-process`,
      policyDocument: processBoundary(context),
    });
    for (const name of [...processNames, "execution", "role-maker-execution", "approvals"] as const)
      new NamedRole(this, name, context).node.addDependency(boundary);
  }
}
