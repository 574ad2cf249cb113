import { compareText } from "./bounded-union.ts";
import type { Message } from "./message.ts";
import { compareNewest, knowledge, timeContent } from "./statement.ts";
import { orderingInstant } from "./time.ts";
import type { CarrierTime } from "./time.ts";

/** A delivery estimate and how recent the message was that it came with. */
export interface Estimate {
  readonly estimatedDelivery: CarrierTime | null;
  readonly estimateKnowledge: number | null;
}

/** @returns the best of the held estimate and those of the messages; the held one's own time object when it stays. */
export function bestEstimate(held: Estimate, messages: readonly Message[]): Estimate {
  let { estimatedDelivery: best, estimateKnowledge: recency } = held;
  for (const message of messages) {
    const time = message.estimatedDelivery;
    if (time === null) continue;
    const known = knowledge(message);
    if (best !== null && (compareNewest(known, recency) || compareEstimates(time, best)) >= 0) continue;
    best = time;
    recency = known;
  }
  return { estimatedDelivery: best, estimateKnowledge: recency };
}

/** Of equally recent estimates the later day first: estimates slip more often than they advance. */
function compareEstimates(left: CarrierTime, right: CarrierTime): number {
  return compareNewest(orderingInstant(left), orderingInstant(right)) || compareText(timeContent(left), timeContent(right));
}
