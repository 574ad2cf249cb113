import assert from "node:assert/strict";
import { test } from "node:test";
import type { TrackingCache } from "./tracking-cache.ts";

export interface TrackingCacheUnderTest {
  /** Empty, with an expiry of `ttlMs`. */
  readonly cache: TrackingCache;
  readonly ttlMs: number;
  /** Moves the cache's clock, or waits. */
  readonly passTime: (milliseconds: number) => Promise<void> | void;
  close(): Promise<void> | void;
}

/** What every tracking cache must do. */
export function trackingCacheContract(name: string, make: () => Promise<TrackingCacheUnderTest> | TrackingCacheUnderTest): void {
  const check = (what: string, body: (underTest: TrackingCacheUnderTest) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const underTest = await make();
      try {
        await body(underTest);
      } finally {
        await underTest.close();
      }
    });
  };
  const text = async (cache: TrackingCache, key: string): Promise<string | undefined> => (await cache.get(key))?.toString("latin1");

  check("gives back what a reader filled", async ({ cache }) => {
    assert.equal(await cache.get("a"), undefined);
    assert.equal(await cache.fill(await cache.begin("a"), Buffer.from([0, 255, 10])), true);
    assert.deepEqual([...(await cache.get("a"))!], [0, 255, 10]);
    assert.equal(await cache.get("b"), undefined);
  });

  check("gives back what a writer set, and the newest of it", async ({ cache }) => {
    await cache.set("a", Buffer.from("one"));
    await cache.set("a", Buffer.from("two"));
    assert.equal(await text(cache, "a"), "two");
  });

  check("forgets what was invalidated and only that", async ({ cache }) => {
    for (const key of ["a", "b", "c"]) await cache.set(key, Buffer.from(key));
    await cache.invalidate(["a", "c", "absent"]);
    assert.deepEqual([await text(cache, "a"), await text(cache, "b"), await text(cache, "c")], [undefined, "b", undefined]);
    await cache.invalidate([]);
  });

  check("forgets everything when it is cleared, and a reader from before does not bring an old row back", async ({ cache }) => {
    await cache.set("a", Buffer.from("old"));
    const slow = await cache.begin("b");
    await cache.clear();
    assert.equal(await cache.fill(slow, Buffer.from("old")), false);
    assert.deepEqual([await cache.get("a"), await cache.get("b")], [undefined, undefined]);
    assert.equal(await cache.fill(await cache.begin("b"), Buffer.from("new")), true);
    assert.equal(await text(cache, "b"), "new");
  });

  check("a reader that was overtaken by an invalidation does not bring the old row back", async ({ cache }) => {
    const slow = await cache.begin("a");
    await cache.invalidate(["a"]);
    assert.equal(await cache.fill(slow, Buffer.from("old")), false);
    assert.equal(await cache.get("a"), undefined);
    assert.equal(await cache.fill(await cache.begin("a"), Buffer.from("new")), true);
    assert.equal(await cache.fill(slow, Buffer.from("old")), false, "also when somebody else has filled since");
    assert.equal(await text(cache, "a"), "new");
  });

  check("a reader that was overtaken by a writer does not bring the old row back", async ({ cache }) => {
    const slow = await cache.begin("a");
    await cache.set("a", Buffer.from("new"));
    assert.equal(await cache.fill(slow, Buffer.from("old")), false);
    assert.equal(await text(cache, "a"), "new");
  });

  check("of several readers of one key each may fill", async ({ cache }) => {
    const [first, second] = [await cache.begin("a"), await cache.begin("a")];
    assert.equal(await cache.fill(second, Buffer.from("row")), true);
    assert.equal(await cache.fill(first, Buffer.from("row")), true);
    assert.equal(await text(cache, "a"), "row");
  });

  check("forgets after the expiry", async ({ cache, ttlMs, passTime }) => {
    await cache.set("a", Buffer.from("x"));
    await passTime(ttlMs + 5);
    assert.equal(await cache.get("a"), undefined);
  });

  check("counts the expiry of a fill from its beginning, since the row may be that old", async ({ cache, ttlMs, passTime }) => {
    const ticket = await cache.begin("a");
    await passTime(ttlMs * 0.6);
    assert.equal(await cache.fill(ticket, Buffer.from("x")), true);
    await passTime(ttlMs * 0.6);
    assert.equal(await cache.get("a"), undefined);
  });

  check("drops a fill that took longer than the expiry", async ({ cache, ttlMs, passTime }) => {
    const ticket = await cache.begin("a");
    await passTime(ttlMs + 5);
    assert.equal(await cache.fill(ticket, Buffer.from("x")), false);
    assert.equal(await cache.get("a"), undefined);
  });
}
