import { type BusEvent, EventBusError, type PublishOutcome } from "./event-bus.ts";

/** Of one call, for EventBridge (API reference, PutEvents) and SNS (API reference, PublishBatch) alike. */
export const entriesMax = 10;
export const bytesMax = 256 * 1024;
const attemptsMax = 3;
const firstDelayMs = 100;

/** What becomes of the entries of one call, by place. @throws {EventBusError} where the call fails as a whole. */
export type SendBatch = (batch: readonly BusEvent[]) => Promise<readonly PublishOutcome[]>;

/**
 * Publishes in calls that the service takes, one after the other. Of a call that is taken in part the entries that failed are sent again, and no others. A call
 * that fails as a whole is the last one: it was tried again by the SDK, and those after it would fail too. What the calls before it did stands.
 * @param bytesOf how much of {@link bytesMax} an event takes.
 * @param pause between attempts.
 * @throws {EventBusError} of a call that failed before any entry was published or refused.
 */
export async function publishInBatches(
  events: readonly BusEvent[],
  bytesOf: (event: BusEvent) => number,
  send: SendBatch,
  pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<readonly PublishOutcome[]> {
  const outcomes = new Map<BusEvent, PublishOutcome>(
    events.map((event) => [event, { outcome: bytesOf(event) > bytesMax ? "too-large" : "failed" }]),
  );
  const told = (): readonly PublishOutcome[] => events.map((event) => outcomes.get(event)!);
  const left = (): readonly BusEvent[] => events.filter((event) => outcomes.get(event)!.outcome === "failed");
  for (let attempt = 0; attempt < attemptsMax && left().length > 0; attempt++) {
    if (attempt > 0) await pause(firstDelayMs * 2 ** (attempt - 1));
    for (const batch of batchesOf(left(), bytesOf)) {
      try {
        const sent = await send(batch);
        for (const [place, event] of batch.entries()) outcomes.set(event, sent[place]!);
      } catch (error) {
        if (!(error instanceof EventBusError) || !told().some(isSettled)) throw error;
        for (const event of left()) outcomes.set(event, { outcome: "failed", code: error.code });
        return told();
      }
    }
  }
  return told();
}

function isSettled({ outcome }: PublishOutcome): boolean {
  return outcome === "published" || outcome === "refused";
}

function batchesOf(events: readonly BusEvent[], bytesOf: (event: BusEvent) => number): readonly (readonly BusEvent[])[] {
  const batches: BusEvent[][] = [];
  let bytes = Infinity;
  for (const event of events) {
    const last = batches.at(-1);
    const own = bytesOf(event);
    if (last === undefined || last.length === entriesMax || bytes + own > bytesMax) {
      batches.push([event]);
      bytes = own;
    } else {
      last.push(event);
      bytes += own;
    }
  }
  return batches;
}
