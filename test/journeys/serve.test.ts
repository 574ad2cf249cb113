import assert from "node:assert/strict";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ownerRole } from "../../src/store/roles.ts";
import { createLocalKeys } from "../../src/vault/keys/local/key-folder.ts";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { type ServedRole, serveRole } from "../support/served-role.ts";

const operatorKey = "pko_invented";

/** What a platform mounts and sets for all its processes. */
interface Deployment {
  readonly database: TestDatabase;
  readonly dataDir: string;
  /** Ends with the test. */
  readonly serve: (role: "front" | "worker" | "archivist" | "keeper", settings?: NodeJS.ProcessEnv) => Promise<ServedRole>;
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

test("a front does not make a root key of its own", async (t) => {
  const { serve } = await deploy(t);
  await assert.rejects(serve("front"), /error: the front needs .*sealing\.json\nhint: /);
});

/** Asks until there is an answer; each round waits for the one that is asked. */
async function until<Result>(ask: () => Promise<Result | null | undefined | false | 0>): Promise<Result> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const found = await ask();
    if (found) return found;
  }
  throw new Error("waited in vain");
}
