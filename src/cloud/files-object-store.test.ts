import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { FilesObjectStore, temporaryAgeMaxMs } from "./files-object-store.ts";
import { keysIn, objectStoreContract } from "./object-store.contract.ts";

const now = new Date("2026-11-24T05:00:00Z");
const later = new Date("2036-11-24T05:00:00Z");

async function emptyStore(): Promise<{ store: FilesObjectStore; folder: string; close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "objects-"));
  return { store: await FilesObjectStore.open(folder, now), folder, close: () => rm(folder, { recursive: true }) };
}
async function storeFor(t: TestContext): Promise<{ store: FilesObjectStore; folder: string }> {
  const { close, ...rest } = await emptyStore();
  t.after(close);
  return rest;
}

objectStoreContract("files store", emptyStore);

test("objects are read-only files in folders that only the owner enters", async (t) => {
  const { store, folder } = await storeFor(t);
  await store.put("segments/one", Buffer.from("x"));
  assert.equal((await stat(join(folder, "segments/one"))).mode & 0o777, 0o444);
  assert.equal((await stat(join(folder, "segments"))).mode & 0o777, 0o700);
});

test("another process that opens the same folder sees the objects and their retention", async (t) => {
  const { store, folder } = await storeFor(t);
  await store.put("a", Buffer.from("x"), { retainUntil: later });
  const other = await FilesObjectStore.open(folder, now);
  assert.deepEqual(await other.head("a"), { bytes: 1, retainUntil: later });
  await assert.rejects(other.put("a", Buffer.from("y")), { code: "exists" });
});

test("deletes an object when its retention has ended and not before", async (t) => {
  const { store } = await storeFor(t);
  await store.put("a", Buffer.from("x"), { retainUntil: later });
  await assert.rejects(store.deleteExpired("a", new Date(later.getTime() - 1)), { code: "retained" });
  assert.equal((await store.get("a"))?.length, 1);
  assert.equal(await store.deleteExpired("a", later), true);
  assert.equal(await store.deleteExpired("a", later), false);
  assert.equal(await store.get("a"), null);
  await store.put("a", Buffer.from("y"));
  assert.equal((await store.head("a"))?.retainUntil, null, "the old retention is gone with the old object");
});

test("nothing but an object is named as one", async (t) => {
  const { store, folder } = await storeFor(t);
  await store.put("2026/a.pkseg", Buffer.from("a"), { retainUntil: later });
  const named = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".pkseg"));
  assert.deepEqual(named, [join("2026", "a.pkseg")]);
});

test("deletes an object without a retention", async (t) => {
  const { store } = await storeFor(t);
  await store.put("a", Buffer.from("x"));
  assert.equal(await store.deleteExpired("a", now), true);
});

test("of puts that race for a key none shortens the winner's retention", async (t) => {
  const { store } = await storeFor(t);
  for (let round = 0; round < 10; round++) {
    const dates = Array.from({ length: 6 }, (_, at) => new Date(later.getTime() + at));
    const puts = await Promise.allSettled(dates.map((retainUntil, at) => store.put(`race/${round}`, Buffer.from([at]), { retainUntil })));
    const winner = puts.findIndex(({ status }) => status === "fulfilled");
    assert.ok((await store.head(`race/${round}`))!.retainUntil! >= dates[winner]!);
  }
});

test("what a dead put leaves behind is no object and stops no other put", async (t) => {
  const { store, folder } = await storeFor(t);
  await writeFile(join(folder, ".tmp", "half"), "ha");
  await mkdir(join(folder, ".retention/a.until"), { recursive: true });
  await writeFile(join(folder, ".retention/a.until", String(later.getTime())), "");
  assert.deepEqual(await keysIn(store), []);
  assert.equal(await store.head("a"), null);
  await store.put("a", Buffer.from("x"));
  assert.equal((await store.get("a"))?.length, 1);
});

test("opening clears temporary files of dead puts and leaves those of puts that may be running", async (t) => {
  const { folder } = await storeFor(t);
  const [dead, running] = [join(folder, ".tmp/dead"), join(folder, ".tmp/running")];
  for (const file of [dead, running]) await writeFile(file, "");
  await utimes(dead, now, new Date(now.getTime() - temporaryAgeMaxMs - 1000));
  await utimes(running, now, new Date(now.getTime() - temporaryAgeMaxMs + 1000));
  await FilesObjectStore.open(folder, now);
  assert.deepEqual(await readdir(join(folder, ".tmp")), ["running"]);
});

test("a finished or refused put leaves no temporary file", async (t) => {
  const { store, folder } = await storeFor(t);
  await Promise.allSettled([store.put("a", Buffer.from("x")), store.put("a", Buffer.from("y")), store.put("a/b", Buffer.from("z"))]);
  assert.deepEqual(await readdir(join(folder, ".tmp")), []);
});

test("refuses a key below an object as a mistake of the caller's", async (t) => {
  const { store } = await storeFor(t);
  await store.put("a", Buffer.from("x"));
  await assert.rejects(store.put("a/b", Buffer.from("y")), { code: "invalid-key" });
  assert.equal(await store.get("a/b"), null);
});

test("says unavailable when the file system fails", async (t) => {
  const { store, folder } = await storeFor(t);
  await rm(join(folder, ".tmp"), { recursive: true });
  await assert.rejects(store.put("a", Buffer.from("x")), { name: "ObjectStoreError", code: "unavailable" });
});
