import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { type TestContext, test } from "node:test";
import { InboxBound } from "./inbox-bound.ts";

/** A bound whose looks answer as told, each after `lookMs` on a clock that the test moves. */
function boundOf(t: TestContext, answers: (boolean | Error)[], lookMs = 0) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  let looks = 0;
  const failures: unknown[] = [];
  const bound = new InboxBound(
    async () => {
      looks++;
      if (lookMs > 0) t.mock.timers.setTime(Date.now() + lookMs);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer === true;
    },
    (error) => failures.push(error),
  );
  t.after(() => bound.stop());
  const pass = async (milliseconds: number): Promise<void> => {
    t.mock.timers.tick(milliseconds);
    await turn();
  };
  return { bound, failures, pass, looks: () => looks };
}

test("knows from the start, and again a second later", async (t) => {
  const { bound, pass } = boundOf(t, [true, false]);
  await bound.watch();
  assert.equal(bound.isFull, true);
  await pass(999);
  assert.equal(bound.isFull, true);
  await pass(1);
  assert.equal(bound.isFull, false);
});

test("keeps its answer while the database does not give another, and goes on asking", async (t) => {
  const failure = new Error("away");
  const { bound, failures, pass } = boundOf(t, [true, failure, false]);
  await bound.watch();
  await pass(1_000);
  assert.equal(bound.isFull, true);
  assert.deepEqual(failures, [failure]);
  await pass(1_000);
  assert.equal(bound.isFull, false);
});

test("looks less often where a look takes long", async (t) => {
  const { bound, pass, looks } = boundOf(t, [], 500);
  await bound.watch();
  await pass(4_499);
  assert.equal(looks(), 1);
  await pass(1);
  assert.equal(looks(), 2);
});

test("looks no more when it is stopped", async (t) => {
  const { bound, pass, looks } = boundOf(t, []);
  await bound.watch();
  bound.stop();
  await pass(10_000);
  assert.equal(looks(), 1);
});
