import assert from "node:assert/strict";
import { test } from "node:test";
import { databaseWithTenant } from "../../test/support/received-jobs.ts";
import { archiveStore } from "./archive-store.ts";
import { retentionTerms } from "./retention-terms.ts";
import { ownerRole } from "./roles.ts";

const dayMs = 24 * 60 * 60 * 1000;

test("a segment is locked by the longer of the terms in force, and its plan keeps the date when the terms change", async (t) => {
  const database = await databaseWithTenant(t);
  const store = archiveStore(database.pool("parcelkeep_archivist"));
  const settings = { personalDays: 90, textDays: 60 };
  assert.equal(await store.lockDays(settings), 90);
  await retentionTerms(database.pool("parcelkeep_keeper"), { personal: 30, text: 45 });
  assert.equal(await store.lockDays(settings), 45);
  await database
    .pool(ownerRole)
    .query("insert into parcelkeep.raw_batches (id, records, bytes, created_at) values (1, 1, 100, now() - interval '1 hour')");
  const plan = await store.plan(1, 1_000, 45);
  assert.equal(plan!.retainUntil!.getTime() - plan!.createdAt.getTime(), 45 * dayMs);
  await retentionTerms(database.pool("parcelkeep_keeper"), { personal: 100, text: 45 });
  assert.deepEqual(await store.unfinished(), [plan]);
});
