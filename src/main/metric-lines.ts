import type { MetricObjectWithValues, MetricValue } from "prom-client";

/** The specification's most (CloudWatch user guide, "Embedded metric format specification"; limits of a directive and of a dimension set). */
const metricsPerLine = 100;
const dimensionsMax = 9;
export const metricNamespace = "Parcelkeep";

type Metric = MetricObjectWithValues<MetricValue<string>>;
/** Of CloudWatch's own list. */
type Unit = "Count" | "Seconds" | "Bytes" | "None";

/**
 * A registry's metrics as lines in CloudWatch's embedded metric format: whoever ships the logs makes metrics of them, without an agent and without a call. Labels
 * become dimensions, with the process's role as one more; they come from closed lists, so dimensions are bounded. Of a histogram its sum and count are told.
 *
 * Counters are told as what was counted since `before`, as CloudWatch sums them up; and those with labels a second time without them, since an alarm cannot add dimensions up.
 * @param shared names of counters that stand in the database for all processes: the first that is seen of them is not news.
 * @returns the lines, each with its newline, and what to pass as `before` next time.
 */
export function metricLines(
  metrics: readonly Metric[],
  role: string,
  now: Date,
  before: ReadonlyMap<string, number> | null = null,
  shared: ReadonlySet<string> = new Set(),
): { readonly lines: readonly string[]; readonly counted: ReadonlyMap<string, number> } {
  // What is not there for once (a database that does not answer) is remembered, and not counted anew.
  const counted = new Map(before);
  const byLabels = new Map<string, { readonly labels: Readonly<Record<string, string>>; readonly values: Value[] }>();
  for (const metric of metrics) {
    const type = String(metric.type);
    for (const { value, labels, metricName } of metric.values as readonly (MetricValue<string> & { metricName?: string })[]) {
      const name = metricName ?? metric.name;
      if (name.endsWith("_bucket") || !Number.isFinite(value)) continue;
      const dimensions = { role, ...textOf(labels) };
      const key = JSON.stringify(dimensions);
      let told = value;
      if (type !== "gauge") {
        counted.set(name + key, value);
        if (before === null && shared.has(name)) continue;
        told = value - (before?.get(name + key) ?? 0);
        // A counter that was set back counts from nothing.
        if (told < 0) told = value;
      }
      const group = byLabels.get(key) ?? { labels: dimensions, values: [] as Value[] };
      group.values.push({ name, unit: unitOf(name), value: told, isCounter: type === "counter" });
      byLabels.set(key, group);
    }
  }
  const lines = [...byLabels.values()].flatMap(({ labels, values }) => linesOf(labels, values, now));
  return { lines, counted };
}

interface Value {
  readonly name: string;
  readonly unit: Unit;
  readonly value: number;
  readonly isCounter: boolean;
}

function linesOf(labels: Readonly<Record<string, string>>, values: readonly Value[], now: Date): readonly string[] {
  const lines: string[] = [];
  for (let from = 0; from < values.length; from += metricsPerLine) {
    const some = values.slice(from, from + metricsPerLine);
    const names = Object.keys(labels).slice(0, dimensionsMax);
    const of = (dimensions: readonly string[], which: readonly Value[]) => ({
      Namespace: metricNamespace,
      Dimensions: [dimensions],
      Metrics: which.map(({ name, unit }) => ({ Name: name, Unit: unit })),
    });
    const counters = names.length > 1 ? some.filter(({ isCounter }) => isCounter) : [];
    const CloudWatchMetrics = [of(names, some), ...(counters.length > 0 ? [of(["role"], counters)] : [])];
    const _aws = { Timestamp: now.getTime(), CloudWatchMetrics };
    lines.push(`${JSON.stringify({ _aws, ...labels, ...Object.fromEntries(some.map(({ name, value }) => [name, value])) })}\n`);
  }
  return lines;
}

function textOf(labels: Partial<Record<string, string | number>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, String(value)]])),
  );
}

/** By the ends that Prometheus's naming gives ("Metric and label naming"). */
function unitOf(name: string): Unit {
  if (/_seconds(?:_sum)?$/.test(name)) return "Seconds";
  if (/_bytes(?:_sum)?$/.test(name)) return "Bytes";
  return /(?:_ratio|_left|_open|_up)$/.test(name) ? "None" : "Count";
}
