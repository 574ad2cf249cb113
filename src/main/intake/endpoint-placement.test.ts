import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EndpointPlacement, type Place } from "./endpoint-placement.ts";

interface Thread {
  readonly number: number;
  waiting: number;
}

function placed(count: number) {
  const threads: Thread[] = Array.from({ length: count }, (_, number) => ({ number, waiting: 0 }));
  const placement = new EndpointPlacement(threads);
  const take = (endpoint: string, requests = 1): Place<Thread>[] =>
    Array.from({ length: requests }, () => {
      const place = placement.of(endpoint);
      place.took();
      return place;
    });
  const numberOf = (endpoint: string): number => placement.of(endpoint).thread.number;
  return { threads, take, numberOf };
}

test("endpoints take turns among idle threads, and each keeps its own", () => {
  const { numberOf } = placed(3);
  const names = ["a", "b", "c", "d", "e", "f"];
  const first = names.map(numberOf);
  for (const thread of [0, 1, 2]) assert.equal(first.filter((number) => number === thread).length, 2);
  assert.deepEqual(names.map(numberOf), first);
});

test("a new endpoint goes where least waits", () => {
  const { threads, numberOf } = placed(3);
  threads[0]!.waiting = 5;
  threads[2]!.waiting = 4;
  assert.deepEqual(["a", "b", "c", "d"].map(numberOf), [1, 1, 1, 1]);
});

test("what waits is counted until it has ended, wherever its endpoint is by then", () => {
  const { threads, take } = placed(2);
  const taken = [...take("a", 300), ...take("b", 2)];
  assert.deepEqual(
    threads.map((thread) => thread.waiting),
    [300, 2],
  );
  for (const place of taken) place.gave();
  assert.deepEqual(
    threads.map((thread) => thread.waiting),
    [0, 0],
  );
});

test("an endpoint stays with its own load, and moves away from others' where another thread has a batch less", () => {
  const { threads, take, numberOf } = placed(2);
  take("busy");
  take("other");
  take("quiet");
  assert.deepEqual([numberOf("busy"), numberOf("other"), numberOf("quiet")], [0, 1, 0]);
  take("busy", 10_000);
  assert.equal(numberOf("busy"), 0);
  threads[1]!.waiting = 10_000;
  assert.equal(numberOf("quiet"), 0);
  threads[1]!.waiting = 0;
  assert.equal(numberOf("quiet"), 1);
  assert.equal(numberOf("busy"), 0);
});

test("one thread takes all", () => {
  const { threads, numberOf } = placed(1);
  threads[0]!.waiting = 100_000;
  assert.deepEqual(["a", "b", "a"].map(numberOf), [0, 0, 0]);
});

test("whatever comes and ends, each thread's count is of what it has, and an endpoint moves only from a batch of others' requests", () => {
  const step = fc.record({ endpoint: fc.nat(9), requests: fc.nat(400), ends: fc.nat(600) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { threads, take } = placed(4);
      const places = new Map<number, Place<Thread>>();
      const open: Place<Thread>[] = [];
      for (const { endpoint, requests, ends } of steps) {
        for (let request = 0; request < requests; request++) {
          const before = places.get(endpoint);
          const others = before?.others ?? 0;
          const least = Math.min(...threads.map((thread) => thread.waiting));
          const [place] = take(String(endpoint));
          if (before !== undefined && place !== before) assert.ok(others - least >= 256);
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
