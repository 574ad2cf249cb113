import assert from "node:assert/strict";
import { test } from "node:test";
import { type PointerStore, point } from "./pointer-store.ts";

/** What every store of pointers must do. */
export function pointerStoreContract(
  name: string,
  make: () => Promise<{ readonly store: PointerStore; readonly close: () => Promise<void> }>,
): void {
  const check = (what: string, body: (store: PointerStore) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const { store, close } = await make();
      try {
        await body(store);
      } finally {
        await close();
      }
    });
  };

  check("gives back the newest text, and null where there is none", async (store) => {
    assert.equal(await store.read("2026/checkpoint"), null);
    assert.equal(await store.replace("2026/checkpoint", null, "one\n"), true);
    assert.equal(await store.read("2026/checkpoint"), "one\n");
    assert.equal(await store.replace("2026/checkpoint", "one\n", "two – ü\n"), true);
    assert.equal(await store.read("2026/checkpoint"), "two – ü\n");
    assert.equal(await store.read("2027/checkpoint"), null);
  });

  check("changes nothing where the text is another by now", async (store) => {
    assert.equal(await store.replace("a", "zero", "one"), false);
    assert.equal(await store.read("a"), null);
    await store.replace("a", null, "one");
    assert.equal(await store.replace("a", null, "two"), false);
    assert.equal(await store.replace("a", "zero", "two"), false);
    assert.equal(await store.read("a"), "one");
  });

  check("points to a text whatever it was", async (store) => {
    await point(store, "a", "one");
    await point(store, "a", "two");
    await point(store, "a", "two");
    assert.equal(await store.read("a"), "two");
  });

  check("refuses a name that is no object's key", async (store) => {
    await assert.rejects(store.read("../a"), { code: "invalid-key" });
    await assert.rejects(store.replace("A", null, "x"), { code: "invalid-key" });
  });
}
