import assert from "node:assert/strict";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import pg from "pg";
import { testDatabase } from "../support/database.ts";
import { documentedPolicies } from "../support/documented-policies.ts";
import { type FakeKms, fakeKms } from "../support/fake-kms.ts";
import { RunningProgram } from "../support/running-program.ts";
import { type ServedRole, serveRole } from "../support/served-role.ts";

const operatorKey = "pko_invented";

/** A front as a platform runs it: its role may do what the page on operations allows ingress. */
async function serveFront(
  t: TestContext,
): Promise<{ readonly front: ServedRole; readonly kms: FakeKms; readonly database: Awaited<ReturnType<typeof testDatabase>> }> {
  const kms = await fakeKms();
  t.after(() => kms.close());
  const [key, derivationKey] = [kms.createKey("SYMMETRIC_DEFAULT"), kms.createKey("HMAC_256")];
  const policies = documentedPolicies({ EPOCH_KEY_1: key, DERIVATION_KEY: derivationKey, SIGNING_KEY: "none" });
  kms.restrict("ingress", { Statement: ["ingress", "derivation by HMAC"].flatMap((title) => policies.get(title)!.Statement) });

  const database = await testDatabase(t);
  const dataDir = await mkdtemp(join(tmpdir(), "pk-"));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  await mkdir(join(dataDir, "secrets"), { mode: 0o700 });
  await writeFile(join(dataDir, "secrets", "operator.key"), `${operatorKey}\n`, { mode: 0o600 });
  const front = await serveRole("front", {
    PARCELKEEP_DATA: dataDir,
    PARCELKEEP_HTTP: "127.0.0.1:0",
    PARCELKEEP_LOG_LEVEL: "fatal",
    PARCELKEEP_INTAKE_THREADS: "1",
    PARCELKEEP_DATABASE_URL: database.url("parcelkeep_ingress"),
    PARCELKEEP_API_DATABASE_URL: database.url("parcelkeep_api"),
    PARCELKEEP_KEYS: "aws-kms",
    PARCELKEEP_AWS_TEST_ENDPOINT: kms.endpoint,
    PARCELKEEP_KMS_KEYS: `1=${key}`,
    PARCELKEEP_KMS_DERIVATION_KEYS: `1=${derivationKey}`,
    AWS_ACCESS_KEY_ID: "ingress",
    AWS_SECRET_ACCESS_KEY: "none",
  });
  t.after(() => front.end());
  return { front, kms, database };
}

async function post(url: string, headers: Record<string, string>, body: object): Promise<{ readonly status: number; readonly body: any }> {
  const options = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(url, options);
  return { status: answer.status, body: await answer.json() };
}

/** A tenant with an endpoint that trusts our address. Over HTTP: a command would hold up the fake, which answers in this process. */
async function newShop(url: string, key: string): Promise<{ readonly tenant: string; readonly hook: string; readonly apiKey: string }> {
  const operator = { authorization: `Bearer ${key}` };
  const { tenant, apiKey } = (await post(`${url}/v1/tenants`, operator, { name: "Sovereign" })).body;
  const endpoint = { source: "fedex", auth: "none", allowFrom: ["127.0.0.1"] };
  return { tenant, apiKey, hook: (await post(`${url}/v1/endpoints`, { ...operator, "parcelkeep-tenant": tenant }, endpoint)).body.url };
}

