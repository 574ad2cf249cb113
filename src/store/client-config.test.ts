import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { TLSSocket } from "node:tls";
import pg from "pg";
import { sovereignPlace } from "../aws/place.ts";
import { localCertificate, testCertificate } from "../../test/support/test-certificate.ts";
import { CutProxy } from "../../test/support/cut-proxy.ts";
import { testDatabase } from "../../test/support/database.ts";
import { clientConfig, onWriter } from "./client-config.ts";
import { ownerRole } from "./roles.ts";

/** A pool of two connections to a database that has become a reader meanwhile, and whose new connections write. */
async function poolOfReaders(t: TestContext): Promise<pg.Pool> {
  const database = await testDatabase(t);
  const name = new URL(database.url(ownerRole)).pathname.slice(1);
  const owner = database.pool(ownerRole);
  await owner.query("create table written (n integer)");
  await owner.query(`alter database ${name} set default_transaction_read_only = on`);
  const pool = new pg.Pool({ ...clientConfig({ connectionString: database.url(ownerRole) }), max: 2 });
  // The database goes before the pool.
  pool.on("error", () => {});
  t.after(() => pool.end());
  const both = await Promise.all([pool.connect(), pool.connect()]);
  for (const client of both) client.release();
  await owner.query(`alter database ${name} set default_transaction_read_only = off`);
  return pool;
}

test("a connection to a server that does not write any more is used once and no more", async (t) => {
  const pool = await poolOfReaders(t);
  for (const _ of [1, 2]) await assert.rejects(pool.query("insert into written values (1)"), { code: "25006" });
  await pool.query("insert into written values (1)");
  assert.equal((await pool.query("select * from written")).rowCount, 1);
});

test("so is one that was taken for a transaction and given back", async (t) => {
  const pool = await poolOfReaders(t);
  for (const _ of [1, 2]) {
    const client = await pool.connect();
    await client.query("begin");
    await assert.rejects(client.query("insert into written values (1)"), { code: "25006" });
    await client.query("rollback").catch(() => {});
    client.release();
  }
  await pool.query("insert into written values (1)");
});

test("work that met only servers that do not write is done again, once", async (t) => {
  const pool = await poolOfReaders(t);
  await onWriter(() => pool.query("insert into written values (1)"));
  assert.equal((await pool.query("select * from written")).rowCount, 1);
  let asked = 0;
  const away = Object.assign(new Error("gone"), { code: "57P01" });
  await assert.rejects(
    onWriter(async () => {
      asked++;
      throw away;
    }),
    away,
  );
  assert.equal(asked, 1, "what was done before the connection broke is not known");
});

test("a pool whose connections the server ends goes on with others", async (t) => {
  const database = await testDatabase(t);
  const pool = new pg.Pool({ ...clientConfig({ connectionString: database.url(ownerRole) }), max: 2, application_name: "ended" });
  pool.on("error", () => {});
  t.after(() => pool.end());
  await pool.query("select 1");
  const sleeping = assert.rejects(pool.query("select pg_sleep(60)"), { code: "57P01" });
  const end =
    "select count(pg_terminate_backend(pid)) as ended from pg_stat_activity where application_name = 'ended' and query like '%sleep%'";
  while ((await database.pool(ownerRole).query(end)).rows[0].ended === "0");
  await sleeping;
  assert.equal((await pool.query("select 1 as one")).rows[0].one, 1);
});

for (const [how, breakIt] of [
  ["the server ends", async (owner, pid) => void (await owner.query("select pg_terminate_backend($1)", [pid]))],
  ["the network cuts", async (_, __, proxy) => proxy.cut()],
] as const satisfies readonly (readonly [string, (owner: pg.Pool, pid: number, proxy: CutProxy) => Promise<void>])[]) {
  for (const at of ["between two queries", "in a query"] as const) {
    test(`a connection that ${how} while it is out, ${at}, fails its work and not the process; the pool makes another`, async (t) => {
      const database = await testDatabase(t);
      const direct = new URL(database.url(ownerRole));
      const proxy = await CutProxy.start(t, direct.hostname, Number(direct.port));
      const connectionString = database.url(ownerRole).replace(`:${direct.port}/`, `:${proxy.port}/`);
      const pool = new pg.Pool({ ...clientConfig({ connectionString }), max: 1 });
      pool.on("error", () => {});
      t.after(() => pool.end());
      const client = await pool.connect();
      const { pid } = (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]!;
      try {
        await client.query("begin");
        const ended = new Promise((resolve) => client.once("end", resolve));
        const running = at === "in a query" ? assert.rejects(client.query("select pg_sleep(60)")) : null;
        await breakIt(database.pool(ownerRole), pid, proxy);
        await Promise.all([ended, running]);
        await assert.rejects(client.query("commit"));
      } finally {
        client.release();
      }
      proxy.mend();
      assert.notEqual((await pool.query("select pg_backend_pid() as pid")).rows[0].pid, pid);
    });
  }
}

test("the server's certificate is checked with its name before anything is told to it", async (t) => {
  const { port, seen } = await serverWithCertificate(t, localCertificate);
  const connectionString = `postgresql://somebody:secret@localhost:${port}/parcelkeep`;
  const connect = async (authorities: string): Promise<unknown> => {
    const client = new pg.Client(clientConfig({ connectionString, authorities }));
    client.on("error", () => {});
    return client.connect().then(
      () => null,
      (error: unknown) => error,
    );
  };
  const refused = (await connect(testCertificate.cert)) as { code?: string };
  assert.match(String(refused.code), /SELF_SIGNED|UNABLE_TO_VERIFY/);
  assert.equal(seen(), "", "nothing was told");
  await connect(localCertificate.cert);
  assert.match(seen(), /user\0somebody\0/);
  assert.throws(() => clientConfig({ connectionString: connectionString.replace("localhost", "127.0.0.1"), authorities: "x" }), TypeError);
});

test("where IAM lets in, each connection has a token of its own", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: new Date("2026-11-26T20:00:00Z") });
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" };
  const iam = { place: sovereignPlace, emulator: { endpoint: "http://127.0.0.1:1", credentials } };
  const address = { connectionString: "postgresql://parcelkeep_worker@db.test:5433/parcelkeep", authorities: localCertificate.cert, iam };
  const config = clientConfig(address);
  assert.deepEqual([config.host, config.port, config.user, config.database], ["db.test", 5433, "parcelkeep_worker", "parcelkeep"]);
  const make = config.password as () => Promise<string>;
  const first = await make();
  assert.match(first, /^db\.test:5433\/\?.*Action=connect.*DBUser=parcelkeep_worker/);
  t.mock.timers.setTime(new Date("2026-11-26T20:20:00Z").getTime());
  assert.notEqual(await make(), first);
});

/** Speaks as much of PostgreSQL as comes before a log-in (protocol 3.0, "SSL Session Encryption"). */
async function serverWithCertificate(
  t: TestContext,
  { cert, key }: { readonly cert: string; readonly key: string },
): Promise<{ readonly port: number; readonly seen: () => string }> {
  let seen = "";
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write("S");
      const secure = new TLSSocket(socket, { isServer: true, cert, key });
      secure.on("error", () => {});
      secure.once("data", (bytes: Buffer) => {
        seen += bytes.toString("latin1");
        secure.destroy();
      });
    });
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, seen: () => seen };
}
