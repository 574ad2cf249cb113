import { RemovalPolicy } from "aws-cdk-lib";
import { CfnEnabledControl } from "aws-cdk-lib/aws-controltower";
import { CfnOrganizationalUnit, CfnPolicy } from "aws-cdk-lib/aws-organizations";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { policyContextOf } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { attachments, resourceControlPolicies, serviceControlPolicies } from "../policies/catalogue.ts";

/**
 * Control Tower's own controls beside ours, by the identifiers of the commercial partition's documentation. Which of them the sovereign region
 * offers, `ListControls` says there; none of them is the only guard of anything.
 */
const controls = [
  "AWS-GR_RESTRICT_S3_CROSS_REGION_REPLICATION",
  "AWS-GR_RESTRICT_S3_DELETE_WITHOUT_MFA",
  "AWS-GR_S3_BUCKET_PUBLIC_READ_PROHIBITED",
  "AWS-GR_S3_BUCKET_PUBLIC_WRITE_PROHIBITED",
  "AWS-GR_RDS_STORAGE_ENCRYPTED",
  "AWS-GR_RDS_SNAPSHOTS_PUBLIC_PROHIBITED",
  "AWS-GR_RDS_INSTANCE_PUBLIC_ACCESS_CHECK",
];

/**
 * What nobody in the stage's accounts can do, administrators included. Two units, one in the other, since the policies are more than hang at one; accounts
 * belong into the inner one. Service control policies do not bind the management account: nothing but this stack is ever deployed there.
 */
export class OrganisationStack extends EscStack {
  constructor(scope: Construct, config: Config) {
    super(scope, config, "management", "organisation", "What nobody in the accounts of this stage can do");
    const outer = this.unit("Outer", `${prefix}-${config.stage}`, config.organisation.parentId);
    const inner = this.unit("Inner", `${prefix}-${config.stage}-accounts`, outer.attrId);
    const context = policyContextOf(this);
    // At most five hang at one unit, the one that allows everything among them (Organizations user guide, "Quotas").
    for (const name of attachments.root) this.policy("SERVICE_CONTROL_POLICY", name, serviceControlPolicies[name](context), outer);
    for (const name of attachments.members) this.policy("SERVICE_CONTROL_POLICY", name, serviceControlPolicies[name](context), inner);
    for (const [name, guard] of Object.entries(resourceControlPolicies))
      this.policy("RESOURCE_CONTROL_POLICY", name, guard(context), outer);
    for (const control of controls)
      new CfnEnabledControl(this, control, {
        controlIdentifier: `arn:${this.partition}:controltower:${config.region}::control/${control}`,
        targetIdentifier: inner.attrArn,
      });
    this.gives("AccountsUnitId", inner.attrId);
  }

  private unit(id: string, name: string, parentId: string): CfnOrganizationalUnit {
    const unit = new CfnOrganizationalUnit(this, id, { name, parentId });
    unit.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return unit;
  }

  private policy(
    type: "SERVICE_CONTROL_POLICY" | "RESOURCE_CONTROL_POLICY",
    name: string,
    content: object,
    unit: CfnOrganizationalUnit,
  ): void {
    const policy = new CfnPolicy(this, `${type === "SERVICE_CONTROL_POLICY" ? "Scp" : "Rcp"}-${name}`, {
      name: `${prefix}-${this.config.stage}-${name}`,
      description: `infra/policies: ${name}`,
      type,
      content,
      targetIds: [unit.attrId],
    });
    policy.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
