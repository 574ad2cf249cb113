import { compareNewest, compareTimes } from "./statement.ts";
import { orderingInstant } from "./time.ts";
import type { CarrierTime } from "./time.ts";

/** A delivery estimate and how recent the message was that it came with. */
export interface Estimate {
  readonly estimatedDelivery: CarrierTime | null;
  readonly estimateKnowledge: number | null;
}

/** @returns the most recent estimate; the held one's own time object when it stays. */
export function bestEstimate(held: Estimate, others: readonly Estimate[]): Estimate {
  let { estimatedDelivery: best, estimateKnowledge: recency } = held;
  for (const { estimatedDelivery: time, estimateKnowledge: known } of others) {
    if (time === null) continue;
    if (best !== null && (compareNewest(known, recency) || compareEstimates(time, best)) >= 0) continue;
    best = time;
    recency = known;
  }
  return { estimatedDelivery: best, estimateKnowledge: recency };
}

/** Of equally recent estimates the later day first: estimates slip more often than they advance. */
function compareEstimates(left: CarrierTime, right: CarrierTime): number {
  return compareNewest(orderingInstant(left), orderingInstant(right)) || compareTimes(left, right);
}
