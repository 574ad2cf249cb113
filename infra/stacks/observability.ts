import { CfnBudget } from "aws-cdk-lib/aws-budgets";
import { CfnDashboard } from "aws-cdk-lib/aws-cloudwatch";
import { CfnTopic, CfnTopicPolicy } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { AlarmTopic } from "../constructs/alarm-topic.ts";
import { OpeningCounter } from "../constructs/opening-counter.ts";
import { TrailWatch } from "../constructs/trail-watch.ts";
import { processingAlarms } from "../lib/alarms.ts";
import { dashboardOf } from "../lib/dashboard.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { keyArn, policyContextOf } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { topicPolicy } from "../policies/queues.ts";
import type { ServiceStack } from "./service.ts";

/** What people look at and what calls them: the five measures that the guide asks for (E1), and what each alarm says to do is its description. */
export class ObservabilityStack extends EscStack {
  constructor(scope: Construct, config: Config, service: ServiceStack) {
    super(scope, config, "processing", "observability", "Alarms, dashboard and budget");
    const topic = new AlarmTopic(this, "Alarms");
    this.tellMerchants();
    new TrailWatch(this, "Watch", topic.arn, [
      {
        name: "role-maker-started",
        why: "The task that is handed the database's first user was started: once when a database is new, and never by itself",
        pattern: {
          source: ["aws.ecs"],
          detail: { eventName: ["RunTask", "StartTask"], requestParameters: { taskDefinition: [{ wildcard: `*${prefix}-role-maker*` }] } },
        },
      },
    ]);
    new OpeningCounter(this, "OpeningCounter");
    const names = { ...service.door.fullNames, cluster: service.clusterName };
    processingAlarms(this, topic.arn, names);
    new CfnDashboard(this, "Dashboard", { dashboardName: prefix, dashboardBody: this.toJsonString(dashboardOf(config.region)) });
    this.limitCosts();
  }

  /** The topic for systems of merchants that live in AWS: pseudonymous changes (docs/webhooks-out.md). */
  private tellMerchants(): void {
    const topic = new CfnTopic(this, "Changes", { topicName: `${prefix}-changes`, kmsMasterKeyId: keyArn(this, "queue") });
    new CfnTopicPolicy(this, "ChangesPolicy", { topics: [topic.ref], policyDocument: topicPolicy(policyContextOf(this), "changes") });
  }

  private limitCosts(): void {
    const { monthlyBudgetEuros, mailTo } = this.config.alarms;
    const subscribers = mailTo.map((address) => ({ subscriptionType: "EMAIL", address }));
    new CfnBudget(this, "Budget", {
      budget: {
        budgetName: `${prefix}-${this.config.stage}`,
        budgetType: "COST",
        timeUnit: "MONTHLY",
        // The partition bills in euros.
        budgetLimit: { amount: monthlyBudgetEuros, unit: "EUR" },
      },
      notificationsWithSubscribers: [
        { notification: { notificationType: "ACTUAL", comparisonOperator: "GREATER_THAN", threshold: 80 }, subscribers },
        { notification: { notificationType: "FORECASTED", comparisonOperator: "GREATER_THAN", threshold: 100 }, subscribers },
      ],
    });
  }
}
