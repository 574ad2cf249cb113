import { RemovalPolicy } from "aws-cdk-lib";
import { CfnLogGroup } from "aws-cdk-lib/aws-logs";
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from "aws-cdk-lib/aws-wafv2";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { keyArn } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { keptDays } from "./private-log-group.ts";

/** Five minutes of one address. An aggregator sends from few addresses, so this is far above what a person does. */
const requestsPerAddressMax = 60_000;

/**
 * Looks at requests before they come in. Bodies are not judged: a parcel's note may look like SQL and a refused webhook is a lost one; the program
 * verifies every sender itself. Samples are off and addresses redacted, since both would be personal data outside the vault.
 */
export class EntryFirewall extends Construct {
  constructor(scope: EscStack, id: string, stageArn: string) {
    super(scope, id);
    const metric = (metricName: string) => ({ metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false });
    const managed = (priority: number, name: string) => ({
      name,
      priority,
      overrideAction: { none: {} },
      statement: { managedRuleGroupStatement: { vendorName: "AWS", name } },
      visibilityConfig: metric(name),
    });
    const acl = new CfnWebACL(this, "Acl", {
      name: `${prefix}-entry`,
      scope: "REGIONAL",
      defaultAction: { allow: {} },
      rules: [
        managed(0, "AWSManagedRulesAmazonIpReputationList"),
        managed(1, "AWSManagedRulesKnownBadInputsRuleSet"),
        {
          name: "TooManyOfOneAddress",
          priority: 2,
          action: { block: {} },
          statement: { rateBasedStatement: { limit: requestsPerAddressMax, aggregateKeyType: "IP", evaluationWindowSec: 300 } },
          visibilityConfig: metric("TooManyOfOneAddress"),
        },
      ],
      visibilityConfig: metric("Entry"),
    });
    new CfnWebACLAssociation(this, "Association", { webAclArn: acl.attrArn, resourceArn: stageArn });
    this.record(scope, acl);
  }

  private record(stack: EscStack, acl: CfnWebACL): void {
    const logs = new CfnLogGroup(this, "Logs", {
      // WAF takes no other beginning (WAF developer guide, "Logging destinations").
      logGroupName: `aws-waf-logs-${prefix}`,
      kmsKeyId: keyArn(stack, "logs"),
      retentionInDays: keptDays(stack.config.retention.logDays),
    });
    logs.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new CfnLoggingConfiguration(this, "Logging", {
      resourceArn: acl.attrArn,
      logDestinationConfigs: [stack.arnOf("logs", `log-group:aws-waf-logs-${prefix}`)],
      redactedFields: [
        { uriPath: {} },
        { queryString: {} },
        ...["authorization", "cookie"].map((name) => ({ singleHeader: { Name: name } })),
      ],
      loggingFilter: {
        DefaultBehavior: "DROP",
        // Only what was refused: whoever was let in, the program knows.
        Filters: [{ Behavior: "KEEP", Requirement: "MEETS_ANY", Conditions: [{ ActionCondition: { Action: "BLOCK" } }] }],
      },
    }).addResourceDependency(logs);
  }
}
