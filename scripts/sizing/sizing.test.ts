import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { sizingDocument } from "./document.ts";
import { assumed, deployed, limits, measured, processors, sizing } from "./model.ts";

const anyRate = fc.double({ min: 0.001, max: 20_000, noNaN: true });

test("docs/operations/sizing.md is what the model says (scripts/sizing.ts writes it)", () => {
  assert.equal(readFileSync(join(import.meta.dirname, "..", "..", "docs", "operations", "sizing.md"), "utf8"), sizingDocument());
});

test("whatever the rate, tasks have the processors that it takes, with room for a burst", () => {
  fc.assert(
    fc.property(anyRate, (perSecond) => {
      const { fronts, workers, capacityUnits } = sizing(perSecond);
      const room = (had: number, micros: number): boolean => had * assumed.utilisation >= processors(perSecond, micros) - 1e-9;
      assert.ok(room(fronts * deployed.frontProcessors, measured.frontMicros));
      assert.ok(room(workers * deployed.workerProcessors, measured.workerMicros));
      assert.ok(room(capacityUnits / assumed.capacityUnitsPerProcessor, measured.databaseMicros));
      assert.ok(fronts >= 2 && workers >= 2);
    }),
  );
});

test("more webhooks never take less", () => {
  fc.assert(
    fc.property(anyRate, anyRate, (one, other) => {
      const [less, more] = [sizing(Math.min(one, other)), sizing(Math.max(one, other))];
      for (const name of Object.keys(less) as (keyof typeof less)[]) assert.ok(less[name] <= more[name], name);
    }),
  );
});

test("few webhooks give a segment for each wait at the most, many give full ones", () => {
  assert.equal(sizing(1).segmentsPerDay, 86_400 / deployed.segmentSeconds);
  const many = sizing(10_000);
  assert.equal(many.segmentsPerDay, Math.ceil(many.segmentBytesPerDay / deployed.segmentBytes));
  assert.equal(sizing(1 / 86_400).segmentsPerDay, 1);
});

test("limits stand in the order in which they are reached, unknown ones last", () => {
  const rates = limits().map(({ perSecond }) => perSecond ?? Infinity);
  assert.deepEqual(
    rates,
    rates.toSorted((a, b) => a - b),
  );
  assert.equal(rates[0], 2_500);
});
