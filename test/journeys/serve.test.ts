import assert from "node:assert/strict";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readRegisterFiles } from "../../src/main/outbound/register-files.ts";
import { CarrierDesk } from "../../src/simulator/carrier-desk.ts";
import { simulatedCarriers } from "../../src/simulator/carriers.ts";
import { usualBehaviour } from "../../src/simulator/faults.ts";
import { SimulatorServer } from "../../src/simulator/server.ts";
import { World } from "../../src/simulator/world.ts";
import { loadRegister } from "../../src/store/register-store.ts";
import { ownerRole } from "../../src/store/roles.ts";
import { createLocalKeys } from "../../src/vault/keys/local/key-folder.ts";
import { CutProxy } from "../support/cut-proxy.ts";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { type ServedRole, serveRole } from "../support/served-role.ts";

const operatorKey = "pko_invented";

/** What a platform mounts and sets for all its processes. */
interface Deployment {
  readonly database: TestDatabase;
  readonly dataDir: string;
  /** Ends with the test. */
  readonly serve: (
    role: "front" | "worker" | "archivist" | "keeper" | "outbound" | "sequencer",
    settings?: NodeJS.ProcessEnv,
  ) => Promise<ServedRole>;
}

async function deploy(t: TestContext): Promise<Deployment> {
  const database = await testDatabase(t);
  const dataDir = await mkdtemp(join(tmpdir(), "pk-"));
  const serve: Deployment["serve"] = async (role, settings = {}) => {
    const power = role === "front" ? "parcelkeep_ingress" : (`parcelkeep_${role}` as const);
    const served = await serveRole(role, {
      PARCELKEEP_DATA: dataDir,
      PARCELKEEP_HTTP: "127.0.0.1:0",
      PARCELKEEP_LOG_LEVEL: "error",
      PARCELKEEP_SEGMENT_AGE_MS: "1",
      PARCELKEEP_DATABASE_URL: database.url(power),
      ...(role === "front" ? { PARCELKEEP_API_DATABASE_URL: database.url("parcelkeep_api") } : {}),
      ...settings,
    });
    t.after(() => served.end());
    return served;
  };
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  return { database, dataDir, serve };
}

async function mountSecrets(dataDir: string): Promise<void> {
  await createLocalKeys(join(dataDir, "keys"));
  await mkdir(join(dataDir, "secrets"), { mode: 0o700 });
  await writeFile(join(dataDir, "secrets", "operator.key"), `${operatorKey}\n`, { mode: 0o600 });
  await writeFile(join(dataDir, "secrets", "ingress.key"), "pkc_invented\n", { mode: 0o600 });
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: any;
}

