import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after } from "node:test";
import pg from "pg";
import type { Connection } from "../../src/store/embedded/connection.ts";
import { embeddedPostgresStatus } from "../../src/store/embedded/status.ts";
import { migrate } from "../../src/store/migrate.ts";
import { admitRoles, ownerRole, type DatabaseRole } from "../../src/store/roles.ts";
import { startTestServer, testServerVariable, type TestServer } from "./test-server.ts";

export interface TestDatabase {
  readonly name: string;
  connection(role: DatabaseRole): Connection;
  url(role: DatabaseRole): string;
  /** A pool that ends with the test; one for each role, however often it is asked for. */
  pool(role: DatabaseRole): pg.Pool;
}

/**
 * A database of the test's own, migrated and empty, dropped when the test ends.
 *
 * @param scope the test's context, or `{ after }` of node:test to keep it for a whole file.
 */
export async function testDatabase(scope: Scope): Promise<TestDatabase> {
  const server = await serverOfThisRun();
  return await makeDatabase(server, scope, (client) => migratedTemplate(server, client));
}

/** Like {@link testDatabase}, before any migration. */
export async function emptyDatabase(scope: Scope): Promise<TestDatabase> {
  return await makeDatabase(await serverOfThisRun(), scope, async () => "template0");
}

interface Scope {
  after(work: () => Promise<void>): void;
}

async function makeDatabase(
  server: RunningServer,
  scope: Scope,
  templateName: (client: pg.Client) => Promise<string>,
): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  await asOwner(server, "postgres", async (client) => {
    // Copied as files, it costs an eighth of what it does through the log of changes, which is the default; what is flushed for that is not, here.
    await client.query(`create database ${name} template ${await templateName(client)} strategy file_copy`);
    await admitRoles(client, name);
  });
  const pools = new Map<DatabaseRole, pg.Pool>();
  const connection = (role: DatabaseRole): Connection => ({ ...server.connection(role), database: name });
  scope.after(async () => {
    await Promise.all([...pools.values()].map((pool) => pool.end()));
    await asOwner(server, "postgres", (client) => client.query(`drop database ${name} with (force)`));
  });
  return {
    name,
    connection,
    url: (role) => server.url(role).replace(/[^/]*$/, name),
    pool: (role) => {
      const pool = pools.get(role) ?? new pg.Pool({ ...connection(role), max: 4 });
      if (!pools.has(role)) pool.on("error", () => {});
      pools.set(role, pool);
      return pool;
    },
  };
}

type RunningServer = Extract<Awaited<ReturnType<typeof embeddedPostgresStatus>>, { state: "running" }>;

let found: Promise<RunningServer> | null = null;
let ownServer: TestServer | null = null;

/** The server of the global set-up, or one of our own when a file is run by hand. */
function serverOfThisRun(): Promise<RunningServer> {
  return (found ??= findOrStart());
}

async function findOrStart(): Promise<RunningServer> {
  const shared = process.env[testServerVariable];
  if (shared === undefined) ownServer = await startTestServer();
  const status = await embeddedPostgresStatus(shared ?? ownServer?.dataDir ?? "");
  if (status.state !== "running") throw new Error(`the test server is ${status.state}`);
  return status;
}

// Of the file, since it stands outside every test: runs after the last one, when the databases are dropped.
after(async () => {
  await ownServer?.stop();
});

const migrationsFolder = join(import.meta.dirname, "..", "..", "src", "store", "migrations");

/** Any fixed number. */
const templateKey = 7_272_020;

/** Made by the first test that needs it, under another name until it is whole. Its name stands for the migrations' text. */
async function migratedTemplate(server: RunningServer, client: pg.Client): Promise<string> {
  const template = `template_${await migrationsDigest()}`;
  await client.query("select pg_advisory_lock($1)", [templateKey]);
  try {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [template]);
    if (rowCount === 1) return template;
    await client.query("drop database if exists template_unfinished");
    await client.query("create database template_unfinished");
    await asOwner(server, "template_unfinished", migrate);
    await client.query(`alter database template_unfinished rename to ${template}`);
    return template;
  } finally {
    await client.query("select pg_advisory_unlock($1)", [templateKey]);
  }
}

async function migrationsDigest(): Promise<string> {
  const digest = createHash("sha256");
  for (const name of (await readdir(migrationsFolder)).sort()) digest.update(name).update(await readFile(join(migrationsFolder, name)));
  return digest.digest("hex").slice(0, 16);
}

async function asOwner(server: RunningServer, database: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ ...server.connection(ownerRole), database });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
