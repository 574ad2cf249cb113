import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryCache } from "../../cloud/memory-cache.ts";
import type { Awaitable, TrackingCache } from "../../cloud/tracking-cache.ts";
import { packShipment } from "../../domain/packed-shipment.ts";
import { foldMessages } from "../../domain/shipment.ts";
import { TrackingViews } from "./tracking-views.ts";

const state = packShipment(foldMessages(null, []));
const at = new Date(0);

/** An index of shipments by the ids that they are asked for. Reads wait between `hold` and the call of what it gives. */
function index(rows: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  let held: Promise<void> | null = null;
  const read = async (wanted: string) => {
    asked.push(wanted);
    const shown = rows[wanted];
    await held;
    return shown === undefined ? [] : [{ id: shown, public_id: shown, state, created_at: at, updated_at: at }];
  };
  return {
    asked,
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = null;
        resolve();
      };
    },
    reads: { shipmentsById: (_: string, [id]: readonly string[]) => read(id!), track: ([id]: readonly string[]) => read(id!) },
  };
}

test("reads a shipment once until it is forgotten, and others stay", async () => {
  const { reads, asked } = index({ a: "a", b: "b" });
  const views = new TrackingViews(new MemoryCache(), reads);
  for (const id of ["a", "b", "a", "b"]) assert.ok(await views.track(id));
  assert.deepEqual(asked, ["a", "b"]);
  await views.forget([{ id: "x", publicId: "a", tenant: "t" }]);
  for (const id of ["a", "b"]) await views.track(id);
  assert.deepEqual(asked, ["a", "b", "a"]);
  await views.forget("all");
  for (const id of ["a", "b"]) await views.track(id);
  assert.deepEqual(asked, ["a", "b", "a", "a", "b"]);
});

test("a copy of one tenant's is no copy for another", async () => {
  const { reads, asked } = index({ a: "a" });
  const views = new TrackingViews(new MemoryCache(), reads);
  for (const tenant of ["one", "two", "one"]) await views.shipment(tenant, "a");
  assert.deepEqual(asked, ["a", "a"]);
  await views.forget([{ id: "a", publicId: "p", tenant: "two" }]);
  for (const tenant of ["one", "two"]) await views.shipment(tenant, "a");
  assert.deepEqual(asked, ["a", "a", "a"]);
});

test("many who miss at once cost one read", async () => {
  const { reads, asked, hold } = index({ a: "a" });
  const answer = hold();
  const views = new TrackingViews(new MemoryCache(), reads);
  const all = [views.track("a"), views.track("a"), views.track("a")];
  answer();
  for (const bytes of all) assert.ok(await bytes);
  assert.deepEqual(asked, ["a"]);
});

test("who asks after a change does not get what was read before it", async () => {
  const held = index({ a: "a" });
  const views = new TrackingViews(new MemoryCache(), held.reads);
  const answer = held.hold();
  const early = views.track("a");
  await views.forget([{ id: "x", publicId: "a", tenant: "t" }]);
  const late = views.track("a");
  answer();
  await Promise.all([early, late]);
  assert.deepEqual(held.asked, ["a", "a"]);
});

test("an id that another shipment answers for is not kept, since a change names the other", async () => {
  const { reads, asked } = index({ former: "a", a: "a" });
  const views = new TrackingViews(new MemoryCache(), reads);
  for (let round = 0; round < 2; round++) assert.ok(await views.track("former"));
  assert.deepEqual(asked, ["former", "former"]);
});

test("what is not there is null, and asked for again", async () => {
  const { reads, asked } = index({});
  const views = new TrackingViews(new MemoryCache(), reads);
  assert.deepEqual([await views.track("a"), await views.track("a"), await views.shipment("t", "a")], [null, null, null]);
  assert.equal(asked.length, 3);
});

test("a cache that answers later, or fails, is a cache all the same", async () => {
  const { reads, asked } = index({ a: "a" });
  const memory = new MemoryCache();
  const later = <Value>(value: Awaitable<Value>): Promise<Value> => Promise.resolve(value);
  let isAway = false;
  const remote: TrackingCache = {
    get: (key) => (isAway ? Promise.reject(new Error("away")) : later(memory.get(key))),
    begin: (key) => (isAway ? Promise.reject(new Error("away")) : later(memory.begin(key))),
    fill: (ticket, bytes) => later(memory.fill(ticket, bytes)),
    set: (key, bytes) => later(memory.set(key, bytes)),
    invalidate: (keys) => later(memory.invalidate(keys)),
    clear: () => later(memory.clear()),
  };
  const views = new TrackingViews(remote, reads);
  for (let round = 0; round < 2; round++) assert.ok(await views.track("a"));
  assert.deepEqual(asked, ["a"]);
  isAway = true;
  assert.ok(await views.track("a"));
  assert.deepEqual(asked, ["a", "a"]);
});
