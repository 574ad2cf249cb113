import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { EventEmitter, on, once } from "node:events";
import { test } from "node:test";
import { testDatabase } from "../../../test/support/database.ts";
import { announceChanges, type ChangedShipment, type Changes } from "../../store/changes.ts";
import { ownerRole } from "../../store/roles.ts";
import { listenForChanges } from "./change-listener.ts";

const someChange = (): ChangedShipment => ({ id: randomUUID(), publicId: randomBytes(16).toString("base64url"), tenant: randomUUID() });

test("forgets what workers announce, and everything when its connection was lost", async (t) => {
  const database = await testDatabase(t);
  const events = new EventEmitter();
  const forgotten = on(events, "forget");
  const next = async (): Promise<Changes> => ((await forgotten.next()).value as [Changes])[0];
  const failed = once(events, "failed");
  const views = { forget: async (changes: Changes): Promise<void> => void events.emit("forget", changes) };
  const listener = await listenForChanges(database.connection("parcelkeep_api"), views, (error) => void events.emit("failed", error));
  t.after(() => listener.stop());
  assert.equal(await next(), "all", "from before it listened");

  const changes = Array.from({ length: 150 }, someChange);
  await announceChanges(database.pool("parcelkeep_worker"), changes);
  assert.deepEqual([await next(), await next()].flat(), changes);

  await database
    .pool(ownerRole)
    .query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parcelkeep-changes'");
  await failed;
  assert.equal(await next(), "all", "when the connection was lost");
  assert.equal(await next(), "all", "when it was there again");
  const change = someChange();
  await announceChanges(database.pool("parcelkeep_worker"), [change]);
  assert.deepEqual(await next(), [change]);
});
