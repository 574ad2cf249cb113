import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { PoolClient } from "pg";
import { emptyDatabase, type TestDatabase } from "../../test/support/database.ts";
import { migrate, MigrationError } from "./migrate.ts";
import { ownerRole } from "./roles.ts";

const first = { "0001_parcels.sql": "create table parcels (id int primary key)" };
const second = { "0002_weights.sql": "alter table parcels add column grams int; insert into parcels values (1, 500)" };

test("applies what waits, in order, and says what it was", async (t) => {
  const database = await emptyDatabase(t);
  assert.deepEqual(await migrateWith(t, database, first), ["0001_parcels.sql"]);
  assert.deepEqual(await migrateWith(t, database, { ...second, ...first }), ["0002_weights.sql"]);
  assert.deepEqual(await migrateWith(t, database, { ...first, ...second }), []);
  assert.deepEqual(await tell(database, "select id, grams from parcels"), [{ id: 1, grams: 500 }]);
  assert.deepEqual(await tell(database, "select version, name, length(sha256) as bytes from parcelkeep_migrations order by version"), [
    { version: 1, name: "0001_parcels.sql", bytes: 32 },
    { version: 2, name: "0002_weights.sql", bytes: 32 },
  ]);
});

test("a file that fails leaves nothing of itself, and all before it", async (t) => {
  const database = await emptyDatabase(t);
  const broken = { ...first, "0002_broken.sql": "insert into parcels values (7); select 'Ada Lovelace'::int" };
  await assert.rejects(migrateWith(t, database, broken), { code: "failed", message: "0002_broken.sql failed, SQLSTATE 22P02" });
  assert.deepEqual(await tell(database, "select id from parcels"), []);
  assert.deepEqual(await migrateWith(t, database, { ...first, ...second }), ["0002_weights.sql"]);
});

test("refuses a file that was changed after it was applied", async (t) => {
  const database = await emptyDatabase(t);
  await migrateWith(t, database, { ...first, ...second });
  const changed = { "0001_parcels.sql": `${first["0001_parcels.sql"]} `, ...second };
  await assert.rejects(migrateWith(t, database, changed), { code: "changed" });
});

test("refuses a database that is newer than the program", async (t) => {
  const database = await emptyDatabase(t);
  await migrateWith(t, database, { ...first, ...second });
  await assert.rejects(migrateWith(t, database, first), { code: "newer-database" });
  await assert.rejects(migrateWith(t, database, {}), MigrationError);
});

for (const [what, files] of Object.entries({
  "a number twice": { ...first, "0001_again.sql": "select 1" },
  "a name of another form": { ...first, "2_weights.sql": "select 1" },
})) {
  test(`refuses ${what}, and touches nothing`, async (t) => {
    const database = await emptyDatabase(t);
    await assert.rejects(migrateWith(t, database, files), { code: "gap" });
    assert.deepEqual(await tell(database, "select to_regclass('parcels') is null as untouched"), [{ untouched: true }]);
  });
}

test("refuses a file that comes before one that was applied", async (t) => {
  const database = await emptyDatabase(t);
  const third = { "0003_sizes.sql": "alter table parcels add column litres int" };
  assert.deepEqual(await migrateWith(t, database, { ...first, ...third }), ["0001_parcels.sql", "0003_sizes.sql"]);
  await assert.rejects(migrateWith(t, database, { ...first, ...second, ...third }), { code: "gap" });
  assert.deepEqual(await tell(database, "select id from parcels"), []);
});

test("two programs at once apply each file once", async (t) => {
  const database = await emptyDatabase(t);
  const files = { ...first, ...second };
  const applied = await Promise.all([1, 2, 3].map(() => migrateWith(t, database, files)));
  assert.deepEqual(applied.flat().sort(), Object.keys(files));
});

test("lets go of its lock after a failure", async (t) => {
  const database = await emptyDatabase(t);
  await assert.rejects(migrateWith(t, database, { "0001_broken.sql": "selekt" }), { code: "failed" });
  const held = await tell(
    database,
    "select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
  );
  assert.deepEqual(held, []);
});

test("this program's own migrations fit an empty database", async (t) => {
  const database = await emptyDatabase(t);
  const applied = await withClient(database, (client) => migrate(client));
  assert.ok(applied.length > 0);
  assert.deepEqual(await withClient(database, (client) => migrate(client)), []);
});

async function migrateWith(t: TestContext, database: TestDatabase, files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "parcelkeep-migrations-"));
  t.after(() => rm(folder, { recursive: true }));
  for (const [name, sql] of Object.entries(files)) await writeFile(join(folder, name), sql);
  return await withClient(database, (client) => migrate(client, folder));
}

async function withClient<Result>(database: TestDatabase, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await database.pool(ownerRole).connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

async function tell(database: TestDatabase, sql: string): Promise<readonly unknown[]> {
  return (await database.pool(ownerRole).query(sql)).rows as unknown[];
}
