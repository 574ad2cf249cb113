import { percentiles, type Percentiles } from "./simulate-percentiles.ts";

export interface CacheFigure {
  readonly shipments: number;
  /** First read of each: the database answers. */
  readonly without: Percentiles;
  /** Later reads within the cache's expiry. */
  readonly with: Percentiles;
}

/** Within two seconds, which is how long a copy is kept. */
const readsWithinMs = 1_500;
const roundsMax = 20;

/**
 * Reads shipments' tracking views, each for the first time and then again.
 * @param trackMs reads one and says how long it took.
 */
export async function measureCache(publicIds: readonly string[], trackMs: (publicId: string) => Promise<number>): Promise<CacheFigure> {
  const first: number[] = [];
  const again: number[] = [];
  for (const publicId of publicIds) {
    first.push(await trackMs(publicId));
    const until = performance.now() + readsWithinMs;
    for (let round = 0; round < roundsMax && performance.now() < until; round++) again.push(await trackMs(publicId));
  }
  return { shipments: publicIds.length, without: percentiles(first), with: percentiles(again) };
}
