import { CfnAlarm } from "aws-cdk-lib/aws-cloudwatch";
import type { EscStack } from "./esc-stack.ts";
import { prefix } from "./prefix.ts";

export interface AlarmRule {
  readonly name: string;
  readonly why: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Sum" | "Maximum" | "Minimum" | "Average" | "p99";
  readonly above?: number;
  readonly below?: number;
  /** Minutes that it has to last. */
  readonly minutes: number;
  /** Whether silence is a sign of trouble: a program that stopped counting. */
  readonly silenceRings?: true;
}

/**
 * The program's own metrics, as its fronts write them (src/main/metric-lines.ts): each with its labels as dimensions beside `role`, counters under `role` alone too. What all fronts tell of the same
 * database is read by its maximum. test/metrics.test.ts holds every name here against those that there are.
 */
export const programNamespace = "Parcelkeep";
export const ofFronts = { role: "front" } as const;

export function alarm(stack: EscStack, topicArn: string, rule: AlarmRule): void {
  const { above, below, statistic } = rule;
  new CfnAlarm(stack, `Alarm-${rule.name}`, {
    alarmName: `${prefix}-${rule.name}`,
    alarmDescription: rule.why,
    namespace: rule.namespace,
    metricName: rule.metric,
    dimensions: Object.entries(rule.dimensions).map(([name, value]) => ({ name, value })),
    ...(statistic === "p99" ? { extendedStatistic: "p99" } : { statistic }),
    comparisonOperator: above === undefined ? "LessThanThreshold" : "GreaterThanThreshold",
    threshold: above ?? below ?? 0,
    period: 60,
    evaluationPeriods: rule.minutes,
    datapointsToAlarm: rule.minutes,
    treatMissingData: rule.silenceRings === true ? "breaching" : "notBreaching",
    alarmActions: [topicArn],
    okActions: [topicArn],
  });
}

/** Of the entry, in its own account. */
export function entryAlarms(stack: EscStack, topicArn: string, apiName: string): void {
  const api = { namespace: "AWS/ApiGateway", dimensions: { ApiName: apiName } };
  for (const rule of [
    { ...api, name: "entry-errors", why: "Senders are told 5xx", metric: "5XXError", statistic: "Sum", above: 20, minutes: 3 },
    {
      ...api,
      name: "entry-slow",
      why: "The slowest of a hundred webhooks takes a second",
      metric: "Latency",
      statistic: "p99",
      above: 1000,
      minutes: 5,
    },
    {
      ...api,
      name: "entry-silent",
      why: "No webhook for a quarter of an hour",
      metric: "Count",
      statistic: "Sum",
      below: 1,
      minutes: 15,
      silenceRings: true,
    },
  ] as const satisfies readonly AlarmRule[])
    alarm(stack, topicArn, rule);
}

/** Of the processes and what they stand on. */
export function processingAlarms(stack: EscStack, topicArn: string, of: Watched): void {
  for (const rule of processingRules(of, Object.keys(stack.config.carriers))) alarm(stack, topicArn, rule);
}

export interface Watched {
  /** Full names of the front's load balancer and of its targets. */
  readonly balancer: string;
  readonly targets: string;
  readonly cluster: string;
}

function processingRules({ balancer, targets, cluster }: Watched, carriers: readonly string[]): readonly AlarmRule[] {
  const queue = (name: string) => ({ namespace: "AWS/SQS", dimensions: { QueueName: `${prefix}-${name}.fifo` } });
  const database = { namespace: "AWS/RDS", dimensions: { DBClusterIdentifier: prefix } };
  const program = { namespace: programNamespace, dimensions: ofFronts };
  return [
    {
      ...queue("inbox"),
      name: "inbox-late",
      why: "Messages wait for the workers",
      metric: "ApproximateAgeOfOldestMessage",
      statistic: "Maximum",
      above: 60,
      minutes: 5,
    },
    ...["inbox", "approvals"].map((name): AlarmRule => ({
      ...queue(`${name}-dead`),
      name: `${name}-dead`,
      why: "Messages that no worker could deal with wait for a person",
      metric: "ApproximateNumberOfMessagesVisible",
      statistic: "Maximum",
      above: 0,
      minutes: 1,
    })),
    {
      ...database,
      name: "database-full",
      why: "The database is at its greatest size",
      metric: "ACUUtilization",
      statistic: "Maximum",
      above: 90,
      minutes: 10,
    },
    {
      namespace: "AWS/NetworkELB",
      dimensions: { LoadBalancer: balancer, TargetGroup: targets },
      name: "front-down",
      why: "A front does not answer /readyz",
      metric: "UnHealthyHostCount",
      statistic: "Maximum",
      above: 0,
      minutes: 3,
    },
    ...["archivist", "keeper", "sequencer"].map((role): AlarmRule => ({
      namespace: "ECS/ContainerInsights",
      dimensions: { ClusterName: cluster, ServiceName: `${prefix}-${role}` },
      name: `${role}-down`,
      why: "A role that works alone does not run",
      metric: "RunningTaskCount",
      statistic: "Minimum",
      below: 1,
      minutes: 10,
      silenceRings: true,
    })),
    {
      ...program,
      name: "commits-fail",
      why: "Group commits fail; senders are told 503",
      metric: "parcelkeep_commit_failures_total",
      statistic: "Sum",
      above: 0,
      minutes: 2,
    },
    ...carriers.map((source): AlarmRule => ({
      ...program,
      dimensions: { ...ofFronts, source },
      name: `carrier-${source}-away`,
      why: "A carrier is not called since most calls to it fail",
      metric: "parcelkeep_connector_breaker_open",
      statistic: "Maximum",
      above: 0.5,
      minutes: 10,
    })),
    {
      ...program,
      name: "dead-letters",
      why: "Jobs failed and wait for a person (docs/operations/dead-letters.md)",
      metric: "parcelkeep_dead_letters",
      statistic: "Maximum",
      above: 0,
      minutes: 1,
    },
    {
      ...program,
      name: "egress-findings",
      why: "The guard refused a call that held personal data",
      metric: "parcelkeep_egress_findings_total",
      statistic: "Maximum",
      above: 0,
      minutes: 1,
    },
    {
      ...program,
      dimensions: { ...ofFronts, state: "overdue" },
      name: "reviews-overdue",
      why: "A use of break-glass was not reviewed in time",
      metric: "parcelkeep_break_glass_reviews",
      statistic: "Maximum",
      above: 0,
      minutes: 1,
    },
    {
      namespace: programNamespace,
      // Counted by a filter over what KMS says (constructs/opening-counter.ts), and by no process.
      dimensions: {},
      name: "many-openings",
      why: "Personal data is opened more often than people approve",
      metric: "openings",
      statistic: "Sum",
      above: 20,
      minutes: 5,
    },
  ];
}
