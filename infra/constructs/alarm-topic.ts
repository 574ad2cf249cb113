import { CfnSubscription, CfnTopic, CfnTopicPolicy } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { keyArn, policyContextOf } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { topicPolicy } from "../policies/queues.ts";

/** Tells people. Each account whose alarms ring has one of the same name; its policy names that account in the place of the processing one. */
export class AlarmTopic extends Construct {
  readonly arn: string;

  constructor(scope: EscStack, id: string) {
    super(scope, id);
    const { accounts, alarms } = scope.config;
    const topic = new CfnTopic(this, "Topic", { topicName: `${prefix}-alarms`, kmsMasterKeyId: keyArn(scope, "queue") });
    this.arn = topic.ref;
    const here = policyContextOf(scope, { accounts: { ...accounts, processing: accounts[scope.accountName] } });
    new CfnTopicPolicy(this, "Policy", { topics: [topic.ref], policyDocument: topicPolicy(here, "alarms") });
    for (const [index, endpoint] of alarms.mailTo.entries())
      new CfnSubscription(this, `Mail${index}`, { topicArn: topic.ref, protocol: "email", endpoint });
  }
}
