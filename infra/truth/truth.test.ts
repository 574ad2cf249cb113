import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Cell } from "./cell.ts";
import { cells } from "./cells/all.ts";
import { type Answer, ask } from "./evaluate.ts";
import { policiesAt, type Time } from "./world.ts";

/*
 * Each cell asks all policies together. What this cannot prove: that IAM is what the simulator takes it for, grants, session policies' finer points, whether the region has
 * resource control policies. A refusal is tried with a careless world around it, in which role, boundary, resource and endpoint allow everything.
 */

const answered = new Map<string, Answer>();

async function check(cell: Cell): Promise<void> {
  const { verdict } = cell;
  if (verdict === "allowed") {
    const answer = await ask(cell);
    answered.set(cell.id, answer);
    assert.equal(answer.result, "Allowed", `denied by ${answer.denied.join(", ") || "nobody, and allowed by nobody"}`);
  } else if (verdict === "not granted") {
    assert.equal((await ask(cell)).result, "ImplicitlyDenied");
    assert.equal((await ask(cell, { careless: true })).result, "Allowed", "it is refused for another reason than that nobody grants it");
  } else {
    const answer = await ask(cell, { careless: true });
    answered.set(cell.id, answer);
    assert.equal(answer.result, "ExplicitlyDenied");
    assert.deepEqual(new Set(answer.denied), new Set(verdict));
    const without = await ask(cell, { careless: true, without: new Set(verdict) });
    assert.equal(without.result, "Allowed", "it is refused without the statements that are said to refuse it");
  }
}

const groups = Map.groupBy(cells, ({ id }) => id.replace(/-\d+$/, ""));
for (const [group, rows] of groups) {
  describe(group, () => {
    for (const cell of rows) {
      const { id, who, does, on, verdict } = cell;
      const told = typeof verdict === "string" ? verdict : "denied";
      test(`${id}: ${who}, ${does}, ${on}${cell.from === undefined ? "" : ` from ${cell.from}`}: ${told}`, () => check(cell));
    }
  });
}

describe("the table", () => {
  test("has no two cells of one name, and enough of both kinds", () => {
    assert.equal(new Set(cells.map(({ id }) => id)).size, cells.length);
    const allowed = cells.filter(({ verdict }) => verdict === "allowed").length;
    assert.ok(allowed >= 100 && cells.length - allowed >= 200, `${allowed} allowed of ${cells.length}`);
  });

  for (const time of ["daily", "rotation", "wrapped-secret"] as const) {
    test(`proves every statement (${time}): without it, some cell turns`, async () => {
      assert.deepEqual(await unprovenAt(time), []);
    });
  }
});

/** Policies that differ from the everyday ones are proven in their own time. */
async function unprovenAt(time: Time): Promise<readonly string[]> {
  const everyday = new Set(time === "daily" ? [] : policiesAt("daily").map((named) => JSON.stringify(named)));
  const unproven: string[] = [];
  for (const named of policiesAt(time).filter((each) => !everyday.has(JSON.stringify(each)))) {
    for (const { Sid, Effect } of named.document.Statement) {
      const name = `${named.kind} ${named.name} ${Sid}`;
      if (!(await isProven(name, Effect))) unproven.push(name);
    }
  }
  return unproven;
}

/** A denial is proven by a cell that names it, since that cell goes through without it and its like; a permission, by a cell that does not go through without it. */
async function isProven(name: string, effect: "Allow" | "Deny"): Promise<boolean> {
  for (const cell of cells) {
    const answer = answered.get(cell.id);
    if (effect === "Deny" && answer?.denied.includes(name) === true && Array.isArray(cell.verdict)) return true;
    if (effect === "Deny" || cell.verdict !== "allowed" || answer?.allowed.includes(name) !== true) continue;
    if ((await ask(cell, { without: new Set([name]) })).result !== "Allowed") return true;
  }
  return false;
}
