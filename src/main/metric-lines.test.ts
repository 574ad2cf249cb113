import assert from "node:assert/strict";
import { test } from "node:test";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { metricLines } from "./metric-lines.ts";
import { ingressMetrics } from "./metrics.ts";

const now = new Date("2026-11-26T20:00:00Z");

/** The schema of the specification (CloudWatch user guide, "Embedded metric format specification", read 2026-11-26), by hand. */
function checkLine(line: string): any {
  assert.ok(line.endsWith("\n") && !line.slice(0, -1).includes("\n") && line.length < 1024 * 1024);
  const root = JSON.parse(line);
  const { Timestamp, CloudWatchMetrics } = root._aws;
  assert.ok(Number.isInteger(Timestamp) && Timestamp > 0);
  for (const { Namespace, Dimensions, Metrics } of CloudWatchMetrics) {
    assert.match(Namespace, /^[^:][\w .#/-]{0,255}$/);
    assert.ok(Metrics.length >= 1 && Metrics.length <= 100);
    for (const set of Dimensions) {
      assert.ok(set.length <= 30);
      for (const name of set) assert.ok(typeof root[name] === "string" && root[name].length > 0 && root[name].length <= 1024, name);
    }
    for (const { Name, Unit } of Metrics) {
      assert.equal(typeof root[Name], "number", Name);
      assert.ok(["Count", "Seconds", "Bytes", "None"].includes(Unit), Unit);
    }
  }
  return root;
}

test("all that the program counts is told in lines that the specification's schema allows, without a label beside the closed lists", async () => {
  const metrics = ingressMetrics();
  metrics.received.inc({ source: "fedex", outcome: "accepted" }, 3);
  metrics.commitSeconds.observe(0.2);
  metrics.setBacklog(null);
  const { lines } = metricLines((await metrics.registry.getMetricsAsJSON()) as never, "front", now);
  const roots = lines.map(checkLine);
  const received = roots.find(({ source, outcome }) => source === "fedex" && outcome === "accepted");
  assert.deepEqual([received.role, received.parcelkeep_webhooks_total], ["front", 3]);
  assert.ok(roots.some((root) => root.parcelkeep_commit_seconds_sum === 0.2 && root.parcelkeep_commit_seconds_count === 1));
  const names = new Set(roots.flatMap((root) => root._aws.CloudWatchMetrics[0].Dimensions[0]));
  for (const name of names)
    assert.ok(["role", "source", "outcome", "result", "reason", "method", "state", "budget"].includes(name as string), String(name));
});

test("counters are told by what was added, gauges as they are", async () => {
  const registry = new Registry();
  const counter = new Counter({ name: "a_total", help: "a", registers: [registry] });
  const gauge = new Gauge({ name: "b_seconds", help: "b", registers: [registry] });
  const tell = async (before?: ReadonlyMap<string, number>) =>
    metricLines((await registry.getMetricsAsJSON()) as never, "front", now, before);
  counter.inc(5);
  gauge.set(7);
  const first = await tell();
  counter.inc(2);
  const second = await tell(first.counted);
  const [one, two] = [checkLine(first.lines[0]!), checkLine(second.lines[0]!)];
  assert.deepEqual([one.a_total, one.b_seconds, two.a_total, two.b_seconds], [5, 7, 2, 7]);
  registry.resetMetrics();
  counter.inc(1);
  assert.equal(checkLine((await tell(second.counted)).lines[0]!).a_total, 1);
});

test("more metrics than one line holds go in several", async () => {
  const registry = new Registry();
  for (let at = 0; at < 150; at++) new Gauge({ name: `gauge_${at}`, help: "g", registers: [registry] }).set(at);
  new Histogram({ name: "large_bytes", help: "h", registers: [registry] }).observe(1);
  const { lines } = metricLines((await registry.getMetricsAsJSON()) as never, "front", now);
  assert.equal(lines.length, 2);
  const told = lines.flatMap((line) => checkLine(line)._aws.CloudWatchMetrics[0].Metrics as { Name: string; Unit: string }[]);
  assert.equal(told.length, 152);
  assert.equal(told.find(({ Name }) => Name === "large_bytes_sum")?.Unit, "Bytes");
});

test("a counter with labels is told without them too, and nothing else is", async () => {
  const registry = new Registry();
  const counter = new Counter({ name: "a_total", help: "a", labelNames: ["source"], registers: [registry] });
  new Gauge({ name: "b_seconds", help: "b", labelNames: ["source"], registers: [registry] }).set({ source: "ups" }, 7);
  counter.inc({ source: "ups" });
  counter.inc({ source: "gls" }, 2);
  const { lines } = metricLines((await registry.getMetricsAsJSON()) as never, "front", now);
  const directives = lines.flatMap(
    (line) => checkLine(line)._aws.CloudWatchMetrics as { Dimensions: string[][]; Metrics: { Name: string }[] }[],
  );
  const told = directives.map(({ Dimensions, Metrics }) => [Dimensions, Metrics.map(({ Name }) => Name)]);
  assert.deepEqual(told, [
    [[["role", "source"]], ["a_total", "b_seconds"]],
    [[["role"]], ["a_total"]],
    [[["role", "source"]], ["a_total"]],
    [[["role"]], ["a_total"]],
  ]);
});

test("what the database has counted before a front started is no news of that front's, and is none after the database was away", async () => {
  const registry = new Registry();
  const counter = new Counter({ name: "told_total", help: "t", labelNames: ["outcome"], registers: [registry] });
  const tell = async (before: ReadonlyMap<string, number> | null) => {
    const { lines, counted } = metricLines((await registry.getMetricsAsJSON()) as never, "front", now, before, new Set(["told_total"]));
    return { told: lines.flatMap((line) => JSON.parse(line).told_total ?? []), counted };
  };
  counter.inc({ outcome: "refused" }, 1000);
  const first = await tell(null);
  counter.reset();
  const away = await tell(first.counted);
  counter.inc({ outcome: "refused" }, 1001);
  counter.inc({ outcome: "answered" }, 3);
  const last = await tell(away.counted);
  assert.deepEqual([first.told, away.told, last.told], [[], [], [1, 3]]);
});
