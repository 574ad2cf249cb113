import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test, type TestContext } from "node:test";
import pg from "pg";
import { emptyDatabase, testDatabase, type TestDatabase } from "../../test/support/database.ts";
import { ensureRoles, ownerRole } from "./roles.ts";

test("makes roles that can connect with their password, and gives them a new one when it changes", async (t) => {
  const { database, role } = await roleOfTest(t);
  await ensure(database, role, "first");
  assert.equal(await connects(database, role, "first"), "in");
  await ensure(database, role, "second");
  assert.equal(await connects(database, role, "first"), "28P01");
  assert.equal(await connects(database, role, "second"), "in");
});

test("never tells the server the password", async (t) => {
  const { database, role } = await roleOfTest(t);
  const statements: string[] = [];
  const client = await database.pool(ownerRole).connect();
  try {
    const watched = Object.assign(Object.create(client) as pg.PoolClient, {
      query: (...all: Parameters<pg.PoolClient["query"]>) => (statements.push(JSON.stringify(all)), client.query(...all)),
    });
    await ensureRoles(watched, [{ name: role, password: "open sesame" }]);
  } finally {
    client.release();
  }
  assert.ok(statements.some((statement) => statement.includes("SCRAM-SHA-256$4096:")));
  assert.ok(!statements.join().includes("open sesame"));
});

test("gives no powers, and lets nobody else into the database", async (t) => {
  const { database, role } = await roleOfTest(t);
  await ensure(database, role, "word");
  const { rows } = await database.pool(ownerRole).query(
    `select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as powers,
       has_database_privilege(oid, current_database(), 'temp') as temporary,
       has_database_privilege('public', current_database(), 'connect') as everybody from pg_roles where rolname = $1`,
    [role],
  );
  assert.deepEqual(rows, [{ powers: false, temporary: false, everybody: false }]);
});

test("two programs at once do not trip over each other", async (t) => {
  const { database, role } = await roleOfTest(t);
  await Promise.all([1, 2, 3].map(() => ensure(database, role, "word")));
  assert.equal(await connects(database, role, "word"), "in");
});

/** Roles belong to the whole server, so each test has one of its own name. */
async function roleOfTest(t: TestContext): Promise<{ readonly database: TestDatabase; readonly role: string }> {
  const role = `role_${randomBytes(6).toString("hex")}`;
  const database = await emptyDatabase(t);
  const elsewhere = await testDatabase(t);
  t.after(async () => {
    const client = new pg.Client({ ...elsewhere.connection(ownerRole), database: "postgres" });
    await client.connect();
    await client.query(`drop role if exists ${role}`);
    await client.end();
  });
  return { database, role };
}

async function ensure(database: TestDatabase, name: string, password: string): Promise<void> {
  const client = await database.pool(ownerRole).connect();
  try {
    await ensureRoles(client, [{ name, password }]);
  } finally {
    client.release();
  }
}

/** @returns "in", or the SQLSTATE of the refusal. */
async function connects(database: TestDatabase, user: string, password: string): Promise<string> {
  const client = new pg.Client({ ...database.connection(ownerRole), user, password });
  try {
    await client.connect();
    return "in";
  } catch (error) {
    return (error as pg.DatabaseError).code ?? "";
  } finally {
    await client.end();
  }
}
