import type { Quota } from "../../domain/register-entry.ts";

/*
 * A quota is kept by one instant: when what was sent so far would have been sent at an even pace (the generic cell rate algorithm, ITU-T I.371,
 * annex A). It is stored before a call goes out, so neither a restart nor a second process can spend it twice.
 *
 * With a burst of b, a pace of one in T and a window of W, no window of W ever holds more than b + W/T - 1; T is chosen so that this is the quota.
 * So the bound holds for every window, whenever the carrier's own begins, and what is left of a day's quota is spread over the day, as carriers ask for.
 */

/** Share of a quota that may go out at once; the rest comes evenly. */
const burstShare = 0.2;

export interface Pace {
  /** Names the quota in the table; the same for the same quota. */
  readonly key: string;
  readonly unit: Quota["unit"];
  /** Whole milliseconds between two, once the burst is spent. */
  readonly intervalMs: number;
  readonly burst: number;
}

export function paceOf({ unit, count, windowMs }: Quota): Pace {
  const burst = Math.max(1, Math.floor(count * burstShare));
  return { key: `${unit}/${count}/${windowMs}`, unit, intervalMs: Math.ceil(windowMs / (count - burst + 1)), burst };
}

/**
 * @param freeAt of the table, epoch milliseconds; null where nothing was sent yet.
 * @returns how long to wait before so many may go; 0: now. Infinity where they never fit.
 */
export function waitMs(pace: Pace, freeAt: number | null, cost: number, now: number): number {
  if (cost > pace.burst) return Infinity;
  return Math.max(0, spent(pace, freeAt, cost, now) - now - pace.burst * pace.intervalMs);
}

/** The instant to store once so many go out now. */
export function spent(pace: Pace, freeAt: number | null, cost: number, now: number): number {
  return Math.max(now, freeAt ?? now) + cost * pace.intervalMs;
}

/** How many may go, one after the other, within the next so many milliseconds. */
export function allowance(pace: Pace, freeAt: number | null, now: number, withinMs: number): number {
  const roomMs = now + pace.burst * pace.intervalMs - Math.max(now, freeAt ?? now);
  return Math.max(0, Math.floor((roomMs + withinMs) / pace.intervalMs));
}

/** What a call with so many numbers costs of a quota. */
export function costOf(pace: Pace, numbers: number): number {
  return pace.unit === "calls" ? 1 : numbers;
}
