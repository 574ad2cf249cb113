import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import { Listener } from "./listener.ts";
import { ownerRole } from "./roles.ts";

test("hears again after its connection was lost, and says that it may have missed something", async (t) => {
  const database = await testDatabase(t);
  const owner = database.pool(ownerRole);
  const events = new EventEmitter();
  const listener = new Listener({ ...database.connection("parcelkeep_api"), application_name: "listening" }, "news", {
    heard: (payload) => void events.emit("heard", payload),
    missed: () => void events.emit("missed"),
    failed: (error) => void events.emit("failed", error),
  });
  t.after(() => listener.stop());
  const listening = once(events, "missed");
  await listener.start();
  await listening;
  const first = once(events, "heard");
  await owner.query("select pg_notify('news', 'one')");
  assert.deepEqual(await first, ["one"]);

  for (let round = 0; round < 2; round++) {
    const failed = once(events, "failed");
    const lost = once(events, "missed");
    await owner.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listening'");
    await Promise.all([failed, lost]);
    await once(events, "missed");
    const next = once(events, "heard");
    await owner.query("select pg_notify('news', 'two')");
    assert.deepEqual(await next, ["two"]);
  }
});

test("goes on trying when the database is away at the start", async (t) => {
  const database = await testDatabase(t);
  const owner = database.pool(ownerRole);
  await owner.query(`revoke connect on database ${database.name} from parcelkeep_api`);
  const events = new EventEmitter();
  const listener = new Listener(database.connection("parcelkeep_api"), "news", {
    heard: () => {},
    missed: () => void events.emit("missed"),
    failed: () => void events.emit("failed"),
  });
  t.after(() => listener.stop());
  const failed = once(events, "failed");
  await Promise.all([listener.start(), failed]);
  const listening = once(events, "missed");
  await owner.query(`grant connect on database ${database.name} to parcelkeep_api`);
  await listening;
});