/** The whole program under one role, whose credentials lie in a file as a platform mounts them. */
async function startProgram(t: TestContext): Promise<{ readonly program: RunningProgram; readonly kms: FakeKms }> {
  const kms = await fakeKms();
  t.after(() => kms.close());
  const folder = await mkdtemp(join(tmpdir(), "pk-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const credentials = join(folder, "credentials");
  await writeFile(credentials, "[default]\naws_access_key_id = everything\naws_secret_access_key = none\n");
  const program = new RunningProgram({
    PARCELKEEP_AUDIT_PUBLISH_MS: "1",
    PARCELKEEP_KEYS: "aws-kms",
    PARCELKEEP_AWS_TEST_ENDPOINT: kms.endpoint,
    PARCELKEEP_KMS_KEYS: `1=${kms.createKey("SYMMETRIC_DEFAULT")}`,
    PARCELKEEP_KMS_DERIVATION_KEYS: `1=${kms.createKey("HMAC_256")}`,
    PARCELKEEP_KMS_SIGNING_KEY: kms.createKey("ECC_NIST_P256"),
    AWS_SHARED_CREDENTIALS_FILE: credentials,
  });
  t.after(() => program.remove());
  await program.start();
  program.command("approvals", "stand-alone");
  return { program, kms };
}

let serial = 770_000_000_000;
function scan(): object {
  const trackingNumber = String(serial++);
  const scanEvents = [{ date: "2026-11-20T10:00:00+01:00", eventType: "DL", eventDescription: "Delivered", derivedStatusCode: "DL" }];
  const recipientInformation = { contact: { personName: "Ida Musterweg", phoneNumber: "+4915112345678" } };
  const trackResults = [{ trackingNumberInfo: { trackingNumber }, recipientInformation, scanEvents }];
  return { output: { completeTrackResults: [{ trackingNumber, trackResults }] } };
}

test("under the documented rights of ingress, KMS is asked for a session's keys and a tenant's index keys, and for nothing by the records after", async (t) => {
  const { front, kms } = await serveFront(t);
  const { hook } = await newShop(front.url, operatorKey);
  assert.equal((await post(hook, {}, scan())).status, 202);
  const asked = kms.takeTrail();
  assert.ok(asked.every(({ caller, operation }) => caller === "ingress" && ["GenerateDataKey", "GenerateMac"].includes(operation)));
  assert.equal(asked.filter(({ operation }) => operation === "GenerateDataKey").length, 3);
  const answers = await Promise.all(Array.from({ length: 200 }, () => post(hook, {}, scan())));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
  assert.deepEqual(kms.takeTrail(), []);
  assert.ok(!JSON.stringify(asked).includes("Musterweg"));
});

test("while KMS is away, tenants with a session are served and others are told to come again", async (t) => {
  const { front, kms } = await serveFront(t);
  const [{ hook: known }, { hook: unknown, apiKey }] = [await newShop(front.url, operatorKey), await newShop(front.url, operatorKey)];
  assert.equal((await post(known, {}, scan())).status, 202);
  kms.failNext(1_000, { status: 400, name: "DisabledException" });
  const refused = await post(unknown, {}, scan());
  assert.deepEqual([refused.status, refused.body.code], [503, "busy"]);
  // A search derives the keys of the index, as a record does.
  const search = { identifiers: [{ category: "email", value: "ida@beispiel.test" }] };
  const searched = await post(`${front.url}/v1/subjects/search`, { authorization: `Bearer ${apiKey}` }, search);
  assert.deepEqual([searched.status, searched.body.code], [503, "busy"]);
  assert.equal((await post(known, {}, scan())).status, 202);
  kms.recover();
  assert.equal((await post(unknown, {}, scan())).status, 202);
});

for (const [what, failure] of [
  ["throttles", { status: 400, name: "ThrottlingException" }],
  ["denies", { status: 400, name: "AccessDeniedException" }],
  ["cannot be reached", "cut"],
] as const) {
  test(`while KMS ${what}, a session serves until it is used up, then the answer is 503 until KMS is back; nothing acknowledged is lost`, async (t) => {
    const { front, kms, database } = await serveFront(t);
    const { hook, apiKey } = await newShop(front.url, operatorKey);
    const tokenise = (values: number) =>
      post(
        `${front.url}/v1/tokens`,
        { authorization: `Bearer ${apiKey}` },
        { values: Array.from({ length: values }, () => ({ category: "name", value: "Ida Musterweg" })) },
      );
    assert.equal((await post(hook, {}, scan())).status, 202);
    kms.failNext(100_000, failure);
    // Each counts as a record of the session, which is of ten thousand; on a slow machine its age may end it before.
    let sealed = 0;
    for (const values of [...Array.from({ length: 9 }, () => 1_000), 999]) if ((await tokenise(values)).status === 200) sealed += values;
    const [refused, refusedBatch] = [await post(hook, {}, scan()), await tokenise(1)];
    for (const { status, body } of [refused, refusedBatch]) assert.deepEqual([status, body.code], [503, "busy"]);
    kms.recover();
    assert.equal((await post(hook, {}, scan())).status, 202);
    assert.equal((await tokenise(1)).status, 200);
    const { rows } = await database
      .pool("parcelkeep_owner")
      .query<{ values: number; records: number }>(
        "select (select count(*) from parcelkeep.sealed_groups where record not in (select id from parcelkeep.records))::int as values, (select count(*) from parcelkeep.records)::int as records",
      );
    assert.deepEqual(rows, [{ values: sealed + 1, records: 2 }]);
  });
}

test("a call that KMS throttles is made again, and its request waits for that", async (t) => {
  const { front, kms } = await serveFront(t);
  const { hook } = await newShop(front.url, operatorKey);
  kms.failNext(2, { status: 400, name: "ThrottlingException" });
  assert.equal((await post(hook, {}, scan())).status, 202);
});

test("each opening stands in the trail of KMS, with the tenant and what was opened", async (t) => {
  const { program, kms } = await startProgram(t);
  const { tenant, hook } = await newShop(program.url, program.operatorKey);
  assert.equal((await post(hook, {}, scan())).status, 202);
  const database = new pg.Client({ connectionString: program.databaseUrl });
  await database.connect();
  const { subject } = (await database.query<{ subject: string }>("select distinct subject from parcelkeep.sealed_groups")).rows[0]!;
  await database.end();
  kms.takeTrail();

  const headers = { "parcelkeep-tenant": tenant };
  const exported = await program.call(`/v1/subjects/${subject}/export`, { method: "POST", key: program.operatorKey, headers });
  assert.equal(exported.status, 200, exported.text);
  assert.match(exported.text, /Ida Musterweg/);
  // Checkpoints of the audit log are signed meanwhile; of the openings nothing else is there.
  const trail = kms.takeTrail().filter(({ operation }) => operation !== "Sign");
  assert.deepEqual(new Set(trail.map(({ operation }) => operation)), new Set(["Decrypt"]));
  assert.deepEqual(
    trail.map(({ context }) => context).toSorted((one, two) => (one["purpose"]! < two["purpose"]! ? -1 : 1)),
    ["personal-values", "tracking-numbers"].map((purpose) => ({ tenant, purpose, epoch: "1" })),
  );
});
