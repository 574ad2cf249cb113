import { ofFronts, programNamespace } from "./alarms.ts";
import { prefix } from "./prefix.ts";

type Metric = readonly (string | { readonly [option: string]: string | boolean })[];

/** Of the program's, by its labels: a line for each that there is. */
function byLabels(metric: string, labels: readonly string[], stat: string, { which = "", label = "" } = {}): Metric {
  const search = `SEARCH('{${[programNamespace, "role", ...labels].join(",")}} MetricName="${metric}"${which}', '${stat}', 60)`;
  return [label === "" ? { expression: search } : { expression: `SUM(${search})`, label }];
}

/** Of the program's, without labels. */
function plain(metric: string, stat: string, options: Readonly<Record<string, string | boolean>> = {}): Metric {
  return [programNamespace, metric, ...Object.entries(ofFronts).flat(), { stat, ...options }];
}

/** Histograms are told as sum and count. */
function mean(metric: string): readonly Metric[] {
  return [
    plain(`${metric}_sum`, "Sum", { id: "sum", visible: false }),
    plain(`${metric}_count`, "Sum", { id: "count", visible: false }),
    [{ expression: "sum / count", label: "mean" }],
  ];
}

/** The guide's measures (E1), in the order that somebody reads them at night: is anything coming in, does it get through, does it go out, what was opened. */
export function dashboardOf(region: string): object {
  const queues = (metric: string, ...names: readonly string[]): readonly Metric[] =>
    names.map((name) => ["AWS/SQS", metric, "QueueName", `${prefix}-${name}.fifo`, { stat: "Maximum", label: name }]);
  const webhooks = (outcome: string): Metric =>
    byLabels("parcelkeep_webhooks_total", ["source", "outcome"], "Sum", { which: ` outcome="${outcome}"`, label: outcome });
  const rows: readonly (readonly [title: string, metrics: readonly Metric[]])[] = [
    ["Webhooks by outcome", ["accepted", "duplicate", "refused", "failed", "unauthenticated"].map(webhooks)],
    ["Mean time to the durable commit, seconds", mean("parcelkeep_commit_seconds")],
    ["Queue depth", [...queues("ApproximateNumberOfMessagesVisible", "inbox", "approvals"), plain("parcelkeep_inbox_depth", "Maximum")]],
    ["Age of the oldest message", queues("ApproximateAgeOfOldestMessage", "inbox", "approvals")],
    ["Connector latency, seconds", [byLabels("parcelkeep_connector_latency_seconds", ["source"], "Maximum")]],
    [
      "Outbound calls that were not answered",
      [
        byLabels("parcelkeep_egress_calls_total", ["recipient", "outcome"], "Maximum", { which: ' NOT outcome="answered"' }),
        plain("parcelkeep_egress_findings_total", "Maximum"),
      ],
    ],
    ["Openings of personal data", [[programNamespace, "openings", { stat: "Sum" }], byLabels("parcelkeep_releases", ["state"], "Maximum")]],
    [
      "Dead letters",
      [...queues("ApproximateNumberOfMessagesVisible", "inbox-dead", "approvals-dead"), plain("parcelkeep_dead_letters", "Maximum")],
    ],
  ];
  return {
    widgets: rows.map(([title, metrics], index) => ({
      type: "metric",
      x: (index % 2) * 12,
      y: Math.floor(index / 2) * 6,
      width: 12,
      height: 6,
      properties: { title, region, metrics, view: "timeSeries", period: 60 },
    })),
  };
}
