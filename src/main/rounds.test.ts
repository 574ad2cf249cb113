import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Rounds } from "./rounds.ts";

const longMs = 600_000;

suite("rounds", () => {
  test("follow each other at once while there is something to do, and then rest until they are rung for", async () => {
    const rests = [0, 0, longMs, longMs];
    let count = 0;
    let reached: () => void = () => {};
    const rounds: Rounds = new Rounds(async () => {
      count++;
      if (count >= 3) reached();
      return rests[count - 1]!;
    });
    const third = new Promise<void>((resolve) => (reached = resolve));
    rounds.start();
    await third;
    assert.equal(count, 3);
    const fourth = new Promise<void>((resolve) => (reached = resolve));
    rounds.ring();
    await fourth;
    assert.equal(count, 4);
    await rounds.stop();
  });

  test("look again at what was rung for during a round", async () => {
    let count = 0;
    let done: () => void = () => {};
    const second = new Promise<void>((resolve) => (done = resolve));
    const rounds: Rounds = new Rounds(async () => {
      if (++count === 1) rounds.ring();
      else done();
      return longMs;
    });
    rounds.start();
    await second;
    await rounds.stop();
    assert.equal(count, 2);
  });

  test("stop when the round under way has ended, and begin no other", async () => {
    let count = 0;
    let end: () => void = () => {};
    const rounds: Rounds = new Rounds(async () => {
      count++;
      await new Promise<void>((resolve) => (end = resolve));
      return 0;
    });
    rounds.start();
    const stopping = rounds.stop();
    assert.equal(rounds.isStopped, true);
    end();
    await stopping;
    assert.equal(count, 1);
  });
});
