import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { controls } from "./controls.ts";
import { controlsAsText, controlsPage } from "./print-controls.ts";
import { cells } from "./truth/cells/all.ts";
import { policiesAt } from "./truth/world.ts";

const root = join(import.meta.dirname, "..");
const groups = new Set(cells.map(({ id }) => id.replace(/-\d+$/, "")));

/** The guide's sections with the number of their items; F is one example. */
const items: Readonly<Record<string, number>> = { A: 8, B: 6, C: 8, D: 3, E: 5, F: 0, G: 6, H: 4, I: 3 };

describe("the control matrix", () => {
  test("has every item of the guide, once and in its order", () => {
    const expected = Object.entries(items).flatMap(([section, count]) =>
      count === 0 ? [section] : Array.from({ length: count }, (_, index) => `${section}${index + 1}`),
    );
    assert.deepEqual(
      controls.map(({ id }) => id),
      expected,
    );
  });

  test("names policies that exist", () => {
    const known = new Set(policiesAt("daily").map(({ kind, name }) => `${kind} ${name}`));
    const unknown = controls.flatMap(({ id, enforced }) =>
      (enforced.policies ?? []).filter((name) => !known.has(name)).map((name) => `${id}: ${name}`),
    );
    assert.deepEqual(unknown, []);
  });

  test("names files that exist", () => {
    // Stacks are looked for where the folder of stacks is.
    const withStacks = existsSync(join(root, "infra", "stacks"));
    const missing = controls.flatMap(({ id, enforced, proven }) =>
      [
        ...(enforced.code ?? []),
        ...(proven.tests ?? []),
        ...(withStacks ? (enforced.stacks ?? []).map((name) => `infra/stacks/${name}.ts`) : []),
      ]
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${id}: ${path}`),
    );
    assert.deepEqual(missing, []);
  });

  test("names groups of the truth table that exist, and leaves none out", () => {
    const named = new Set(controls.flatMap(({ proven }) => proven.cells ?? []));
    assert.deepEqual(
      [...named].filter((group) => !groups.has(group)),
      [],
    );
    assert.deepEqual(
      [...groups].filter((group) => !named.has(group)),
      [],
    );
  });

  test("says the same of a cell as the cell does", () => {
    const unsaid = cells.filter(
      ({ id, control }) => controls.find((each) => each.id === control)?.proven.cells?.includes(id.replace(/-\d+$/, "")) !== true,
    );
    assert.deepEqual(
      unsaid.map(({ id, control }) => `${id}: ${control}`),
      [],
    );
  });

  test("says of whatever nothing proves what stands in for it", () => {
    const silent = controls
      .filter(({ proven, limits }) => Object.values(proven).flat().length === 0 && limits === undefined)
      .map(({ id }) => id);
    assert.deepEqual(silent, []);
  });

  test("is printed as it is", () => {
    assert.equal(readFileSync(controlsPage, "utf8"), controlsAsText(), "run node scripts/run.mjs infra/print-controls.ts");
  });
});
