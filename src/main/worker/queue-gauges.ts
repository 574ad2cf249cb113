import { Gauge, type Registry } from "prom-client";
import type { WorkState } from "../../store/work-state.ts";

/** What the number of workers is decided by (docs/operations/scaling.md). @returns what sets the gauges; null where the database does not answer. */
export function queueGauges(registers: Registry[]) {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `parcelkeep_${name}`, help, labelNames, registers });
  const workers = gauge("workers", "Workers that are connected to the database");
  const lanes = gauge("inbox_lanes_in_flight", "Lanes of the inbox, of 64, that are worked at");
  const perWorker = gauge("inbox_depth_per_worker", "Jobs in the inbox for each worker; without a worker, all of them");
  const messages = gauge("queue_messages", "Messages of the queue between inbox and workers: waiting, in_flight, dead", ["state"]);
  const unsent = gauge("queue_unsent_jobs", "Jobs in the inbox that were not named to the queue");
  const unsentOldest = gauge("queue_unsent_oldest_seconds", "Age of the oldest of them");
  const busWaiting = gauge("event_bus_waiting", "Changes of shipments that the event bus was not told");
  const busOldest = gauge("event_bus_oldest_seconds", "Age of the oldest of them");
  const busRefused = gauge("event_bus_refused", "Changes that cannot be told to the event bus and were set aside");
  const single = [workers, lanes, perWorker, unsent, unsentOldest, busWaiting, busOldest, busRefused];
  return {
    set(state: WorkState | null, inboxDepth: number): void {
      for (const each of single) each.remove();
      messages.reset();
      if (state === null) return;
      workers.set(state.workers);
      lanes.set(state.lanes);
      perWorker.set(inboxDepth / Math.max(1, state.workers));
      busWaiting.set(state.bus.waiting);
      busOldest.set(state.bus.oldestS);
      busRefused.set(state.bus.refused);
      if (state.queue === null) return;
      unsent.set(state.queue.unsentJobs);
      unsentOldest.set(state.queue.unsentOldestS);
      if (state.queue.counts === null) return;
      messages.set({ state: "waiting" }, state.queue.counts.waiting);
      messages.set({ state: "in_flight" }, state.queue.counts.inFlight);
      messages.set({ state: "dead" }, state.queue.counts.dead);
    },
  };
}
