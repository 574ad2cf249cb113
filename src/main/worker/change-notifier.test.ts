import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChangedShipment, Changes } from "../../store/changes.ts";
import { ChangeNotifier } from "./change-notifier.ts";

const change = (id: string): ChangedShipment => ({ id, publicId: `public-${id}`, tenant: "tenant" });

/** Announcements that end when they are told to. */
function announcements() {
  const all: { changes: Changes; end: (error?: Error) => void }[] = [];
  const announce = (changes: Changes): Promise<void> =>
    new Promise((resolve, reject) => all.push({ changes, end: (error) => (error === undefined ? resolve() : reject(error)) }));
  return { all, announce };
}

test("what changes during an announcement goes into the next one, each shipment once", async () => {
  const { all, announce } = announcements();
  const notifier = new ChangeNotifier(announce, () => assert.fail());
  notifier.add([change("a")]);
  notifier.add([change("b"), change("c")]);
  notifier.add([change("b")]);
  notifier.add([]);
  all[0]!.end();
  await new Promise(setImmediate);
  all[1]!.end();
  await notifier.settled();
  assert.deepEqual(
    all.map(({ changes }) => changes),
    [[change("a")], [change("b"), change("c")]],
  );
});

test("too many to name are all", async () => {
  const { all, announce } = announcements();
  const notifier = new ChangeNotifier(announce, () => assert.fail());
  notifier.add(Array.from({ length: 4000 }, (_, index) => change(`${index}`)));
  assert.equal(all[0]!.changes, "all");
  all[0]!.end();
  await notifier.settled();
});

test("after an announcement that failed everything is announced", async () => {
  const { all, announce } = announcements();
  const failures: unknown[] = [];
  const notifier = new ChangeNotifier(announce, (error) => failures.push(error));
  notifier.add([change("a")]);
  all[0]!.end(new Error("away"));
  await notifier.settled();
  notifier.add([change("b")]);
  assert.deepEqual([failures.length, all[1]!.changes], [1, "all"]);
  all[1]!.end();
  await notifier.settled();
});
