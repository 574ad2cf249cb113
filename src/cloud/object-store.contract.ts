import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObjectStore } from "./object-store.ts";

export interface ObjectStoreUnderTest {
  readonly store: ObjectStore;
  readonly close: () => Promise<void>;
}

export async function keysIn(store: ObjectStore, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix)) keys.push(key);
  return keys;
}

/** What every object store must do. `keysOverOnePage`: more than the store lists in one answer, where it lists in pages. */
export function objectStoreContract(name: string, make: () => Promise<ObjectStoreUnderTest>, keysOverOnePage = 20): void {
  const check = (what: string, body: (store: ObjectStore) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const { store, close } = await make();
      try {
        await body(store);
      } finally {
        await close();
      }
    });
  };
  const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
  const plain = (found: Uint8Array | null): number[] | null => found && [...found];

  check("gives back what was put, whatever happens to the caller's bytes", async (store) => {
    const given = bytes(1, 2, 3);
    await store.put("a/b-c_d.1", given);
    given.fill(9);
    const got = await store.get("a/b-c_d.1");
    assert.deepEqual(plain(got), [1, 2, 3]);
    got!.fill(8);
    assert.deepEqual(plain(await store.get("a/b-c_d.1")), [1, 2, 3]);
  });

  check("keeps an empty object", async (store) => {
    await store.put("empty", bytes());
    assert.deepEqual(plain(await store.get("empty")), []);
    assert.equal((await store.head("empty"))?.bytes, 0);
  });

  check("gives null for an object that is not there", async (store) => {
    await store.put("folder/object", bytes(1));
    for (const key of ["absent", "folder", "folder/absent", "folder/object.2"]) {
      assert.deepEqual([await store.get(key), await store.head(key), await store.getRange(key, 0, 1)], [null, null, null], key);
    }
  });

  check("refuses to overwrite, and the first object stays as it was", async (store) => {
    const until = new Date("2036-01-01T00:00:00Z");
    await store.put("once", bytes(1), { retainUntil: until });
    await assert.rejects(store.put("once", bytes(2), { retainUntil: new Date("2046-01-01T00:00:00Z") }), {
      name: "ObjectStoreError",
      code: "exists",
    });
    await assert.rejects(store.put("once", bytes(1)), { code: "exists" });
    assert.deepEqual(plain(await store.get("once")), [1]);
    assert.deepEqual((await store.head("once"))?.retainUntil, until);
  });

  check("lets exactly one of several concurrent puts succeed", async (store) => {
    const puts = await Promise.allSettled(Array.from({ length: 10 }, (_, at) => store.put("race/key", bytes(at))));
    const winners = puts.flatMap(({ status }, at) => (status === "fulfilled" ? [at] : []));
    assert.equal(winners.length, 1);
    assert.deepEqual(plain(await store.get("race/key")), winners);
    for (const put of puts) if (put.status === "rejected") assert.equal((put.reason as { code: string }).code, "exists");
  });

  check("says how long an object is and how long it is retained", async (store) => {
    const until = new Date("2036-02-29T12:34:56.789Z");
    await store.put("kept", bytes(1, 2), { retainUntil: until });
    await store.put("free", bytes(1));
    const kept = await store.head("kept");
    assert.equal(kept?.bytes, 2);
    const rounded = kept!.retainUntil!.getTime() - until.getTime();
    assert.ok(rounded >= 0 && rounded < 1000, `retained ${rounded} ms longer than asked`);
    assert.equal((await store.head("free"))?.retainUntil, null);
    if (kept?.sha256 !== undefined) assert.equal(kept.sha256, "a12871fee210fb8619291eaea194581cbd2531e4b23759d225f6806923f63222");
  });

  check("gives exactly the bytes of a range", async (store) => {
    await store.put("range", bytes(0, 1, 2, 3, 4));
    assert.deepEqual(plain(await store.getRange("range", 1, 3)), [1, 2, 3]);
    assert.deepEqual(plain(await store.getRange("range", 0, 5)), [0, 1, 2, 3, 4]);
    for (const [offset, length] of [
      [0, 6],
      [4, 2],
      [5, 1],
      [9, 1],
    ] as const) {
      await assert.rejects(store.getRange("range", offset, length), { code: "out-of-range" }, `${offset}+${length}`);
    }
  });

  check("lists the keys of a prefix in the order of their bytes, with and without slashes", async (store) => {
    for (const key of ["a/b", "a-b", "a0", "a.b", "b/c/d", "b/c/e", "b/cc", "c"])
      await store.put(key, bytes(1), { retainUntil: new Date("2036-01-01") });
    assert.deepEqual(await keysIn(store), ["a-b", "a.b", "a/b", "a0", "b/c/d", "b/c/e", "b/cc", "c"]);
    assert.deepEqual(await keysIn(store, "b/"), ["b/c/d", "b/c/e", "b/cc"]);
    assert.deepEqual(await keysIn(store, "b/c"), ["b/c/d", "b/c/e", "b/cc"]);
    assert.deepEqual(await keysIn(store, "b/c/"), ["b/c/d", "b/c/e"]);
    assert.deepEqual(await keysIn(store, "b/c/d"), ["b/c/d"]);
    assert.deepEqual(await keysIn(store, "d"), []);
  });

  check("lists more keys than fit one answer", async (store) => {
    const keys = Array.from({ length: keysOverOnePage }, (_, at) => `many/${String(at).padStart(6, "0")}`);
    for (const key of keys) await store.put(key, bytes(1));
    assert.deepEqual(await keysIn(store, "many/"), keys);
  });

  check("refuses keys that a file system or a store could misread", async (store) => {
    const bad = [
      "",
      "/",
      "/a",
      "a/",
      "a//b",
      "..",
      "../a",
      "a/../b",
      "a..b",
      ".a",
      "a/.b",
      "A",
      "ä",
      "a b",
      "a\\b",
      "a\n",
      "a\0",
      "a".repeat(201),
      "a/".repeat(300) + "a",
    ];
    for (const key of bad) {
      await assert.rejects(store.put(key, bytes(1)), { code: "invalid-key" }, JSON.stringify(key));
      await assert.rejects(store.get(key), { code: "invalid-key" }, JSON.stringify(key));
    }
    assert.deepEqual(await keysIn(store), []);
  });
}
