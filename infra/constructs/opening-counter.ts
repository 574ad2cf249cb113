import { CfnRule } from "aws-cdk-lib/aws-events";
import { CfnMetricFilter, CfnResourcePolicy } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { programNamespace } from "../lib/alarms.ts";
import type { EscStack } from "../lib/esc-stack.ts";
import { keyArn, policyContextOf } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { openingsLogPolicy } from "../policies/openings-log.ts";
import { PrivateLogGroup } from "./private-log-group.ts";

/** Purposes of data keys that stand for a person; tracking numbers and carriers' credentials are resolved all day (docs/operations/keys-aws.md). */
const purposes = ["personal-values", "raw-records"];

/**
 * Counts what KMS says was opened, beside what the program says: the two differ where somebody goes past the program. KMS's context holds tenant and
 * purpose, and no person.
 */
export class OpeningCounter extends Construct {
  constructor(scope: EscStack, id: string) {
    super(scope, id);
    const logs = new PrivateLogGroup(scope, "Openings", { name: "openings" });
    new CfnResourcePolicy(this, "RulesWrite", {
      policyName: `${prefix}-openings`,
      policyDocument: scope.toJsonString(openingsLogPolicy(policyContextOf(scope), logs.name)),
    });
    new CfnRule(this, "Opened", {
      name: `${prefix}-openings`,
      state: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
      eventPattern: {
        source: ["aws.kms"],
        "detail-type": ["AWS API Call via CloudTrail"],
        resources: [keyArn(scope, "wrapping")],
        detail: { eventName: ["Decrypt"], requestParameters: { encryptionContext: { purpose: purposes } } },
      },
      targets: [{ id: "log", arn: scope.arnOf("logs", `log-group:${logs.name}`) }],
    });
    new CfnMetricFilter(this, "Count", {
      logGroupName: logs.name,
      filterPattern: "{ $.detail.eventName = Decrypt }",
      metricTransformations: [{ metricNamespace: programNamespace, metricName: "openings", metricValue: "1", defaultValue: 0 }],
    });
  }
}
