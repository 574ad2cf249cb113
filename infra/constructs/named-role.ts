import { CfnRole } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { policyContextOf } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { boundaryArn } from "../lib/role-arns.ts";
import { processNames, type PlatformRoleName, type PolicyContext, type ProcessName, type RoleName } from "../policies/context.ts";
import { platformPolicies } from "../policies/roles/platform.ts";
import { processPolicies } from "../policies/roles/processes.ts";
import { sessionSecondsMax, trustPolicy } from "../policies/trust.ts";

/** A role of the policies' table: its name, who may become it, what it may do, and the boundary around both. Nothing is added to it anywhere else. */
export class NamedRole extends Construct {
  readonly arn: string;

  constructor(scope: EscStack, name: RoleName, context: PolicyContext = policyContextOf(scope)) {
    super(scope, `Role-${name}`);
    const role = new CfnRole(this, "Role", {
      roleName: `${prefix}-${name}`,
      assumeRolePolicyDocument: trustPolicy(context, name),
      policies: [
        { policyName: "powers", policyDocument: isProcess(name) ? processPolicies[name](context) : platformPolicies[name](context) },
      ],
      permissionsBoundary: boundaryArn(scope, isProcess(name) ? "process" : "platform"),
      maxSessionDuration: sessionSecondsMax[name],
    });
    this.arn = role.attrArn;
  }
}

function isProcess(name: RoleName): name is ProcessName {
  return (processNames as readonly (ProcessName | PlatformRoleName)[]).includes(name);
}