async function call(url: string, headers: Record<string, string>, body?: object): Promise<Answer> {
  const options =
    body === undefined
      ? { headers }
      : { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(url, options);
  return { status: answer.status, retryAfter: answer.headers.get("retry-after"), body: await answer.json() };
}

/** A tenant with an endpoint for FedEx that trusts our address. */
async function newShop(front: ServedRole): Promise<{ readonly hook: string; readonly key: string }> {
  const operator = { authorization: `Bearer ${operatorKey}` };
  const { tenant, apiKey } = (await call(`${front.url}/v1/tenants`, operator, { name: "Served" })).body;
  const endpoint = await call(
    `${front.url}/v1/endpoints`,
    { ...operator, "parcelkeep-tenant": tenant },
    { source: "fedex", auth: "none", allowFrom: ["127.0.0.1"] },
  );
  return { hook: endpoint.body.url, key: apiKey };
}

const scan = (trackingNumber: string): object => ({
  output: {
    completeTrackResults: [
      {
        trackingNumber,
        trackResults: [
          {
            trackingNumberInfo: { trackingNumber },
            recipientInformation: { contact: { personName: "Ida Musterweg" } },
            scanEvents: [{ date: "2026-11-20T10:00:00+01:00", eventType: "DL", eventDescription: "Delivered", derivedStatusCode: "DL" }],
          },
        ],
      },
    ],
  },
});

test("a webhook is tracked and archived by roles that a platform runs one by one, and each drains when it is told to end", async (t) => {
  const { database, dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  const roles = await Promise.all([serve("front"), serve("worker"), serve("archivist")]);
  const [front] = roles;
  const { hook, key } = await newShop(front);
  assert.equal((await call(hook, {}, scan("770000000001"))).status, 202);
  const shop = { authorization: `Bearer ${key}` };
  const tracked = await until(async () => (await call(`${front.url}/v1/shipments?trackingNumber=770000000001`, shop)).body.items[0]);
  assert.equal(tracked.status, "delivered");
  await until(async () => (await database.pool(ownerRole).query("select from parcelkeep.segments where sealed_at is not null")).rowCount);
  assert.deepEqual(await Promise.all(roles.map((role) => role.end())), [0, 0, 0]);
});

/** GLS as a local server, with parcels that are under way for a day, and what an outbound process needs to ask it. */
async function simulatedGls(t: TestContext, database: TestDatabase) {
  const owner = await database.pool(ownerRole).connect();
  await loadRegister(owner, readRegisterFiles());
  owner.release();
  const simulated = simulatedCarriers.find(({ source }) => source === "gls")!;
  let bornAgoMs = 0;
  const world = new World("served", { now: () => Date.now() - bornAgoMs, realAt: (instant) => instant });
  const add = (count: number) => {
    bornAgoMs = 30 * 3_600_000;
    const parcels = world.add(simulated, count, 0);
    bornAgoMs = 0;
    return parcels;
  };
  const behaviour = { ...usualBehaviour, latency: { medianMs: 1, p99Ms: 2 } };
  const desk = new CarrierDesk(simulated, world, { seed: "served", behaviour, hasQuotas: true, tokenLifeSeconds: null });
  const simulator = await SimulatorServer.start([desk], world, { host: "127.0.0.1", port: 0 });
  t.after(() => simulator.stop());
  const settings = { PARCELKEEP_CARRIERS_URL: simulator.url, PARCELKEEP_EGRESS_TEST_HOSTS: new URL(simulator.url).host };
  return { desk, world: { add }, settings };
}

test("a carrier is asked by an outbound process that a platform runs, and its answer comes back through the front", async (t) => {
  const { database, dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  const { desk, world, settings } = await simulatedGls(t, database);
  // Born in the past, so that the carrier has something to tell.
  const [parcel] = world.add(1);
  const [front, worker] = await Promise.all([serve("front"), serve("worker")]);
  const outbound = await serve("outbound", { ...settings, PARCELKEEP_INGRESS_URL: front.url });
  const { key } = await newShop(front);
  const shop = { authorization: `Bearer ${key}` };
  const account = await call(`${front.url}/v1/carrier-accounts`, shop, { source: "gls", credentials: desk.credentials });
  assert.equal(account.status, 201, JSON.stringify(account.body));
  assert.equal((await call(`${front.url}/v1/shipments`, shop, { carrier: "gls", trackingNumber: parcel!.number })).status, 202);
  const asked = await until(async () => {
    const { items } = (await call(`${front.url}/v1/shipments?trackingNumber=${parcel!.number}`, shop)).body;
    return items[0]?.events.length > 0 ? items[0] : null;
  });
  assert.equal(asked.carrier, "gls");
  assert.deepEqual(await Promise.all([front, worker, outbound].map((role) => role.end())), [0, 0, 0]);
});

test("an outbound process does not start without the key of the front's door or the keys that open numbers", async (t) => {
  const { dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  await rm(join(dataDir, "secrets", "ingress.key"));
  await assert.rejects(serve("outbound"), /ended with 1/);
  await rm(join(dataDir, "keys", "resolving.json"));
  await assert.rejects(serve("outbound"), /ended with 1/);
});

test("a person is erased by a keeper that a platform runs; with nobody to start an opener the proof says that nothing was probed", async (t) => {
  const { dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  const roles = await Promise.all([serve("front"), serve("keeper")]);
  const [front] = roles;
  const { hook, key } = await newShop(front);
  const shop = { authorization: `Bearer ${key}` };
  assert.equal((await call(hook, {}, scan("770000000002"))).status, 202);
  const asked = { identifiers: [{ category: "trackingNumber", value: "7700 0000 0002" }] };
  const { items } = (await call(`${front.url}/v1/subjects/search`, shop, asked)).body;
  const { erasure } = (await call(`${front.url}/v1/subjects/${items[0].id}/erase`, shop, { reason: "objection" })).body;
  const done = await until(async () => {
    const { body } = await call(`${front.url}/v1/erasures/${erasure}`, shop);
    return body.proof === null ? null : body;
  });
  assert.equal(done.state, "destroyed");
  assert.equal(JSON.parse(done.proof.proof).probe.result, "not-run");
  assert.deepEqual((await call(`${front.url}/v1/subjects/search`, shop, asked)).body.items, []);
  assert.deepEqual(await Promise.all(roles.map((role) => role.end())), [0, 0]);
});

test("a front whose inbox is full says so and when to come again, until the workers have made room", async (t) => {
  const { dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  const front = await serve("front", { PARCELKEEP_INBOX_MAX: "3" });
  const { hook, key } = await newShop(front);
  const shop = { authorization: `Bearer ${key}` };
  let serial = 770_000_000_100;
  const refused = await until(async () => {
    const answer = await call(hook, {}, scan(String(serial++)));
    return answer.status === 202 ? null : answer;
  });
  assert.deepEqual([refused.status, refused.body.code, refused.retryAfter], [503, "busy", "5"]);
  const registered = await call(`${front.url}/v1/shipments`, shop, { carrier: "fedex", trackingNumber: "770000000099" });
  assert.deepEqual([registered.status, registered.body.code], [503, "busy"]);
  assert.equal((await call(`${front.url}/v1/shipments`, shop)).status, 200);
  await serve("worker");
  await until(async () => (await call(hook, {}, scan(String(serial++)))).status === 202);
});

test("a database that fails over loses nothing that was acknowledged; meanwhile callers are told when to come again", async (t) => {
  const { database, dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  const direct = new URL(database.url("parcelkeep_ingress"));
  const proxy = await CutProxy.start(t, direct.hostname, Number(direct.port));
  const by = (address: string): string => address.replace(`:${direct.port}/`, `:${proxy.port}/`);
  const front = await serve("front", {
    PARCELKEEP_DATABASE_URL: by(database.url("parcelkeep_ingress")),
    PARCELKEEP_API_DATABASE_URL: by(database.url("parcelkeep_api")),
    PARCELKEEP_LOG_LEVEL: "silent",
  });
  const { hook } = await newShop(front);
  const acknowledged: string[] = [];
  const refusals = new Set<string>();
  let serial = 770_000_001_000;
  const send = async (): Promise<number> => {
    const number = String(serial++);
    const { status, body, retryAfter } = await call(hook, {}, scan(number));
    if (status === 202) acknowledged.push(body.receipt);
    else refusals.add(`${status} ${body.code} ${retryAfter}`);
    return status;
  };
  const untilTaken = (): Promise<boolean> => until(async () => (await send()) === 202);

  await Promise.all(Array.from({ length: 20 }, send));
  // Cut in the middle of commits, whose outcome nobody learns.
  const underWay = Promise.all(Array.from({ length: 20 }, send));
  proxy.cut();
  await underWay;
  assert.equal(await send(), 503);
  proxy.mend();
  await untilTaken();

  // The old writer comes back as a reader: its connections stand and write nothing, the new ones write.
  const name = direct.pathname.slice(1);
  const owner = database.pool(ownerRole);
  await owner.query(`alter database ${name} set default_transaction_read_only = on`);
  proxy.cut();
  proxy.mend();
  await until(async () => (await send()) === 503);
  await owner.query(`alter database ${name} set default_transaction_read_only = off`);
  await untilTaken();

  assert.deepEqual([...refusals], ["503 busy 1"]);
  await owner.query("set default_transaction_read_only = off");
  const { rows } = await owner.query("select count(*)::int as kept from parcelkeep.records where id = any($1::uuid[])", [acknowledged]);
  assert.equal(rows[0].kept, acknowledged.length);
});

test("a worker whose connection breaks in the middle of a turn goes on with another, and the turn is taken again", async (t) => {
  const { database, dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  const front = await serve("front");
  const { hook } = await newShop(front);
  assert.equal((await call(hook, {}, scan("770000005000"))).status, 202);
  const direct = new URL(database.url("parcelkeep_worker"));
  const proxy = await CutProxy.start(t, direct.hostname, Number(direct.port));
  const pool = database.pool(ownerRole);
  const owner = await pool.connect();
  await owner.query("begin; lock table parcelkeep.inbox in access exclusive mode");
  const worker = await serve("worker", {
    PARCELKEEP_DATABASE_URL: database.url("parcelkeep_worker").replace(`:${direct.port}/`, `:${proxy.port}/`),
    PARCELKEEP_LOG_LEVEL: "silent",
  });
  const waiting = "select from pg_stat_activity where application_name = 'parcelkeep-worker' and wait_event_type = 'Lock'";
  await until(async () => (await pool.query(waiting)).rowCount);
  proxy.cut();
  await owner.query("rollback");
  owner.release();
  proxy.mend();
  await until(async () => (await pool.query("select from parcelkeep.shipments")).rowCount);
  assert.equal(await worker.end(), 0);
});

test("a front that is told to end says first that it is not ready, serves meanwhile, and loses nothing of what it took", async (t) => {
  const { database, dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  const front = await serve("front", { PARCELKEEP_DRAIN_MS: "3000" });
  const { hook } = await newShop(front);
  const acknowledged: string[] = [];
  const takenWhileNotReady: string[] = [];
  let serial = 770_000_002_000;
  let isReady = true;
  let isOver = false;
  const sender = async (): Promise<void> => {
    while (!isOver) {
      const wasReady = isReady;
      const answer = await call(hook, {}, scan(String(serial++))).catch(() => null);
      // A request that was never taken is the sender's to send again.
      if (answer?.status !== 202) continue;
      acknowledged.push(answer.body.receipt);
      if (!wasReady) takenWhileNotReady.push(answer.body.receipt);
    }
  };
  const senders = Array.from({ length: 4 }, sender);
  t.after(() => (isOver = true));
  await until(async () => (await fetch(`${front.url}/readyz`)).ok && acknowledged.length > 20);
  const ended = front.end();
  await until(async () => (await fetch(`${front.url}/readyz`)).status === 503);
  isReady = false;
  assert.equal(await ended, 0);
  isOver = true;
  await Promise.all(senders);
  assert.ok(takenWhileNotReady.length > 0, "nothing was taken between the two");
  const { rows } = await database
    .pool(ownerRole)
    .query("select count(*)::int as kept from parcelkeep.records where id = any($1::uuid[])", [acknowledged]);
  assert.equal(rows[0].kept, acknowledged.length);
});

test("workers and archivists that are told to end with a backlog leave it whole to the next ones", async (t) => {
  const { database, dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  const front = await serve("front");
  const { hook } = await newShop(front);
  const owner = database.pool(ownerRole);
  const numbers = Array.from({ length: 300 }, (_, at) => String(770_000_003_000 + at));
  for (const number of numbers) assert.equal((await call(hook, {}, scan(number))).status, 202);
  const counts = async (): Promise<readonly number[]> => {
    const { rows } = await owner.query(
      "select (select count(*)::int from parcelkeep.shipments) as tracked, (select coalesce(sum(records), 0)::int from parcelkeep.segments where sealed_at is not null) as archived",
    );
    return [rows[0].tracked, rows[0].archived];
  };
  for (let round = 0; round < 2; round++) {
    const both = await Promise.all([serve("worker"), serve("archivist")]);
    assert.deepEqual(await Promise.all(both.map((role) => role.end())), [0, 0]);
  }
  await Promise.all([serve("worker"), serve("archivist")]);
  await until(async () => (await counts()).every((count) => count >= numbers.length));
  assert.deepEqual(await counts(), [numbers.length, numbers.length]);
});

test("an outbound process that is told to end in the middle of its polls leaves the rest to the next one, which asks for every parcel", async (t) => {
  const { database, dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  const { desk, world, settings } = await simulatedGls(t, database);
  const numbers = world.add(30).map(({ number }) => number);
  const [front] = await Promise.all([serve("front"), serve("worker")]);
  const { key } = await newShop(front);
  const shop = { authorization: `Bearer ${key}` };
  assert.equal((await call(`${front.url}/v1/carrier-accounts`, shop, { source: "gls", credentials: desk.credentials })).status, 201);
  for (const trackingNumber of numbers)
    assert.equal((await call(`${front.url}/v1/shipments`, shop, { carrier: "gls", trackingNumber })).status, 202);
  const owner = database.pool(ownerRole);
  const told = async (): Promise<number> => {
    let count = 0;
    for (const number of numbers) {
      const { items } = (await call(`${front.url}/v1/shipments?trackingNumber=${number}`, shop)).body;
      if (items[0]?.events.length > 0) count++;
    }
    return count;
  };
  const outbound = () => serve("outbound", { ...settings, PARCELKEEP_INGRESS_URL: front.url });
  const first = await outbound();
  await until(async () => (await owner.query("select from parcelkeep.records limit 1")).rowCount);
  assert.equal(await first.end(), 0);
  // What it had claimed and not asked is due again when the claim ends, which is now.
  await owner.query("update parcelkeep.poll_due set next_at = now() where polled_at is null");
  const second = await outbound();
  await until(async () => (await told()) === numbers.length);
  assert.equal(await second.end(), 0);
});

test("a sequencer that is told to end under load publishes what it has placed, and the next one goes on from there", async (t) => {
  const { database, dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  const front = await serve("front");
  const owner = database.pool(ownerRole);
  let made = 0;
  let isOver = false;
  t.after(() => (isOver = true));
  const maker = async (): Promise<void> => {
    while (!isOver) {
      const { status } = await call(`${front.url}/v1/tenants`, { authorization: `Bearer ${operatorKey}` }, { name: "Logged" });
      assert.equal(status, 201);
      made++;
    }
  };
  const making = Promise.all([maker(), maker()]);
  const placed = async (): Promise<{ readonly count: number; readonly last: number; readonly tenants: number }> =>
    (
      await owner.query(
        "select count(*)::int as count, coalesce(max(index), -1)::int as last, (count(*) filter (where type = 'tenant.created'))::int as tenants from parcelkeep.audit_entries",
      )
    ).rows[0];
  const published = async (): Promise<number> => {
    const [shard] = (await owner.query<{ shard: string }>("select shard from parcelkeep.audit_logs")).rows;
    return Number((await readFile(join(dataDir, "audit", shard!.shard, "checkpoint"), "utf8")).split("\n")[1]);
  };
  let before = 0;
  for (let round = 0; round < 2; round++) {
    const sequencer = await serve("sequencer");
    await until(async () => (await placed()).count > before);
    assert.equal(await sequencer.end(), 0);
    before = (await placed()).count;
    assert.equal(await published(), before);
  }
  isOver = true;
  await making;
  const last = await serve("sequencer");
  await until(async () => (await owner.query("select from parcelkeep.audit_outbox")).rowCount === 0);
  assert.equal(await last.end(), 0);
  const log = await placed();
  assert.deepEqual([log.last + 1, log.tenants], [log.count, made]);
  assert.equal(await published(), log.count);
});

test("a front writes its metrics as lines for CloudWatch, the last of them when it ends", async (t) => {
  const { dataDir, serve } = await deploy(t);
  await mountSecrets(dataDir);
  const front = await serve("front", { PARCELKEEP_METRIC_LINES_MS: "3600000" });
  const { hook } = await newShop(front);
  assert.equal((await call(hook, {}, scan("770000004000"))).status, 202);
  await front.end();
  const lines = front
    .output()
    .split("\n")
    .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
  const told = lines.find((line) => line.source === "fedex" && line.parcelkeep_webhooks_total === 1);
  assert.equal(told?._aws.CloudWatchMetrics[0].Namespace, "Parcelkeep");
});

test("an address may come from a file", async (t) => {
  const { database, dataDir, serve } = await deploy(t);
  const file = join(dataDir, "database-url");
  await writeFile(file, `${database.url("parcelkeep_worker")}\n`);
  const worker = await serve("worker", { PARCELKEEP_DATABASE_URL: "", PARCELKEEP_DATABASE_URL_FILE: file });
  assert.equal(await worker.end(), 0);
});

test("a role does not start with another role's powers, nor without a database, and keeps the address to itself", async (t) => {
  const { database, serve } = await deploy(t);
  for (const address of [database.url(ownerRole), database.url("parcelkeep_api"), ""]) {
    await assert.rejects(serve("worker", { PARCELKEEP_DATABASE_URL: address }), (error: Error) => {
      assert.match(error.message, /ended with 1:\nerror: PARCELKEEP_DATABASE_URL must be postgresql:\/\/parcelkeep_worker:PASSWORD@HOST/);
      if (address !== "") assert.ok(!error.message.includes(new URL(address).password));
      return true;
    });
  }
});

test("no role starts where a platform runs it outside the allowed regions, and none is to be started again there", async (t) => {
  const { serve } = await deploy(t);
  const elsewhere = { AWS_EXECUTION_ENV: "AWS_ECS_FARGATE", AWS_REGION: "eu-central-1" };
  for (const role of ["front", "worker", "archivist", "keeper", "outbound"] as const)
    await assert.rejects(serve(role, elsewhere), /ended with 78:\nerror: eu-central-1 is not among the allowed regions/, role);
});

test("a front does not make a root key of its own", async (t) => {
  const { serve } = await deploy(t);
  await assert.rejects(serve("front"), /error: the front needs .*sealing\.json\nhint: /);
});

/** Asks until there is an answer; each round waits for the one that is asked. */
async function until<Result>(ask: () => Promise<Result | null | undefined | false | 0>): Promise<Result> {
  const deadline = performance.now() + 120_000;
  while (performance.now() < deadline) {
    const found = await ask();
    if (found) return found;
  }
  throw new Error("waited in vain");
}
