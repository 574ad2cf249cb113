import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { type TestDatabase, emptyDatabase } from "../../test/support/database.ts";
import { type ProgramLockTimes, takeProgramLock } from "./program-lock.ts";
import { ownerRole } from "./roles.ts";

const impatient: ProgramLockTimes = { patienceMs: 0, unreachableMs: 0 };
const holder = `select l.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and a.datname = current_database() and a.application_name = 'parcelkeep-program'`;

async function holderOf(database: TestDatabase): Promise<number | undefined> {
  return (await database.pool(ownerRole).query<{ pid: number }>(holder)).rows[0]?.pid;
}

test("is held by one program at a time, and free again when that gives it back", async (t) => {
  const database = await emptyDatabase(t);
  const ours = await takeProgramLock(database.connection(ownerRole), impatient);
  assert.equal(await takeProgramLock(database.connection(ownerRole), impatient), null);
  await ours!.release();
  const next = await takeProgramLock(database.connection(ownerRole));
  assert.notEqual(next, null);
  await next!.release();
});

test("is taken again when its connection breaks", async (t) => {
  const database = await emptyDatabase(t);
  const lock = await takeProgramLock(database.connection(ownerRole));
  const before = await holderOf(database);
  await database.pool(ownerRole).query("select pg_terminate_backend($1)", [before]);
  let now = before;
  while (now === undefined || now === before) now = await holderOf(database);
  assert.equal(await takeProgramLock(database.connection(ownerRole), impatient), null);
  await lock!.release();
  assert.equal(await holderOf(database), undefined);
});

test("is lost when another program was faster", async (t) => {
  const database = await emptyDatabase(t);
  const lock = await takeProgramLock(database.connection(ownerRole), { patienceMs: 0 });
  const other = new pg.Client(database.connection(ownerRole));
  await other.connect();
  const others = other.query("select pg_advisory_lock(7204118)");
  const pool = database.pool(ownerRole);
  const waiting =
    "select from pg_locks l join pg_database d on d.oid = l.database where l.locktype = 'advisory' and not l.granted and d.datname = $1";
  while ((await pool.query(waiting, [database.name])).rowCount === 0);
  await pool.query("select pg_terminate_backend($1)", [await holderOf(database)]);
  await others;
  assert.equal(await lock!.lost, "taken");
  await lock!.release();
  await other.end();
});

test("is lost when the database lets nobody in any more", async (t) => {
  const database = await emptyDatabase(t);
  const lock = await takeProgramLock(database.connection(ownerRole), impatient);
  const pid = await holderOf(database);
  // A database cannot be shut from within.
  const outside = (await emptyDatabase(t)).pool(ownerRole);
  await outside.query(`alter database ${database.name} with allow_connections false`);
  await outside.query("select pg_terminate_backend($1)", [pid]);
  assert.equal(await lock!.lost, "unreachable");
  await lock!.release();
});
