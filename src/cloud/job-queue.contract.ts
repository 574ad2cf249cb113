import assert from "node:assert/strict";
import { test } from "node:test";
import type { HeldMessage, JobReceiver } from "./job-queue.ts";

/** Messages of a test: `group` is a number of the test's own, `name` is told by the adapter's side of the test. */
export interface NamedMessage {
  readonly group: number;
  readonly name: string;
}

export interface QueueUnderTest {
  send(messages: readonly NamedMessage[]): Promise<void>;
  /** A receiver of its own, as another process has one. */
  receiver(): JobReceiver;
  /** What a message was sent as. */
  nameOf(held: HeldMessage): string;
  readonly visibilityMs: number;
  close(): Promise<void>;
}

/** Long enough for a message to come back to on a busy machine; nobody waits for all of it where it does. */
const patienceMs = 15_000;

/** What every queue must do between acknowledgement and workers. */
export function jobQueueContract(name: string, make: () => Promise<QueueUnderTest>): void {
  const check = (what: string, body: (queue: QueueUnderTest) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const queue = await make();
      try {
        await body(queue);
      } finally {
        await queue.close();
      }
    });
  };
  const names = (queue: QueueUnderTest, held: readonly HeldMessage[]): string[] => held.map((each) => queue.nameOf(each));
  const now = (receiver: JobReceiver, max = 10): Promise<readonly HeldMessage[]> => receiver.receive({ max, waitMs: 0 });
  const soon = (receiver: JobReceiver, max = 10): Promise<readonly HeldMessage[]> => receiver.receive({ max, waitMs: patienceMs });

  /** Receives and settles until nothing more comes. */
  async function drain(receiver: JobReceiver, max = 10): Promise<readonly HeldMessage[]> {
    const all: HeldMessage[] = [];
    for (;;) {
      const held = await now(receiver, max);
      if (held.length === 0) return all;
      assert.ok(held.length <= max);
      await receiver.settle(held);
      all.push(...held);
    }
  }

  check(
    "hands every message out once, those of a group in the order of their sending, and no more at once than asked for",
    async (queue) => {
      const sent = Array.from({ length: 47 }, (_, serial) => ({ group: serial % 3, name: `m${String(serial).padStart(2, "0")}` }));
      await queue.send(sent.slice(0, 20));
      await queue.send(sent.slice(20));
      const received = names(queue, await drain(queue.receiver(), 7));
      for (const group of [0, 1, 2]) {
        const expected = sent.filter((each) => each.group === group).map((each) => each.name);
        assert.deepEqual(
          received.filter((each) => expected.includes(each)),
          expected,
        );
      }
      assert.equal(received.length, sent.length);
    },
  );

  check("gives a group to one receiver at a time; the others work at other groups meanwhile", async (queue) => {
    const [one, two] = [queue.receiver(), queue.receiver()];
    await queue.send([
      { group: 1, name: "a" },
      { group: 1, name: "b" },
    ]);
    const held = await soon(one, 1);
    assert.deepEqual(names(queue, held), ["a"]);
    assert.deepEqual(await now(two), []);
    await queue.send([{ group: 2, name: "c" }]);
    const other = await soon(two);
    assert.deepEqual(names(queue, other), ["c"]);
    await Promise.all([one.settle(held), two.settle(other)]);
    assert.deepEqual(names(queue, await drain(two)), ["b"]);
  });

  check("hands a message out again when its visibility ends, before those after it in its group", async (queue) => {
    const [lost, next] = [queue.receiver(), queue.receiver()];
    await queue.send([
      { group: 1, name: "a" },
      { group: 1, name: "b" },
    ]);
    const held = await soon(lost, 1);
    const again = await soon(next, 1);
    assert.deepEqual([names(queue, held), names(queue, again)], [["a"], ["a"]]);
    // Whoever comes late changes nothing for whoever has it now.
    await lost.settle(held);
    await next.settle(again);
    assert.deepEqual(names(queue, await drain(next)), ["b"]);
  });

  check("holds a message for as long as its receiver says so", async (queue) => {
    const [worker, other] = [queue.receiver(), queue.receiver()];
    await queue.send([{ group: 1, name: "slow" }]);
    const held = await soon(worker);
    const until = performance.now() + 2.5 * queue.visibilityMs;
    while (performance.now() < until) {
      assert.deepEqual(await worker.extend(held), [true]);
      assert.deepEqual(await other.receive({ max: 10, waitMs: 0 }), []);
      await new Promise((resolve) => setTimeout(resolve, queue.visibilityMs / 8));
    }
    assert.deepEqual(await worker.settle(held), [true]);
    assert.deepEqual(await now(other), []);
  });

  check("takes a message's end twice without an error", async (queue) => {
    const receiver = queue.receiver();
    await queue.send([{ group: 1, name: "a" }]);
    const held = await soon(receiver);
    assert.deepEqual(await receiver.settle(held), [true]);
    await receiver.settle(held);
    assert.deepEqual(await now(receiver), []);
  });

  check("has what was released for anybody at once, in its order", async (queue) => {
    const [one, two] = [queue.receiver(), queue.receiver()];
    await queue.send([
      { group: 1, name: "a" },
      { group: 1, name: "b" },
    ]);
    await one.release(await soon(one, 1));
    assert.deepEqual(names(queue, await drain(two, 1)), ["a", "b"]);
  });

  check("ends a wait for nothing when it is told to", async (queue) => {
    const stop = new AbortController();
    const waiting = queue.receiver().receive({ max: 10, waitMs: patienceMs, signal: stop.signal });
    stop.abort();
    assert.deepEqual(await waiting, []);
  });
}
