import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ownerRole } from "../../src/store/roles.ts";
import { emptyDatabase } from "../support/database.ts";
import { RunningProgram } from "../support/running-program.ts";

const all = readdirSync(join(import.meta.dirname, "..", "..", "src", "store", "migrations"))
  .filter((name) => name.endsWith(".sql"))
  .sort();

test("migrate brings a data folder's database up to date, says what it applied, and leaves a running program alone", async (t) => {
  const program = new RunningProgram();
  t.after(() => program.remove());
  assert.deepEqual(JSON.parse(program.command("migrate", "--json")), { applied: all });
  assert.deepEqual(JSON.parse(program.command("migrate", "--json")), { applied: [] });
  assert.equal(program.command("migrate"), "the database is up to date\n");
  await program.start();
  assert.throws(() => program.command("migrate"), /error: another program holds the data folder .*\nhint: stop it first/);
});

test("migrate brings the database up to date that its owner's address names", async (t) => {
  const database = await emptyDatabase(t);
  const program = new RunningProgram({ PARCELKEEP_DATABASE_URL: database.url(ownerRole) });
  t.after(() => program.remove());
  assert.equal(program.command("migrate"), all.map((name) => `applied ${name}\n`).join(""));
  const { rows } = await database.pool(ownerRole).query("select name from parcelkeep_migrations order by version");
  assert.deepEqual(
    rows.map((row: { name: string }) => row.name),
    all,
  );
});
