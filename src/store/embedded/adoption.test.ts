import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import pg from "pg";
import { dataFolder, databaseProgram, emptyDataFolder, query, start } from "../../../test/support/embedded.ts";
import { ownerRole } from "../roles.ts";
import { isPostgresOf, waitUntilGone } from "./postmaster.ts";
import { embeddedPostgresStatus } from "./status.ts";

test("goes on with the server of a program that was killed", async (t) => {
  const folder = await dataFolder(t);
  const killed = await databaseProgram(folder);
  await killed.kill();
  const next = await start(folder);
  assert.equal(next.adopted, true);
  assert.equal(next.pid, killed.database.pid);
  assert.deepEqual(await query(next, "select 1 as one"), [{ one: 1 }]);
  await next.stop();
  await next.exited;
  assert.deepEqual(await embeddedPostgresStatus(folder), { state: "stopped" });
});

test("recovers what was acknowledged when the server itself is killed", async (t) => {
  const folder = await dataFolder(t);
  const first = await start(folder, {});
  await query(first, "create table kept (id int)");
  const client = new pg.Client(first.connection(ownerRole));
  client.on("error", () => {});
  await client.connect();
  for (let id = 0; id < 100; id++) await client.query("insert into kept values ($1)", [id]);
  process.kill(first.pid, "SIGKILL");
  assert.deepEqual(await first.exited, { code: null, signal: "SIGKILL" });
  const second = await start(folder, {});
  assert.equal(second.adopted, false);
  assert.deepEqual(await query(second, "select count(*)::int as rows from kept"), [{ rows: 100 }]);
  await second.stop();
  await first.stop();
});

test("recovers when program and server are killed together", async (t) => {
  const folder = await dataFolder(t);
  const killed = await databaseProgram(folder);
  process.kill(killed.database.pid, "SIGKILL");
  await killed.kill();
  const next = await start(folder);
  assert.equal(next.adopted, false);
  assert.deepEqual(await query(next, "select 1 as one"), [{ one: 1 }]);
  await next.stop();
});

test("shares one server between two programs, and the last one out stops it", async (t) => {
  const folder = await dataFolder(t);
  const other = await databaseProgram(folder);
  const ours = await start(folder);
  assert.equal(ours.adopted, true);
  await ours.stop();
  assert.equal((await embeddedPostgresStatus(folder)).state, "running");
  await other.stop();
  assert.equal((await embeddedPostgresStatus(folder)).state, "stopped");
});

test("leaves a server running whose first program ends while another uses it", async (t) => {
  const folder = await dataFolder(t);
  const other = await databaseProgram(folder);
  const ours = await start(folder);
  await other.stop();
  assert.deepEqual(await query(ours, "select 1 as one"), [{ one: 1 }]);
  await ours.stop();
  await ours.exited;
  assert.equal((await embeddedPostgresStatus(folder)).state, "stopped");
});

test("makes one database of many first starts at once", async (t) => {
  const folder = await emptyDataFolder(t);
  const programs = await Promise.all([1, 2, 3].map(() => databaseProgram(folder)));
  const pids = new Set(programs.map((program) => program.database.pid));
  assert.equal(pids.size, 1);
  await Promise.all(programs.map((program) => program.stop()));
  assert.equal((await embeddedPostgresStatus(folder)).state, "stopped");
});

test("waits for a server that is being stopped, and starts another", async (t) => {
  const folder = await dataFolder(t);
  const first = await start(folder);
  const [second] = await Promise.all([start(folder), first.stop()]);
  assert.deepEqual(await query(second, "select 1 as one"), [{ one: 1 }]);
  await second.stop();
});

test("does not go on with a server that was started with less care", async (t) => {
  const folder = await dataFolder(t);
  const careless = await databaseProgram(folder, { settings: { fsync: "off" } });
  await careless.kill();
  const next = await start(folder, {});
  assert.notEqual(next.pid, careless.database.pid);
  assert.deepEqual(await query(next, "select current_setting('fsync') as fsync"), [{ fsync: "on" }]);
  await next.stop();
});

test("refuses a server that another program runs with other settings", async (t) => {
  const folder = await dataFolder(t);
  const other = await databaseProgram(folder, { settings: { fsync: "off", work_mem: "5MB" } });
  await assert.rejects(start(folder), { name: "EmbeddedPostgresError", code: "start-failed" });
  await other.stop();
});

test("keeps its share through a crash of one of the server's processes", async (t) => {
  const folder = await dataFolder(t);
  const ours = await start(folder);
  const lease = "select pid from pg_stat_activity where application_name = 'parcelkeep lease'";
  const [before] = (await query(ours, lease)) as { pid: number }[];
  process.kill(before!.pid, "SIGKILL");
  // Each attempt waits for the server's answer, which refuses us until it has recovered.
  let again = before;
  while (again === undefined || again.pid === before!.pid) [again] = (await query(ours, lease).catch(() => [])) as { pid: number }[];
  const other = await databaseProgram(folder);
  assert.equal(other.database.pid, ours.pid);
  await other.stop();
  assert.equal(await isPostgresOf(join(folder, "postgres"), ours.pid), true);
  await ours.stop();
});

test("starts although a stranger has the process id that a killed server left behind", async (t) => {
  const folder = await dataFolder(t);
  const first = await start(folder);
  process.kill(first.pid, "SIGKILL");
  await first.exited;
  const file = join(folder, "postgres", "postmaster.pid");
  const lines = (await readFile(file, "utf8")).split("\n");
  await writeFile(file, [String(process.pid), ...lines.slice(1)].join("\n"));
  const second = await start(folder);
  assert.deepEqual(await query(second, "select 1 as one"), [{ one: 1 }]);
  await second.stop();
});

test("says what the server said when it does not start", async (t) => {
  const folder = await dataFolder(t);
  await assert.rejects(start(folder, { shared_buffers: "none" }), {
    name: "EmbeddedPostgresError",
    code: "start-failed",
    serverLog: /shared_buffers/,
  });
});

test("waits until a server is gone, and no longer than it may", async (t) => {
  const folder = await dataFolder(t);
  const postgres = await start(folder);
  const cluster = join(folder, "postgres");
  assert.equal(await waitUntilGone(cluster, postgres.pid, 0), false);
  await postgres.stop();
  assert.equal(await waitUntilGone(cluster, postgres.pid, 0), true);
});
