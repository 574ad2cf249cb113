import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceLevel } from "./service-level.ts";

test("a source that failed as often as its target allows has spent its budget", () => {
  const { answered, budgetLeft } = serviceLevel({ calls: 10_000, failures: 100 });
  assert.equal(answered, 0.99);
  assert.ok(Math.abs(budgetLeft) < 1e-9);
});

test("half the failures leave half the budget, and twice as many overdraw it", () => {
  assert.ok(Math.abs(serviceLevel({ calls: 1_000, failures: 5 }).budgetLeft - 0.5) < 1e-9);
  assert.ok(serviceLevel({ calls: 1_000, failures: 20 }).budgetLeft < -0.9);
});

test("a source that nobody asked has its budget whole and no availability", () => {
  assert.deepEqual(serviceLevel({ calls: 0, failures: 0 }), { target: 0.99, answered: null, budgetLeft: 1 });
});
