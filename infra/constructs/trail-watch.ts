import { CfnRule } from "aws-cdk-lib/aws-events";
import { Construct } from "constructs";
import { prefix } from "../lib/prefix.ts";

export interface Watched {
  readonly name: string;
  readonly why: string;
  readonly pattern: Readonly<Record<string, unknown>>;
}

/** Rings within moments when the trail shows an act that should not happen; the audit queries find the same a day later, from the locked copy. */
export class TrailWatch extends Construct {
  constructor(scope: Construct, id: string, topicArn: string, watched: readonly Watched[]) {
    super(scope, id);
    for (const { name, why, pattern } of watched)
      new CfnRule(this, name, {
        name: `${prefix}-${name}`,
        description: why,
        // Decrypt is a read, which plain rules are not shown (EventBridge user guide, "Read-only management events").
        state: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
        eventPattern: { "detail-type": ["AWS API Call via CloudTrail"], ...pattern },
        targets: [{ id: "people", arn: topicArn }],
      });
  }
}
