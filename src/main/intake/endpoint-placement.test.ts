import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EndpointPlacement, type Place } from "./endpoint-placement.ts";

interface Thread {
  readonly number: number;
  waiting: number;
}

function placed(count: number) {
  const clock = { now: 0 };
  const threads: Thread[] = Array.from({ length: count }, (_, number) => ({ number, waiting: 0 }));
  const placement = new EndpointPlacement(threads, () => clock.now);
  const take = (endpoint: string, requests = 1): Place<Thread>[] =>
    Array.from({ length: requests }, () => {
      const place = placement.of(endpoint);
      place.took();
      return place;
    });
  const numberOf = (endpoint: string): number => placement.of(endpoint).thread.number;
  return { clock, threads, take, numberOf };
}

test("one thread works for all endpoints as long as it keeps up", () => {
  const { threads, numberOf } = placed(3);
  assert.deepEqual(["a", "b", "a", "c"].map(numberOf), [0, 0, 0, 0]);
  threads[0]!.waiting = 255;
  assert.equal(numberOf("d"), 0);
  threads[0]!.waiting = 256;
  assert.deepEqual(["e", "f"].map(numberOf), [1, 1]);
  threads[1]!.waiting = 300;
  assert.equal(numberOf("g"), 2);
  threads[2]!.waiting = 290;
  assert.equal(numberOf("h"), 0);
});

test("what waits is counted until it has ended, wherever its endpoint is by then", () => {
  const { threads, take } = placed(2);
  const taken = [...take("a", 300), ...take("b", 2)];
  assert.deepEqual(
    threads.map(({ waiting }) => waiting),
    [300, 2],
  );
  for (const place of taken) place.gave();
  assert.deepEqual(
    threads.map(({ waiting }) => waiting),
    [0, 0],
  );
});

test("an endpoint stays with its own load, and moves away from others' where another thread has a batch less", () => {
  const { threads, take, numberOf } = placed(2);
  take("quiet");
  take("busy", 10_000);
  assert.equal(numberOf("busy"), 0);
  threads[1]!.waiting = 10_000;
  assert.equal(numberOf("quiet"), 0);
  threads[1]!.waiting = 0;
  assert.equal(numberOf("quiet"), 1);
  assert.equal(numberOf("busy"), 0);
});

test("two busy endpoints part, and do not chase each other", () => {
  const { clock, take, numberOf } = placed(2);
  take("a", 200);
  take("b", 200);
  assert.deepEqual([numberOf("a"), numberOf("b")], [0, 0]);
  take("a", 312);
  take("b", 312);
  const parted = [numberOf("a"), numberOf("b")];
  assert.deepEqual(
    parted.toSorted((one, other) => one - other),
    [0, 1],
  );
  for (let second = 0; second < 60; second++) {
    clock.now += 1_000;
    for (const place of take(second % 2 === 0 ? "a" : "b", 100)) place.gave();
    assert.deepEqual([numberOf("a"), numberOf("b")], parted);
  }
});

test("an endpoint comes back to the first thread when little waits, after a while", () => {
  const { clock, threads, numberOf } = placed(2);
  threads[0]!.waiting = 256;
  assert.equal(numberOf("a"), 1);
  threads[0]!.waiting = 100;
  clock.now = 1_999;
  assert.equal(numberOf("a"), 1);
  clock.now = 2_000;
  threads[1]!.waiting = 28;
  assert.equal(numberOf("a"), 1);
  threads[1]!.waiting = 27;
  assert.equal(numberOf("a"), 0);
});

test("one thread takes all", () => {
  const { threads, numberOf } = placed(1);
  threads[0]!.waiting = 100_000;
  assert.deepEqual(["a", "b", "a"].map(numberOf), [0, 0, 0]);
});

test("whatever comes and ends, each thread's count is of what it has, and an endpoint moves only from a batch of others' requests or back", () => {
  const step = fc.record({ endpoint: fc.nat(9), requests: fc.nat(400), ends: fc.nat(600), ms: fc.nat(1_500) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { clock, threads, take } = placed(4);
      const places = new Map<number, Place<Thread>>();
      const open: Place<Thread>[] = [];
      for (const { endpoint, requests, ends, ms } of steps) {
        clock.now += ms;
        for (let request = 0; request < requests; request++) {
          const before = places.get(endpoint);
          const others = before?.others ?? 0;
          const counts = threads.map(({ waiting }) => waiting);
          const [place] = take(String(endpoint));
          if (before !== undefined && place !== before) {
            const isQuiet = counts.reduce((sum, count) => sum + count, 0) < 128;
            assert.ok(
              others - Math.min(...counts) >= 256 || (isQuiet && place!.thread.number === 0 && clock.now - before.sinceMs >= 2_000),
            );
          }
          places.set(endpoint, place!);
          open.push(place!);
        }
        for (const place of open.splice(0, ends)) place.gave();
        for (const thread of threads) assert.equal(thread.waiting, open.filter((place) => place.thread === thread).length);
      }
    }),
    { numRuns: 50 },
  );
});
