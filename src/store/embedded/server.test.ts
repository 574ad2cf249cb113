import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import pg from "pg";
import { dataFolder, emptyDataFolder, query, start } from "../../../test/support/embedded.ts";
import { ownerRole, powerRoles } from "../roles.ts";
import { embeddedPostgresStatus } from "./status.ts";

test("keeps what was committed from one start to the next, and its port", async (t) => {
  const folder = await dataFolder(t);
  const first = await start(folder);
  await query(first, "create table port_kept (id int); insert into port_kept values (7)");
  await first.stop();
  assert.deepEqual(await first.exited, { code: 0, signal: null });
  const second = await start(folder);
  assert.equal(second.adopted, false);
  assert.equal(second.port, first.port);
  assert.deepEqual(await query(second, "select id from port_kept"), [{ id: 7 }]);
  await second.stop();
});

test("works in a folder whose name has blanks, commas and quotes", async (t) => {
  const folder = await emptyDataFolder(t, `d a, "t" 'a`);
  const postgres = await start(folder);
  assert.match(postgres.connection(ownerRole).host, /d a, "t" 'a\/run$/);
  assert.deepEqual(await query(postgres, "select 1 as one"), [{ one: 1 }]);
  await postgres.stop();
});

test("goes without a socket where its path would be too long", async (t) => {
  const folder = await emptyDataFolder(t, "d".repeat(100));
  const postgres = await start(folder);
  assert.equal(postgres.socketDir, null);
  assert.equal(postgres.connection(ownerRole).host, "127.0.0.1");
  assert.deepEqual(await query(postgres, "select 1 as one"), [{ one: 1 }]);
  await postgres.stop();
});

test("runs as promised: synced, checksummed, without locale of the machine, on loopback only", async (t) => {
  const folder = await dataFolder(t);
  const postgres = await start(folder, {});
  const names = [
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "data_checksums",
    "listen_addresses",
    "jit",
    "wal_level",
    "max_wal_size",
    "autovacuum",
  ];
  const rows = (await query(postgres, "select name, current_setting(name) as value from unnest($1::text[]) as name", [names])) as {
    name: string;
    value: string;
  }[];
  assert.deepEqual(Object.fromEntries(rows.map(({ name, value }) => [name, value])), {
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    data_checksums: "on",
    listen_addresses: "127.0.0.1",
    jit: "off",
    wal_level: "minimal",
    max_wal_size: "1GB",
    autovacuum: "on",
  });
  const locale = await query(
    postgres,
    "select datlocprovider as provider, datlocale as locale, datcollate as collate from pg_database where datname = 'parcelkeep'",
  );
  assert.deepEqual(locale, [{ provider: "b", locale: "C.UTF-8", collate: "C" }]);
  await postgres.stop();
});

test("lets every role in with its own password and nobody without, on both ways in", async (t) => {
  const folder = await dataFolder(t);
  const postgres = await start(folder);
  for (const role of [ownerRole, ...powerRoles] as const) {
    for (const config of [postgres.connection(role), { connectionString: postgres.url(role) }]) {
      assert.deepEqual(await whoAmI(config), role);
    }
  }
  for (const host of ["127.0.0.1", postgres.connection(ownerRole).host]) {
    await assert.rejects(whoAmI({ ...postgres.connection(ownerRole), host, password: "guess" }), { code: "28P01" });
  }
  for (const database of ["postgres", "template1"]) {
    await assert.rejects(whoAmI({ ...postgres.connection("parcelkeep_worker"), database }), { code: "42501" });
  }
  await postgres.stop();
});

test("keeps the passwords where only the owner of the folder reads them", async (t) => {
  const folder = await dataFolder(t);
  await (await start(folder)).stop();
  const modeOf = async (path: string): Promise<number> => (await stat(join(folder, path))).mode & 0o777;
  assert.equal(await modeOf("secrets"), 0o700);
  assert.equal(await modeOf("secrets/postgres.json"), 0o600);
  assert.equal(await modeOf("logs/postgres.log"), 0o600);
  assert.equal(await modeOf("run"), 0o700);
  assert.equal(await modeOf("postgres"), 0o700);
});

test("writes no value of a failed statement into its log", async (t) => {
  const folder = await dataFolder(t);
  const postgres = await start(folder);
  await query(postgres, "create table person (name text primary key, age int check (age > 0))");
  await query(postgres, "insert into person values ('Ada Lovelace', 36)");
  const failures: readonly [string, readonly unknown[]][] = [
    ["insert into person values ($1, 36)", ["Ada Lovelace"]],
    ["insert into person values ('Ada Lovelace', -1)", []],
    ["select 'Ada Lovelace'::uuid", []],
    ["select $1::int", ["Ada Lovelace"]],
    ["do $$ begin raise warning 'Ada Lovelace'; raise exception 'Ada Lovelace'; end $$", []],
    ['select from "Ada Lovelace"', []],
  ];
  for (const [sql, values] of failures) await query(postgres, sql, values).catch(() => {});
  await postgres.stop();
  const log = await readFile(join(folder, "logs", "postgres.log"), "utf8");
  assert.match(log, /ready to accept connections/);
  assert.doesNotMatch(log, /Ada|Lovelace|person/);
});

test("tells of a folder whether its database runs, is stopped or was never made", async (t) => {
  const folder = await emptyDataFolder(t);
  assert.deepEqual(await embeddedPostgresStatus(folder), { state: "never-initialised" });
  assert.deepEqual(await embeddedPostgresStatus(join(folder, "absent")), { state: "never-initialised" });
  const postgres = await start(folder);
  const status = await embeddedPostgresStatus(folder);
  assert.equal(status.state, "running");
  if (status.state === "running") {
    assert.equal(status.pid, postgres.pid);
    assert.equal(status.url(ownerRole), postgres.url(ownerRole));
    assert.deepEqual(status.connection(ownerRole), postgres.connection(ownerRole));
  }
  await postgres.stop();
  assert.deepEqual(await embeddedPostgresStatus(folder), { state: "stopped" });
});

async function whoAmI(config: pg.ClientConfig): Promise<string | undefined> {
  const client = new pg.Client(config);
  try {
    await client.connect();
    return (await client.query<{ role: string }>("select current_user as role")).rows[0]?.role;
  } finally {
    await client.end();
  }
}
