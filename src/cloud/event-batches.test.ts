import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesMax, entriesMax, publishInBatches } from "./event-batches.ts";
import { bodyOf, outcomesOf, someEvent } from "./event-bus.contract.ts";
import { type BusEvent, EventBusError } from "./event-bus.ts";

const bytesIn = ({ body }: BusEvent): number => body.length;
const noPause = (): Promise<void> => Promise.resolve();

test("no call has more entries or bytes than the service takes, and every event that fits is in one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 40, max: bytesMax + 1000 }), { maxLength: 40 }), async (sizes) => {
      const events = sizes.map((size) => someEvent({ body: bodyOf(size) }));
      const sent: BusEvent[] = [];
      const outcomes = await publishInBatches(
        events,
        bytesIn,
        (batch) => {
          assert.ok(batch.length <= entriesMax && batch.reduce((sum, event) => sum + bytesIn(event), 0) <= bytesMax);
          sent.push(...batch);
          return Promise.resolve(batch.map(() => ({ outcome: "published" as const })));
        },
        noPause,
      );
      assert.deepEqual(
        outcomesOf(outcomes),
        sizes.map((size) => (size > bytesMax ? "too-large" : "published")),
      );
      assert.deepEqual(
        sent,
        events.filter((_, place) => sizes[place]! <= bytesMax),
      );
    }),
    { numRuns: 50 },
  );
});

test("entries that failed are sent again and no others; one that is refused is not", async () => {
  const events = ["a", "b", "c", "d"].map((id) => someEvent({ id }));
  const calls: string[][] = [];
  const pauses: number[] = [];
  const outcomes = await publishInBatches(
    events,
    bytesIn,
    (batch) => {
      calls.push(batch.map(({ id }) => id));
      return Promise.resolve(
        batch.map(({ id }) => ({
          outcome: id === "b" && calls.length < 3 ? "failed" : id === "c" ? "refused" : id === "d" ? "failed" : "published",
        })),
      );
    },
    (ms) => Promise.resolve(void pauses.push(ms)),
  );
  assert.deepEqual(calls, [
    ["a", "b", "c", "d"],
    ["b", "d"],
    ["b", "d"],
  ]);
  assert.deepEqual(outcomesOf(outcomes), ["published", "published", "refused", "failed"]);
  assert.deepEqual(pauses, [100, 200]);
});

test("a call that fails as a whole loses nothing of what the calls before it did, and is the last one", async () => {
  const events = Array.from({ length: 3 * entriesMax }, (_, serial) => someEvent({ id: String(serial) }));
  const calls: string[] = [];
  const outcomes = await publishInBatches(
    events,
    bytesIn,
    async (batch) => {
      calls.push(batch[0]!.id);
      if (calls.length === 2) throw new EventBusError("not-permitted", "no");
      return batch.map(({ id }) => (id === "3" ? { outcome: "failed", code: "Throttling" } : { outcome: "published" }));
    },
    noPause,
  );
  assert.deepEqual(calls, ["0", "10"]);
  const failed = { outcome: "failed", code: "not-permitted" } as const;
  assert.deepEqual(
    outcomes,
    events.map(({ id }) => (id !== "3" && Number(id) < entriesMax ? { outcome: "published" } : failed)),
  );
});

test("where nothing was published before a call fails as a whole, its error is thrown", async () => {
  const away = new EventBusError("unavailable", "away");
  await assert.rejects(
    publishInBatches([someEvent()], bytesIn, () => Promise.reject(away), noPause),
    away,
  );
});
