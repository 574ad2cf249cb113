import assert from "node:assert/strict";
import { test } from "node:test";
import { powerRoles } from "../../src/store/roles.ts";
import { testDatabase } from "./database.ts";

test("gives each test a migrated database of its own", async (t) => {
  const [one, other] = await Promise.all([testDatabase(t), testDatabase(t)]);
  assert.notEqual(one.name, other.name);
  await one.pool("parcelkeep_owner").query("create table only_here (id int)");
  const { rows } = await other
    .pool("parcelkeep_owner")
    .query("select to_regclass('only_here') is null as absent, exists (select from public.parcelkeep_migrations) as migrated");
  assert.deepEqual(rows, [{ absent: true, migrated: true }]);
});

test("lets every role in, and only to its own database", async (t) => {
  const database = await testDatabase(t);
  for (const role of powerRoles) {
    const { rows } = await database.pool(role).query("select current_user as role, current_database() as database");
    assert.deepEqual(rows, [{ role, database: database.name }]);
  }
});

test("drops the database with the test", async (t) => {
  let name = "";
  await t.test("inner", async (inner) => {
    name = (await testDatabase(inner)).name;
  });
  const { rows } = await (await testDatabase(t)).pool("parcelkeep_owner").query("select from pg_database where datname = $1", [name]);
  assert.deepEqual(rows, []);
});
