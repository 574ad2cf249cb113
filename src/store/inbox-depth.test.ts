import assert from "node:assert/strict";
import { test } from "node:test";
import { type TestDatabase, testDatabase } from "../../test/support/database.ts";
import { inboxHolds } from "./inbox-depth.ts";
import { ownerRole } from "./roles.ts";

const fill = async (database: TestDatabase, jobs: number): Promise<void> => {
  await database
    .pool(ownerRole)
    .query(
      "insert into parcelkeep.inbox (lane, record, tenant, received_at, message) select n % 64, gen_random_uuid(), gen_random_uuid(), now(), '{}' from generate_series(1, $1::int) n",
      [jobs],
    );
};

test("an empty inbox holds nothing, a full one what it holds", async (t) => {
  const database = await testDatabase(t);
  const api = database.pool("parcelkeep_api");
  assert.equal(await inboxHolds(api, 1), false);
  await fill(database, 200);
  assert.equal(await inboxHolds(api, 200), true);
  assert.equal(await inboxHolds(api, 201), false);
});

test("one job that waits for long is one job", async (t) => {
  const database = await testDatabase(t);
  await fill(database, 1_000);
  await database.pool(ownerRole).query("delete from parcelkeep.inbox where seq between 2 and 990");
  assert.equal(await inboxHolds(database.pool("parcelkeep_api"), 12), false);
  assert.equal(await inboxHolds(database.pool("parcelkeep_api"), 11), true);
});

test("looks at the ends of the lanes and not at every job", async (t) => {
  const database = await testDatabase(t);
  await fill(database, 20_000);
  const owner = database.pool(ownerRole);
  await owner.query("analyze parcelkeep.inbox");
  const statements: string[] = [];
  const watched = Object.assign(Object.create(owner) as typeof owner, {
    query: (text: string, values?: unknown[]) => {
      statements.push(text);
      return owner.query(text, values);
    },
  });
  assert.equal(await inboxHolds(watched, 1_000_000), false);
  assert.equal(statements.length, 1);
  const { rows } = await owner.query<{ "QUERY PLAN": [{ Plan: { "Shared Hit Blocks": number; "Shared Read Blocks": number } }] }>(
    `explain (analyze, buffers, format json) ${statements[0]}`,
  );
  const { "Shared Hit Blocks": hit, "Shared Read Blocks": read } = rows[0]!["QUERY PLAN"][0].Plan;
  assert.ok(hit + read < 1_000, `${hit + read} pages`);
});
