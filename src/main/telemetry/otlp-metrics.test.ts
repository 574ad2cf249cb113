import assert from "node:assert/strict";
import { test } from "node:test";
import { DataPointType } from "@opentelemetry/sdk-metrics";
import { Counter, Gauge, Histogram, Registry, Summary } from "prom-client";
import { ingressMetrics } from "../metrics.ts";
import { otlpMetrics } from "./otlp-metrics.ts";

const times = { sinceMs: 1_700_000_000_250, nowMs: 1_700_000_060_000, isOlder: (name: string) => name === "older_total" };

async function mapped(registry: Registry) {
  return otlpMetrics((await registry.getMetricsAsJSON()) as never, times);
}

test("a counter is a monotonic sum since the process began, or since nobody knows when", async () => {
  const registry = new Registry();
  new Counter({ name: "seen_total", help: "Seen", labelNames: ["source"], registers: [registry] }).inc({ source: "17track" }, 3);
  new Counter({ name: "older_total", help: "Older", registers: [registry] }).inc(7);
  const [seen, older] = await mapped(registry);
  assert.deepEqual(
    [seen?.descriptor.name, seen?.descriptor.description, seen?.dataPointType, (seen as { isMonotonic?: boolean }).isMonotonic],
    ["seen_total", "Seen", DataPointType.SUM, true],
  );
  assert.deepEqual(seen?.dataPoints, [
    { startTime: [1_700_000_000, 250_000_000], endTime: [1_700_000_060, 0], attributes: { source: "17track" }, value: 3 },
  ]);
  assert.deepEqual([older?.dataPoints[0]?.startTime, older?.dataPoints[0]?.value], [[0, 0], 7]);
});

test("a gauge is a gauge, with its unit, and what is no number is left out", async () => {
  const registry = new Registry();
  const gauge = new Gauge({ name: "oldest_seconds", help: "Oldest", labelNames: ["state"], registers: [registry] });
  gauge.set({ state: "due" }, -1.5);
  gauge.set({ state: "unknown" }, NaN);
  const [oldest] = await mapped(registry);
  assert.deepEqual([oldest?.dataPointType, oldest?.descriptor.unit], [DataPointType.GAUGE, "s"]);
  assert.deepEqual(
    oldest?.dataPoints.map(({ attributes, value }) => [attributes, value]),
    [[{ state: "due" }, -1.5]],
  );
});

test("a histogram has each bucket's own count, one more than it has bounds, for every set of labels", async () => {
  const registry = new Registry();
  const histogram = new Histogram({ name: "size_bytes", help: "Size", buckets: [1, 2, 8], labelNames: ["kind"], registers: [registry] });
  for (const value of [0.5, 1, 2, 3, 9, 10]) histogram.observe({ kind: "small" }, value);
  histogram.observe({ kind: "large" }, 100);
  const [size] = await mapped(registry);
  assert.deepEqual([size?.dataPointType, size?.descriptor.unit], [DataPointType.HISTOGRAM, "By"]);
  assert.deepEqual(
    size?.dataPoints.map(({ attributes, value }) => [attributes, value]),
    [
      [{ kind: "small" }, { buckets: { boundaries: [1, 2, 8], counts: [2, 1, 1, 2] }, count: 6, sum: 25.5 }],
      [{ kind: "large" }, { buckets: { boundaries: [1, 2, 8], counts: [0, 0, 0, 1] }, count: 1, sum: 100 }],
    ],
  );
});

test("a series whose label is no code is left out", async () => {
  const registry = new Registry();
  const counter = new Counter({ name: "seen_total", help: "Seen", labelNames: ["by"], registers: [registry] });
  for (const by of ["Ida Musterweg", "ida@beispiel.example", "+4915112345678", "770000000001", "MUSTERWEG", "fedex"]) counter.inc({ by });
  const [seen] = await mapped(registry);
  assert.deepEqual(
    seen?.dataPoints.map(({ attributes }) => attributes),
    [{ by: "fedex" }],
  );
});

test("everything that a front counts is told", async () => {
  const { registry, received } = ingressMetrics();
  received.inc({ source: "fedex", outcome: "accepted" });
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  assert.deepEqual(
    (await mapped(registry)).map(({ descriptor }) => descriptor.name),
    names,
  );
});

test("a kind that nothing stands for is not passed over", async () => {
  const registry = new Registry();
  new Summary({ name: "summary", help: "Summary", registers: [registry] }).observe(1);
  await assert.rejects(mapped(registry), TypeError);
});
