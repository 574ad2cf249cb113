import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { metricNamespace } from "../../src/main/metric-lines.ts";
import { ingressMetrics } from "../../src/main/metrics.ts";
import { isSource } from "../../src/main/intake/sources.ts";
import { filledIn, resourcesOf, sovereign } from "../gates/template.ts";
import { programNamespace } from "../lib/alarms.ts";
import { template, templates } from "./support/templates.ts";

/* An alarm on a metric that nobody writes never rings, and says so to nobody. Every name and every set of dimensions is held against those that there are. */

interface Asked {
  readonly where: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string | null>>;
}

type Sets = readonly (readonly string[])[];

/** AWS's, as the guides of the services list them (read 2026-11-27). */
const ofServices: Readonly<Record<string, Readonly<Record<string, Sets>>>> = {
  "AWS/SQS": { ApproximateNumberOfMessagesVisible: [["QueueName"]], ApproximateAgeOfOldestMessage: [["QueueName"]] },
  "AWS/RDS": { ACUUtilization: [["DBClusterIdentifier"], ["DBInstanceIdentifier"]] },
  // Of a target group in a balancer; not of a balancer as a whole.
  "AWS/NetworkELB": {
    UnHealthyHostCount: [
      ["LoadBalancer", "TargetGroup"],
      ["AvailabilityZone", "LoadBalancer", "TargetGroup"],
    ],
  },
  "AWS/ApiGateway": { "5XXError": [["ApiName"]], Latency: [["ApiName"]], Count: [["ApiName"]] },
  "ECS/ContainerInsights": { RunningTaskCount: [["ClusterName", "ServiceName"]] },
};

/** The program's, as a front's registry defines them and its lines tell them; and those of filters over logs. */
function ofProgram(): Readonly<Record<string, Sets>> {
  const { registry } = ingressMetrics();
  const told = registry.getMetricsAsArray().flatMap((metric) => {
    const { name, type, labelNames } = metric as unknown as { name: string; type: string; labelNames: readonly string[] };
    const sets: Sets = [["role", ...labelNames], ...(type === "counter" && labelNames.length > 0 ? [["role"]] : [])];
    return (type === "histogram" ? [`${name}_sum`, `${name}_count`] : [name]).map((each) => [each, sets] as const);
  });
  const filtered = resourcesOf(templates("production"), "AWS::Logs::MetricFilter").flatMap(([, { Properties }]) =>
    (Properties!["MetricTransformations"] as { MetricName: string; MetricNamespace: string }[]).map((each) => {
      assert.equal(each.MetricNamespace, metricNamespace);
      return [each.MetricName, [[]]] as const;
    }),
  );
  return Object.fromEntries([...told, ...filtered]);
}

const known: typeof ofServices = { ...ofServices, [metricNamespace]: ofProgram() };

/** What is wrong with a question for a metric; null: nothing. */
function wrongIn({ where, namespace, metric, dimensions }: Asked): string | null {
  const sets = known[namespace]?.[metric];
  if (sets === undefined) return `${where}: nobody writes ${namespace} ${metric}`;
  const names = Object.keys(dimensions).sort().join();
  if (!sets.some((set) => [...set].sort().join() === names))
    return `${where}: ${namespace} ${metric} has no dimensions ${names || "(none)"}`;
  for (const [name, value] of Object.entries(dimensions))
    if (namespace === metricNamespace && value !== null && !isValue(name, metric, value)) return `${where}: ${name} is never ${value}`;
  return null;
}

/** Labels come from closed lists: these are those that are asked for. */
function isValue(label: string, metric: string, value: string): boolean {
  switch (label) {
    case "role":
      return value === "front";
    case "source":
      return isSource(value);
    case "outcome":
      return (metric === "parcelkeep_webhooks_total" ? webhookOutcomes : ["answered"]).includes(value);
    case "state":
      return metric === "parcelkeep_break_glass_reviews" && ["due", "overdue"].includes(value);
    default:
      return false;
  }
}

/** Of src/main/intake/intake-threads.ts and src/main/front/front-services.ts. */
const webhookOutcomes = ["accepted", "duplicate", "refused", "failed", "unauthenticated"];

function askedByAlarms(): readonly Asked[] {
  return resourcesOf(templates("production"), "AWS::CloudWatch::Alarm").map(([at, { Properties = {} }]) => ({
    where: at,
    namespace: String(Properties["Namespace"]),
    metric: String(Properties["MetricName"]),
    dimensions: pairs((filledIn(Properties["Dimensions"], sovereign) ?? []) as { Name: string; Value: string }[]),
  }));
}

function pairs(list: readonly { readonly Name: string; readonly Value: string }[]): Readonly<Record<string, string>> {
  return Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]));
}

