import { type HrTime, ValueType } from "@opentelemetry/api";
import { AggregationTemporality, type DataPoint, DataPointType, type MetricData } from "@opentelemetry/sdk-metrics";
import type { MetricObjectWithValues, MetricValue } from "prom-client";
import { isLabelCode } from "./otlp-words.ts";

type Metric = MetricObjectWithValues<MetricValue<string>>;
type Value = MetricValue<string> & { readonly metricName?: string };
type Labels = Readonly<Record<string, string>>;

export interface MetricTimes {
  /** Epoch milliseconds from which this process counts. */
  readonly sinceMs: number;
  readonly nowMs: number;
  /** Counters that were begun before: when, is not known. */
  readonly isOlder: (name: string) => boolean;
}

/**
 * A registry as OTLP has it: counters as monotonic cumulative sums, gauges as gauges, histograms with their own bounds; names as they are at `/metrics`
 * (OpenTelemetry, "Prometheus and OpenMetrics Compatibility"). Series with a label that is no code are left out.
 */
export function otlpMetrics(metrics: readonly Metric[], { sinceMs, nowMs, isOlder }: MetricTimes): MetricData[] {
  const endTime = hrTime(nowMs);
  return metrics.flatMap((metric): MetricData[] => {
    // "0 indicates that the timestamp is unspecified" (opentelemetry-proto, metrics.proto).
    const startTime: HrTime = isOlder(metric.name) ? [0, 0] : hrTime(sinceMs);
    const descriptor = { name: metric.name, description: metric.help, unit: unitOf(metric.name), valueType: ValueType.DOUBLE };
    const aggregationTemporality = AggregationTemporality.CUMULATIVE;
    const point = <Content>(labels: Labels, value: Content): DataPoint<Content> => ({
      startTime,
      endTime,
      attributes: { ...labels },
      value,
    });
    const singles = (): DataPoint<number>[] =>
      metric.values.flatMap(({ labels, value }) => {
        const codes = codesOf(labels);
        return codes === null || !Number.isFinite(value) ? [] : [point(codes, value)];
      });
    // The library's own names for kinds; its type has them as numbers.
    switch (String(metric.type)) {
      case "counter":
        return [{ descriptor, aggregationTemporality, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: singles() }];
      case "gauge":
        return [{ descriptor, aggregationTemporality, dataPointType: DataPointType.GAUGE, dataPoints: singles() }];
      case "histogram": {
        const dataPoints = seriesOf(metric).map(({ labels, values }) => point(labels, histogramOf(values)));
        return [{ descriptor, aggregationTemporality, dataPointType: DataPointType.HISTOGRAM, dataPoints }];
      }
      default:
        throw new TypeError("a metric of a kind that is not exported");
    }
  });
}

function seriesOf({ values }: Metric): readonly { readonly labels: Labels; readonly values: readonly Value[] }[] {
  const series = new Map<string, { labels: Labels; values: Value[] }>();
  for (const value of values as readonly Value[]) {
    const { le: _, ...others } = value.labels;
    const labels = codesOf(others);
    if (labels === null) continue;
    const key = JSON.stringify(labels);
    const held = series.get(key) ?? { labels, values: [] };
    held.values.push(value);
    series.set(key, held);
  }
  return [...series.values()];
}

/** Prometheus's buckets hold what is below them too; OTLP's do not. */
function histogramOf(values: readonly Value[]) {
  const named = (end: string): number => values.find(({ metricName = "" }) => metricName.endsWith(end))?.value ?? 0;
  const buckets = values.filter(({ metricName = "" }) => metricName.endsWith("_bucket"));
  const bounded = buckets
    .filter(({ labels }) => labels["le"] !== "+Inf")
    .map(({ labels, value }) => ({ bound: Number(labels["le"]), value }));
  bounded.sort((one, other) => one.bound - other.bound);
  const count = named("_count");
  const upTo = [...bounded.map(({ value }) => value), count];
  const counts = upTo.map((value, index) => value - (upTo[index - 1] ?? 0));
  return { buckets: { boundaries: bounded.map(({ bound }) => bound), counts }, count, sum: named("_sum") };
}

/** @returns null where one is no code. */
function codesOf(labels: Partial<Record<string, string | number>>): Labels | null {
  const codes: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) {
    if (value === undefined || value === "") continue;
    if (typeof value !== "string" || !isLabelCode(value)) return null;
    codes[name] = value;
  }
  return codes;
}

/** UCUM, as OTLP has units; by the ends that Prometheus's naming gives. */
function unitOf(name: string): string {
  if (name.endsWith("_seconds")) return "s";
  return name.endsWith("_bytes") ? "By" : "1";
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1_000_000)];
}
