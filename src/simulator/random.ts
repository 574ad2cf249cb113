/** Numbers that look random and are the same for the same seed. Not for anything secret. */
export interface Random {
  /** 0 up to and without 1. */
  next(): number;
  /** A whole number from 0 up to and without `limit`. */
  below(limit: number): number;
  pick<Item>(items: readonly Item[]): Item;
  chance(share: number): boolean;
  /** Of a log-normal distribution. @param spread 99th percentile over median, at least 1. */
  longTailed(median: number, spread: number): number;
}

/** z of the 99th percentile of the normal distribution. */
const zOfP99 = 2.3263;

/** Mulberry32 (Tommy Ettinger, public domain) over an FNV-1a hash of the seed. */
export function randomOf(seed: string): Random {
  let state = fnv1a(seed);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (items) => items[below(items.length)]!,
    chance: (share) => next() < share,
    longTailed: (median, spread) => {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return median * Math.exp((Math.log(Math.max(1, spread)) / zOfP99) * normal);
    },
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
