import assert from "node:assert/strict";
import { test } from "node:test";
import type { CarrierFigure, SimulationFigures } from "./simulate-figures.ts";
import { pairedFigures, pairedText } from "./simulate-pair.ts";
import { percentiles } from "./simulate-percentiles.ts";

const carrier = (source: string, toldMs: readonly number[]): CarrierFigure => ({
  source,
  behaviour: "60..300 ms",
  calls: toldMs.length,
  outcomes: {},
  numbers: toldMs.length,
  tokens: 0,
  refused: 0,
  overQuota: 0,
  faults: {},
  parcels: 4,
  steps: {
    way: "asked",
    happened: 9,
    told: toldMs.length,
    measured: toldMs.length,
    missing: 0,
    toldToSeen: percentiles(toldMs),
    happenedToSeen: percentiles(toldMs),
  },
});
const run = (...carriers: readonly CarrierFigure[]): SimulationFigures => ({
  seed: "s",
  startedAt: "2026-11-26T12:00:00.000Z",
  machine: "a machine",
  durationMs: 60_000,
  speed: 100,
  askedBy: "product",
  carriers,
  pushes: [],
  batching: [],
  cache: null,
  agreement: { checked: 4, agreed: 4, differing: [] },
});

test("stands the other carriers of two runs side by side, and leaves the black hole out", () => {
  const paired = pairedFigures(
    "gls",
    run(carrier("gls", [40]), carrier("ups", [40, 50])),
    run(carrier("gls", []), carrier("ups", [41, 52, 60])),
  );
  assert.deepEqual(paired.others, [
    {
      source: "ups",
      without: { told: 2, missing: 0, toldToSeenP50: 50, toldToSeenP99: 50 },
      with: { told: 3, missing: 0, toldToSeenP50: 52, toldToSeenP99: 60 },
    },
  ]);
  const text = pairedText(paired);
  assert.match(text, /while gls answers \(left\)/);
  assert.match(text, /^ups +2 +0 +50 +50 +3 +0 +52 +60$/m);
});

test("says of a carrier that told nothing that there is nothing to measure", () => {
  assert.match(pairedText(pairedFigures("gls", run(carrier("ups", [])), run(carrier("ups", [])))), /^ups +0 +0 +- +- +0 +0 +- +-$/m);
});
