const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** Waits after each failed attempt; the last one repeats. */
const waitsMs: readonly number[] = [
  5 * secondMs,
  30 * secondMs,
  2 * minuteMs,
  10 * minuteMs,
  30 * minuteMs,
  hourMs,
  3 * hourMs,
  6 * hourMs,
  12 * hourMs,
  24 * hourMs,
];

/** An event that could not be delivered for so long goes to the dead letters. */
export const givenUpAfterMs = 5 * 24 * hourMs;
/** A receiver may ask for a longer wait than ours, within reason. */
const askedWaitMaxMs = 24 * hourMs;

/** An endpoint that fails so often in a row is tried with one event at a time. */
export const breakerFailures = 5;
const pauseMs = 30 * secondMs;
const pauseMaxMs = hourMs;

export interface FailedAttempt {
  /** With the one that failed. */
  readonly attempts: number;
  /** When the first attempt was due. */
  readonly since: Date;
  readonly now: Date;
  /** What the receiver's `Retry-After` asks for. */
  readonly retryAfterMs: number | null;
  /** 0 up to, and not, 1. */
  readonly random: number;
}

/** When an event is tried again: the wait of its attempt, a fifth shorter or longer, or what the receiver asks for if that is later. @returns null where it is given up. */
export function nextAttempt({ attempts, since, now, retryAfterMs, random }: FailedAttempt): Date | null {
  const waitMs = waitsMs[Math.min(attempts, waitsMs.length) - 1]! * (0.8 + 0.4 * random);
  const due = now.getTime() + Math.max(waitMs, Math.min(retryAfterMs ?? 0, askedWaitMaxMs));
  return due - since.getTime() > givenUpAfterMs ? null : new Date(due);
}

/**
 * How long an endpoint is left alone after a failure.
 * @param failures in a row, with this one.
 * @returns null while the breaker is closed.
 */
export function pauseAfter(failures: number, retryAfterMs: number | null): number | null {
  const askedMs = retryAfterMs === null ? null : Math.min(retryAfterMs, askedWaitMaxMs);
  if (failures < breakerFailures) return askedMs;
  return Math.max(Math.min(pauseMs * 2 ** (failures - breakerFailures), pauseMaxMs), askedMs ?? 0);
}

/** Milliseconds that a `Retry-After` asks for (RFC 9110, section 10.2.3): seconds, or a date. @returns null where it is missing or neither. */
export function askedWaitMs(value: string | undefined, now: Date): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * secondMs;
  const waitMs = Date.parse(value) - now.getTime();
  return Number.isNaN(waitMs) ? null : Math.max(0, waitMs);
}
