import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryCache } from "./memory-cache.ts";
import { trackingCacheContract } from "./tracking-cache.contract.ts";
import { trackingTtlMs } from "./tracking-cache.ts";

trackingCacheContract("memory cache", () => {
  let now = 1;
  return {
    cache: new MemoryCache({ clock: () => now }),
    ttlMs: trackingTtlMs,
    passTime: (milliseconds) => void (now += milliseconds),
    close: () => {},
  };
});

test("never shows a row that is older than the last invalidation, however readers and writers interleave", () => {
  const step = fc.record({
    act: fc.constantFrom("begin", "fill", "commit", "lost", "get"),
    reader: fc.nat({ max: 3 }),
    key: fc.constantFrom("a", "b"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cache = new MemoryCache({ entriesMax: 10 });
      const rows: Record<string, number> = { a: 0, b: 0 };
      const readers = new Map<number, { ticket: ReturnType<MemoryCache["begin"]>; row: number }>();
      for (const { act, reader, key } of steps) {
        const reading = readers.get(reader);
        if (act === "begin") readers.set(reader, { ticket: cache.begin(key), row: rows[key]! });
        if (act === "fill" && reading !== undefined) cache.fill(reading.ticket, Buffer.from(String(reading.row)));
        if (act === "commit") {
          rows[key]!++;
          cache.invalidate([key]);
        }
        if (act === "lost") {
          rows[key]!++;
          cache.clear();
        }
        const shown = cache.get(key);
        if (shown !== undefined) assert.equal(Number(shown), rows[key]);
      }
    }),
    { numRuns: 500 },
  );
});

test("keeps at most so many entries and so many bytes, the least recently used go first", () => {
  const few = new MemoryCache({ entriesMax: 2 });
  for (const key of ["a", "b"]) few.set(key, Buffer.from(key));
  few.get("a");
  few.set("c", Buffer.from("c"));
  assert.deepEqual(
    ["a", "b", "c"].map((key) => few.get(key) !== undefined),
    [true, false, true],
  );

  const small = new MemoryCache({ bytesMax: 100 });
  small.set("a", Buffer.alloc(60));
  small.set("b", Buffer.alloc(60));
  small.set("c", Buffer.alloc(101));
  assert.deepEqual(
    ["a", "b", "c"].map((key) => small.get(key) !== undefined),
    [false, true, false],
  );
});

test("counts hits, misses and dropped fills", () => {
  const cache = new MemoryCache();
  const ticket = cache.begin("a");
  cache.get("a");
  cache.set("a", Buffer.from("x"));
  cache.get("a");
  cache.get("a");
  cache.fill(ticket, Buffer.from("y"));
  assert.deepEqual(cache.counters(), { hits: 2, misses: 1, dropped: 1 });
});
