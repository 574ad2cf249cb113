import { type Turn, TurnError } from "../../store/worker-store.ts";
import type { Spans } from "./spans.ts";

/** One turn at the inbox as a span, unless it found nothing to do. @throws {TurnError} as `take` does. */
export async function tracedTurn<Taken extends Turn>(spans: Spans, take: () => Promise<Taken>): Promise<Taken> {
  const span = spans.begin("worker.turn");
  try {
    const turn = await take();
    if (turn.jobs > 0)
      span?.end({
        "parcelkeep.jobs": turn.jobs,
        "parcelkeep.dead_letters": turn.failed,
        "parcelkeep.shipments": turn.changed.length,
        "parcelkeep.outcome": "done",
      });
    return turn;
  } catch (error) {
    if (error instanceof TurnError) span?.end({ "parcelkeep.outcome": error.code });
    throw error;
  }
}
