import { randomFillSync } from "node:crypto";

const pool = Buffer.alloc(16_384);
let at = pool.length;

/** Random bytes out of a pool that is refilled at once: a system call per 16 KiB instead of one per value. Used bytes are overwritten with zeros. */
export function pooledRandom(bytes: number): Buffer {
  const taken = Buffer.allocUnsafe(bytes);
  fillRandom(taken);
  return taken;
}

/** Fills a small buffer out of the same pool. */
export function fillRandom(target: Buffer): void {
  const bytes = target.length;
  if (at + bytes > pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  for (let index = 0; index < bytes; index++) {
    target[index] = pool[at]!;
    pool[at++] = 0;
  }
}
