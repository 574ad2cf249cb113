import type { Random } from "./random.ts";

/** What may go wrong with a call. */
export const faultNames = [
  /** 429 although the quota is not used up. */
  "rate-limit",
  /** 503. */
  "unavailable",
  /** 200 with a page of a proxy's in place of the answer. */
  "garbage",
  /** 200 with the first half of the answer. */
  "half",
  /** The connection is cut in the middle of the answer. */
  "cut",
  /** No answer, ever; with a share of 1 a black hole. */
  "hang",
  /** 401, as if the token had expired or the key had been withdrawn. */
  "expired",
  /** One of the numbers asked for is not known. */
  "bad-number",
] as const;
export type FaultName = (typeof faultNames)[number];

/** Shares of calls, 0 to 1, that each fault meets. */
export type Faults = Readonly<Partial<Record<FaultName, number>>>;

export interface Latency {
  readonly medianMs: number;
  readonly p99Ms: number;
}

export interface Behaviour {
  readonly latency: Latency;
  readonly faults: Faults;
}

export const usualBehaviour: Behaviour = { latency: { medianMs: 60, p99Ms: 300 }, faults: {} };

export function delayMs({ latency }: Behaviour, random: Random): number {
  return Math.round(random.longTailed(latency.medianMs, latency.medianMs === 0 ? 1 : latency.p99Ms / latency.medianMs));
}

/** @returns the fault that meets this call, if any. */
export function faultOf({ faults }: Behaviour, random: Random): FaultName | null {
  for (const name of faultNames) if (random.chance(faults[name] ?? 0)) return name;
  return null;
}

/** @returns null where the text is no name of a fault. */
export function faultName(text: string): FaultName | null {
  return faultNames.find((name) => name === text) ?? null;
}
