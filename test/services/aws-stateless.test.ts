import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { S3ObjectStore } from "../../src/cloud/aws-s3-object-store.ts";
import { S3PointerStore } from "../../src/cloud/aws-s3-pointer-store.ts";
import { keysIn } from "../../src/cloud/object-store.contract.ts";
import type { RoleName } from "../../src/main/role.ts";
import { ownerRole } from "../../src/store/roles.ts";
import { testDatabase } from "../support/database.ts";
import { emulatedBucket } from "../support/emulated-bucket.ts";
import { keysInKms } from "../support/emulated-keys.ts";
import { type ServedRole, serveRole } from "../support/served-role.ts";

/* Roles as a platform runs them in the cloud: keys in KMS, objects, log and anchor in S3, a database by its address, secrets in the environment, and no folder of their own. */
const endpoint = process.env["PARCELKEEP_TEST_AWS_ENDPOINT"];

const operatorKey = "pko_invented";
const roles = ["sequencer", "keeper", "worker", "archivist", "granter", "front"] as const satisfies readonly RoleName[];

test(
  "every role runs without a folder of its own; a webhook is tracked, archived and logged, and all drain",
  { skip: endpoint === undefined ? "PARCELKEEP_TEST_AWS_ENDPOINT names no emulator" : false },
  async (t) => {
    const database = await testDatabase(t);
    const { settings, environment } = await cloud(endpoint!);
    const serve = async (role: (typeof roles)[number]): Promise<ServedRole> => {
      const served = await serveRole(role, {
        ...environment,
        PARCELKEEP_DATABASE_URL: database.url(role === "front" ? "parcelkeep_ingress" : `parcelkeep_${role}`),
        ...(role === "front" ? { PARCELKEEP_API_DATABASE_URL: database.url("parcelkeep_api") } : {}),
      });
      t.after(() => served.end());
      return served;
    };
    const served = new Map<string, ServedRole>();
    for (const role of roles) served.set(role, await serve(role));
    const { url } = served.get("front")!;
    const { hook, key } = await newShop(url);
    const answer = await post(hook, {}, order());
    assert.equal(answer.status, 202, JSON.stringify(answer.body));

    const owner = database.pool(ownerRole);
    await until(t, async () => (await owner.query("select from parcelkeep.segments where sealed_at is not null")).rowCount);
    const objects = new S3ObjectStore(settings);
    assert.equal((await keysIn(objects, "segments/")).length, 1);
    const pointers = new S3PointerStore({ ...settings, prefix: `${settings.prefix}pointers/` });
    const checkpoint = `${new Date().getUTCFullYear()}/checkpoint`;
    await until(t, () => pointers.read(checkpoint));
    const shown = await fetch(`${url}/checkpoint`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal(shown.status, 200);
    assert.equal(await shown.text(), await pointers.read(checkpoint));
    assert.deepEqual(
      await Promise.all(roles.toReversed().map((role) => served.get(role)!.end())),
      roles.map(() => 0),
    );
  },
);

async function cloud(moto: string) {
  const settings = await emulatedBucket(moto);
  const store = `s3://${settings.bucket}`;
  const environment: NodeJS.ProcessEnv = {
    // Where nobody can make a folder.
    PARCELKEEP_DATA: "/proc/none",
    PARCELKEEP_HTTP: "127.0.0.1:0",
    PARCELKEEP_LOG_LEVEL: "error",
    PARCELKEEP_INTAKE_THREADS: "1",
    PARCELKEEP_SEGMENT_AGE_MS: "1",
    PARCELKEEP_OPERATOR_KEY: operatorKey,
    PARCELKEEP_INGRESS_KEY: "pkc_invented",
    ...(await keysInKms(settings)),
    PARCELKEEP_OBJECT_STORE: `${store}/parcelkeep`,
    PARCELKEEP_OBJECT_STORE_KEY: settings.key,
    PARCELKEEP_OBJECT_STORE_OWNER: settings.owner,
    PARCELKEEP_AUDIT_ANCHOR: `${store}/anchor`,
    PARCELKEEP_AUDIT_ORIGIN: "log.example",
    PARCELKEEP_AWS_TEST_ENDPOINT: moto,
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "none",
  };
  return { settings, environment };
}

async function newShop(url: string): Promise<{ readonly hook: string; readonly key: string }> {
  const operator = { authorization: `Bearer ${operatorKey}` };
  const { tenant, apiKey } = (await post(`${url}/v1/tenants`, operator, { name: "Sovereign" })).body;
  const endpoint = { source: "fedex", auth: "none", allowFrom: ["127.0.0.1"] };
  return { key: apiKey, hook: (await post(`${url}/v1/endpoints`, { ...operator, "parcelkeep-tenant": tenant }, endpoint)).body.url };
}

async function post(url: string, headers: Record<string, string>, body: object): Promise<{ readonly status: number; readonly body: any }> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

function order(): object {
  const trackingNumber = "770000000555";
  const scanEvents = [{ date: "2026-11-20T10:00:00+01:00", eventType: "DL", eventDescription: "Delivered", derivedStatusCode: "DL" }];
  const recipientInformation = { contact: { personName: "Ida Musterweg" } };
  const trackResults = [{ trackingNumberInfo: { trackingNumber }, recipientInformation, scanEvents }];
  return { output: { completeTrackResults: [{ trackingNumber, trackResults }] } };
}

async function until<Result>(t: TestContext, ask: () => Promise<Result | null>): Promise<Result> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const found = await ask();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20, t));
  }
  throw new Error("waited in vain");
}
