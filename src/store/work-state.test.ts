import assert from "node:assert/strict";
import { test } from "node:test";
import { databaseWithTenant, plain, receive } from "../../test/support/received-jobs.ts";
import { Listener } from "./listener.ts";
import { relayStore } from "./relay-store.ts";
import { ownerRole } from "./roles.ts";
import { workState } from "./work-state.ts";

test("says who works, at how many lanes, and nothing of a queue that is not used", async (t) => {
  const database = await databaseWithTenant(t);
  const api = database.pool("parcelkeep_api");
  const none = { waiting: 0, oldestS: 0, refused: 0 };
  assert.deepEqual(await workState(api), { workers: 0, lanes: 0, queue: null, bus: none });
  const listener = new Listener({ ...database.connection("parcelkeep_worker"), application_name: "parcelkeep-wake" }, "parcelkeep_inbox", {
    heard: () => {},
    missed: () => {},
    failed: () => {},
  });
  await listener.start();
  t.after(() => listener.stop());
  await receive(database, { message: plain, lane: 3 }, { message: { ...plain, number: "b" }, lane: 4 });
  const client = await database.pool(ownerRole).connect();
  try {
    await client.query("begin; select pg_advisory_xact_lock(77, 3); select pg_advisory_xact_lock(77, 4)");
    assert.deepEqual(await workState(api), { workers: 1, lanes: 2, queue: null, bus: none });
    await client.query("rollback");
  } finally {
    client.release();
  }
  assert.equal((await workState(api)).lanes, 0);
});

test("says what was not named to the queue, also while the queue says nothing", async (t) => {
  const database = await databaseWithTenant(t);
  const [api, owner] = [database.pool("parcelkeep_api"), database.pool(ownerRole)];
  const relay = relayStore(database.pool("parcelkeep_worker"));
  await receive(database, { message: plain, lane: 3 }, { message: { ...plain, number: "b" }, lane: 4 });
  await owner.query("update parcelkeep.inbox set received_at = now() - interval '90 seconds'");
  await relay.noteState({ waiting: 5, inFlight: 2, dead: 1 });
  await relay.markSent(
    (
      await relay.unsent(
        Array.from({ length: 64 }, () => "0"),
        1,
      )
    ).slice(0, 1),
  );
  const { queue } = await workState(api);
  assert.deepEqual([queue!.counts, queue!.unsentJobs, Math.round(queue!.unsentOldestS / 30)], [{ waiting: 5, inFlight: 2, dead: 1 }, 1, 3]);
  await owner.query("update parcelkeep.queue_state set noted_at = now() - interval '5 minutes'");
  const silent = await workState(api);
  assert.deepEqual([silent.queue!.counts, silent.queue!.unsentJobs], [null, 1]);
  await owner.query("update parcelkeep.queue_state set noted_at = now() - interval '1 day'");
  assert.equal((await workState(api)).queue, null);
});
