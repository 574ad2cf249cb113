import assert from "node:assert/strict";
import { test } from "node:test";
import type { SimulationFigures, StepFigure } from "./simulate-figures.ts";
import { percentiles } from "./simulate-percentiles.ts";
import { figuresHtml, figuresText } from "./simulate-report.ts";

const steps = (toldMs: readonly number[]): StepFigure => ({
  way: "asked",
  happened: 9,
  told: toldMs.length,
  measured: toldMs.length,
  missing: 0,
  toldToSeen: percentiles(toldMs),
  happenedToSeen: percentiles(toldMs.map((ms) => ms + 1000)),
});
const counts = { numbers: 40, tokens: 1, refused: 0, overQuota: 0, faults: {}, parcels: 4 };
const figures: SimulationFigures = {
  seed: "<seed>",
  startedAt: "2026-11-26T12:00:00.000Z",
  machine: "a machine",
  durationMs: 60_000,
  speed: 100,
  askedBy: "connectors",
  carriers: [
    { source: "gls", behaviour: "60..300 ms", calls: 4, outcomes: { answered: 4 }, steps: steps([40, 41, 230]), ...counts },
    { source: "ups", behaviour: "60..300 ms, hang 100 %", calls: 0, outcomes: { "no answer": 3 }, steps: steps([]), ...counts },
  ],
  pushes: [],
  batching: [{ source: "gls", batchMax: 10, numbers: 60, batched: { calls: 6, tookMs: 400 }, single: { calls: 60, tookMs: 4000 } }],
  cache: { shipments: 2, without: percentiles([4, 5]), with: percentiles([0.4, 0.5]) },
  agreement: { checked: 4, agreed: 4, differing: [] },
};

test("the page holds every figure, charts for them, and nothing from elsewhere", () => {
  const page = figuresHtml(figures);
  for (const text of [
    "gls, asked",
    "41 … 230",
    "hang 100 %",
    "nothing came",
    "6 calls, 0.10 a parcel",
    "60 calls, 1.00 a parcel",
    "&lt;seed&gt;",
  ])
    assert.ok(page.includes(text), text);
  assert.equal(page.match(/<svg /g)?.length, 3);
  assert.doesNotMatch(page, /<script|src=|href=|<seed>|NaN|undefined/);
});

test("the text for a terminal holds the same tables", () => {
  const text = figuresText(figures);
  assert.match(text, /gls +60\.\.300 ms +4 +4 +10\.0 +3 of 9 +0 +41 +230 +230/);
  assert.match(text, /gls +10 +60 +6 +400 +60 +4000 +10\.0/);
  assert.match(text, /Shipments that show what they were told: 4 of 4\./);
});

test("percentiles are of what was measured, and none where nothing was", () => {
  assert.deepEqual(percentiles([]), { count: 0, p50: null, p95: null, p99: null });
  assert.deepEqual(percentiles(Array.from({ length: 100 }, (_, at) => at + 1)), { count: 100, p50: 51, p95: 96, p99: 100 });
});
