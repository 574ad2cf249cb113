import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import { queueGauges } from "./queue-gauges.ts";

const bus = { waiting: 3, oldestS: 7, refused: 1 };
const state = {
  workers: 4,
  lanes: 9,
  queue: { counts: { waiting: 5, inFlight: 6, dead: 2 }, unsentJobs: 8, unsentOldestS: 90 },
  bus,
};

async function shown(...sets: Parameters<ReturnType<typeof queueGauges>["set"]>[]): Promise<readonly string[]> {
  const registry = new Registry();
  const gauges = queueGauges([registry]);
  for (const each of sets) gauges.set(...each);
  return (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

test("gives out what waits for each worker, and what the queue says", async () => {
  assert.deepEqual(await shown([state, 100]), [
    "parcelkeep_workers 4",
    "parcelkeep_inbox_lanes_in_flight 9",
    "parcelkeep_inbox_depth_per_worker 25",
    'parcelkeep_queue_messages{state="waiting"} 5',
    'parcelkeep_queue_messages{state="in_flight"} 6',
    'parcelkeep_queue_messages{state="dead"} 2',
    "parcelkeep_queue_unsent_jobs 8",
    "parcelkeep_queue_unsent_oldest_seconds 90",
    "parcelkeep_event_bus_waiting 3",
    "parcelkeep_event_bus_oldest_seconds 7",
    "parcelkeep_event_bus_refused 1",
  ]);
});

test("gives out nothing of what is not known now", async () => {
  const names = async (...sets: Parameters<typeof shown>) => (await shown(...sets)).map((line) => line.split(/[ {]/)[0]);
  const withoutQueue = (await names([{ ...state, queue: null }, 100])).filter((name) => name!.includes("queue"));
  assert.deepEqual(withoutQueue, []);
  const silent = { ...state, queue: { ...state.queue, counts: null } };
  assert.deepEqual(
    (await names([state, 100], [silent, 100])).filter((name) => name!.includes("queue")),
    ["parcelkeep_queue_unsent_jobs", "parcelkeep_queue_unsent_oldest_seconds"],
  );
  assert.deepEqual(await shown([state, 100], [null, 0]), []);
  assert.ok((await shown([{ ...state, workers: 0 }, 100])).includes("parcelkeep_inbox_depth_per_worker 100"));
});
