import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import pg from "pg";
import { embeddedPostgresStatus } from "../../src/store/embedded/status.ts";
import { ownerRole, powerRoles } from "../../src/store/roles.ts";
import { startTestServer } from "../support/test-server.ts";

const cli = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const root = "parcelkeep_root";

test("an empty managed database gets roles that IAM lets in, an owner who migrates it, and nobody else", async (t) => {
  const managed = await managedServer(t);
  assert.match(
    failure(() => managed.parcelkeep("db", "roles")),
    /^error: the server has no role rds_iam[^\n]*\nhint: switch log-ins by IAM on/,
  );
  await managed.offerIam();
  assert.deepEqual(JSON.parse(managed.parcelkeep("db", "roles", "--json")), { made: [ownerRole, ...powerRoles] });
  assert.deepEqual(JSON.parse(managed.parcelkeep("db", "roles", "--json")), { made: [] });

  const roles = await managed.asSuperuser(
    `select rolname as name, rolpassword is null as has_no_password, pg_has_role(oid, 'rds_iam', 'member') as by_iam, rolcanlogin as logs_in,
       has_database_privilege(oid, 'managed', 'connect') as connects, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as powers
     from pg_authid where rolname = any($1)`,
    [[ownerRole, ...powerRoles]],
  );
  assert.equal(roles.length, powerRoles.length + 1);
  for (const { name, ...facts } of roles)
    assert.deepEqual(facts, { has_no_password: true, by_iam: true, logs_in: true, connects: true, powers: false }, String(name));
  const [database] = await managed.asSuperuser(
    `select pg_get_userbyid(datdba) as owner, has_database_privilege('public', 'managed', 'connect') as everybody,
       pg_has_role('${root}', '${ownerRole}', 'set') as root_may_be_owner from pg_database where datname = 'managed'`,
  );
  assert.deepEqual(database, { owner: ownerRole, everybody: false, root_may_be_owner: false });

  // What IAM does on the managed server a password does here.
  await managed.asSuperuser(`alter role ${ownerRole} password 'migrates'`);
  const applied = managed.parcelkeepAs(ownerRole, "migrates", "migrate");
  assert.match(applied, /^applied 0001_spine\.sql\n/);
  await managed.asSuperuser("alter role parcelkeep_ingress password 'seals'");
  const ingress = new pg.Client(managed.url("parcelkeep_ingress", "seals"));
  await ingress.connect();
  await assert.rejects(ingress.query("select from parcelkeep.sealed_groups"), { code: "42501" });
  await ingress.end();
});

test("a role of that name that may do more is not taken for ours", async (t) => {
  const managed = await managedServer(t);
  await managed.offerIam();
  await managed.asSuperuser("create role parcelkeep_worker login createdb");
  assert.match(
    failure(() => managed.parcelkeep("db", "roles")),
    /^error: parcelkeep_worker is there and may do more than it should\n/,
  );
  assert.deepEqual(await managed.asSuperuser("select from pg_roles where rolname = 'parcelkeep_ingress'"), []);
});

/** A server as a managed one is when it was made: no role of ours, and a first user who is no superuser and owns one empty database. */
async function managedServer(t: TestContext) {
  const server = await startTestServer();
  t.after(() => server.stop());
  const status = await embeddedPostgresStatus(server.dataDir);
  assert.ok(status.state === "running");
  const superuser = { ...status.connection(ownerRole), database: "postgres" };
  const asOf = async (user: string | undefined, text: string, values: unknown[] = []): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client({ ...superuser, ...(user === undefined ? {} : { user, password: "superuser" }) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  await asOf(undefined, "create role cloud login superuser password 'superuser'");
  await asOf("cloud", `drop database parcelkeep with (force)`);
  for (const name of powerRoles) await asOf("cloud", `drop role ${name}`);
  await asOf("cloud", `alter role ${ownerRole} rename to first`);
  await asOf("cloud", `create role ${root} login createrole createdb password 'root'`);
  await asOf("cloud", `create database managed owner ${root}`);
  const port = new URL(status.url(ownerRole)).port;
  const url = (user: string, password: string): string => `postgresql://${user}:${password}@127.0.0.1:${port}/managed`;
  const run = (user: string, password: string, args: readonly string[]): string =>
    execFileSync(process.execPath, [cli, ...args], {
      // As ECS gives a secret to a task: beside the address.
      env: { ...process.env, PARCELKEEP_DATABASE_URL: url(user, "").replace(":@", "@"), PGPASSWORD: password },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  return {
    url,
    offerIam: async () => {
      await asOf("cloud", "create role rds_iam");
      await asOf("cloud", `grant rds_iam to ${root} with admin option`);
    },
    asSuperuser: (text: string, values?: unknown[]) => asOf("cloud", text, values),
    parcelkeep: (...args: readonly string[]) => run(root, "root", args),
    parcelkeepAs: (user: string, password: string, ...args: readonly string[]) => run(user, password, args),
  };
}

function failure(work: () => string): string {
  try {
    work();
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr);
  }
  throw new Error("it did not fail");
}
