/** Time in which parcels live: it runs faster than ours, and starts in the past so that nothing that happens lies in the future. */
export interface SimulatedClock {
  /** Epoch milliseconds of the simulated time. */
  now(): number;
  /** When that moment of the simulated time comes, in our epoch milliseconds. */
  realAt(simulated: number): number;
}

export interface StartableClock extends SimulatedClock {
  /** Until then it stands still. */
  start(): void;
}

/**
 * @param speed simulated milliseconds for each of ours, at least 1.
 * @param headStartMs how far in the past it starts; once it has caught up with ours it runs as ours does.
 */
export function simulatedClock(speed: number, headStartMs: number, realNow: () => number = Date.now): StartableClock {
  const beginning = realNow() - headStartMs;
  let started: number | null = null;
  return {
    start: () => {
      started ??= realNow();
    },
    now: () => (started === null ? beginning : Math.min(realNow(), beginning + (realNow() - started) * speed)),
    // It lags behind ours until it has caught up, so the later of the two is when it comes.
    realAt: (simulated) => Math.max((started ?? realNow()) + (simulated - beginning) / speed, simulated),
  };
}