function askedByDashboard(): readonly Asked[] {
  const [dashboard] = resourcesOf([template("production", "observability")], "AWS::CloudWatch::Dashboard");
  const { DashboardBody } = filledIn(dashboard![1].Properties, sovereign) as { DashboardBody: string };
  const { widgets } = JSON.parse(DashboardBody) as { widgets: { properties: { title: string; metrics: unknown[][] } }[] };
  return widgets.flatMap(({ properties: { title, metrics } }) => metrics.flatMap((metric) => askedByLine(`dashboard, ${title}`, metric)));
}

/** `[namespace, metric, name, value …, options]`, or an expression that searches. */
function askedByLine(where: string, line: readonly unknown[]): readonly Asked[] {
  const texts = line.filter((each) => typeof each === "string");
  const expression = (line[0] as { expression?: string }).expression;
  if (expression === undefined) {
    const [namespace = "", metric = "", ...dimensions] = texts;
    const named = dimensions.flatMap((name, at) => (at % 2 === 0 ? [[name, dimensions[at + 1]!] as const] : []));
    return [{ where, namespace, metric, dimensions: Object.fromEntries(named) }];
  }
  return Array.from(expression.matchAll(/SEARCH\('\{([^}]+)\} MetricName="([^"]+)"([^']*)'/g), ([, schema, metric, filters]) => {
    const [namespace = "", ...names] = schema!.split(",");
    const values = new Map(Array.from(filters!.matchAll(/ (?:NOT )?(\w+)="([^"]+)"/g), ([, name, value]) => [name!, value!]));
    assert.ok(
      [...values.keys()].every((name) => names.includes(name)),
      `${where}: a filter by what is no dimension`,
    );
    return { where, namespace, metric: metric!, dimensions: Object.fromEntries(names.map((name) => [name, values.get(name) ?? null])) };
  });
}

function askedByScaling(): readonly Asked[] {
  type Query = { MetricStat?: { Metric: { Namespace: string; MetricName: string; Dimensions: { Name: string; Value: string }[] } } };
  return resourcesOf(templates("production"), "AWS::ApplicationAutoScaling::ScalingPolicy").flatMap(([at, { Properties }]) => {
    const text = filledIn(Properties, sovereign) as {
      TargetTrackingScalingPolicyConfiguration: { CustomizedMetricSpecification?: { Metrics: Query[] } };
    };
    return (text.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification?.Metrics ?? []).flatMap(({ MetricStat }) =>
      MetricStat === undefined
        ? []
        : [
            {
              where: at,
              namespace: MetricStat.Metric.Namespace,
              metric: MetricStat.Metric.MetricName,
              dimensions: pairs(MetricStat.Metric.Dimensions),
            },
          ],
    );
  });
}

describe("a metric that is asked for is written, under these dimensions:", () => {
  test("the namespace is the program's", () => assert.equal(programNamespace, metricNamespace));
  for (const [what, asked] of [
    ["alarms", askedByAlarms()],
    ["dashboard", askedByDashboard()],
    ["scaling", askedByScaling()],
  ] as const)
    test(what, () => {
      assert.ok(asked.length > 0);
      assert.deepEqual(
        asked.map(wrongIn).filter((wrong) => wrong !== null),
        [],
      );
    });

  test("every carrier that is called has an alarm", () => {
    const watched = askedByAlarms().flatMap(({ metric, dimensions }) =>
      metric === "parcelkeep_connector_breaker_open" ? [dimensions["source"]] : [],
    );
    assert.deepEqual(watched.sort(), ["dhl-parcel-de", "dhl-unified", "gls", "laposte", "postnl", "ups"]);
  });
});

describe("a planted fault is found:", () => {
  const planted: readonly (readonly [what: string, asked: Omit<Asked, "where">, found: RegExp])[] = [
    [
      "a metric that nobody writes",
      { namespace: "Parcelkeep", metric: "parcelkeep_egress_failures_total", dimensions: { role: "front" } },
      /nobody writes/,
    ],
    [
      "a metric without its role",
      { namespace: "Parcelkeep", metric: "parcelkeep_commit_failures_total", dimensions: {} },
      /no dimensions \(none\)/,
    ],
    [
      "a gauge without its label",
      { namespace: "Parcelkeep", metric: "parcelkeep_releases", dimensions: { role: "front" } },
      /no dimensions role/,
    ],
    [
      "a histogram by its name",
      { namespace: "Parcelkeep", metric: "parcelkeep_commit_seconds", dimensions: { role: "front" } },
      /nobody writes/,
    ],
    [
      "a value that a label never has",
      { namespace: "Parcelkeep", metric: "parcelkeep_break_glass_reviews", dimensions: { role: "front", state: "late" } },
      /never late/,
    ],
    [
      "hosts of a balancer without its targets",
      { namespace: "AWS/NetworkELB", metric: "UnHealthyHostCount", dimensions: { LoadBalancer: "x" } },
      /no dimensions LoadBalancer/,
    ],
  ];
  for (const [what, asked, found] of planted) test(what, () => assert.match(wrongIn({ where: "planted", ...asked }) ?? "", found));
});
