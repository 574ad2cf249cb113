import assert from "node:assert/strict";
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { Registry } from "prom-client";
import { testDatabase } from "../../../test/support/database.ts";
import { subkey } from "../../domain/keyed-hash.ts";
import type { Message } from "../../domain/message.ts";
import { packMessage } from "../../domain/packed-message.ts";
import { egressStore } from "../../store/egress-store.ts";
import { indexVersionsOf } from "../../store/index-versions.ts";
import { takeTurn } from "../../store/worker-store.ts";
import { webhookEndpointStore } from "../../store/webhook-store.ts";
import { formatToken } from "../../vault/token.ts";
import { programEgress } from "./egress.ts";
import { FrontWebhooks } from "../front/front-webhooks.ts";
import { programLog } from "../log.ts";
import { noSpans } from "../telemetry/spans.ts";
import { planTurn } from "../worker/plan-turn.ts";
import { TenantKeys } from "../keys/tenant-keys.ts";
import { startWebhookSender, webhookRecipients } from "./webhook-sender.ts";
import { WebhookSecrets } from "../front/webhook-secrets.ts";

interface Got {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

test("a changed shipment is told to its merchant, signed, as a CloudEvent of tokens", async (t) => {
  const { change, got, api, tenant, host } = await merchant(t);
  const endpoint = await api.create(tenant, `http://${host}/hooks?k=1`, "hmac");
  const token = await change();
  const [request] = await got(1);
  const { headers, body, path } = request!;
  const event = JSON.parse(body) as Record<string, unknown> & { readonly data: Record<string, unknown> };
  assert.equal(path, "/hooks?k=1");
  assert.equal(headers["content-type"], "application/cloudevents+json; charset=utf-8");
  assert.deepEqual(
    [event["specversion"], event["type"], event["subject"], event["id"], event["dataschema"]],
    ["1.0", "parcelkeep.shipment.changed", event.data["id"], headers["webhook-id"], "urn:parcelkeep:schema:shipment-changed:1"],
  );
  assert.deepEqual([event.data["carrier"], event.data["status"], event.data["trackingNumber"]], ["ups", "in_transit", token]);
  assert.deepEqual(signers(request!, [endpoint.secret!]), [0]);
  await until(async () => (await api.get(tenant, endpoint.id))!.waiting === 0);
  assert.equal((await api.get(tenant, endpoint.id))!.lastCode, "200");
});

test("changes of a tenant who does not listen leave nothing", async (t) => {
  const { change, api, tenant, host, owner } = await merchant(t);
  const endpoint = await api.create(tenant, `http://${host}/`, "hmac");
  await api.change(tenant, endpoint.id, { state: "disabled" });
  await change();
  assert.equal((await owner.query("select from parcelkeep.webhook_changes")).rowCount, 0);
});

test("what fails is tried again later, with the same id and the same bytes, when the receiver asks for it", async (t) => {
  const { change, got, api, tenant, host, answers, owner } = await merchant(t);
  answers.push({ status: 503, headers: { "retry-after": "7200" } });
  const endpoint = await api.create(tenant, `http://${host}/`, "hmac");
  await change();
  await got(1);
  await until(async () => (await api.get(tenant, endpoint.id))!.lastCode === "503");
  const { rows } = await owner.query("select due_at > now() + interval '110 minutes' as late, attempts from parcelkeep.webhook_deliveries");
  assert.deepEqual(rows, [{ late: true, attempts: 1 }]);
  await makeDue(owner);
  const [first, second] = await got(2);
  assert.deepEqual([second!.headers["webhook-id"], second!.body], [first!.headers["webhook-id"], first!.body]);
});

test("410 switches an endpoint off and gives up what waits for it", async (t) => {
  const { change, got, api, tenant, host, answers } = await merchant(t);
  answers.push({ status: 410 });
  const endpoint = await api.create(tenant, `http://${host}/`, "hmac");
  await change();
  await got(1);
  await until(async () => (await api.get(tenant, endpoint.id))!.state === "disabled");
  const view = (await api.get(tenant, endpoint.id))!;
  assert.deepEqual([view.disabledReason, view.waiting, view.dead], ["gone", 0, 1]);
  const { items } = await api.dead(tenant, endpoint.id, null, 10);
  assert.deepEqual([items.length, items[0]!.code], [1, "410"]);
  await api.change(tenant, endpoint.id, { state: "active" });
  assert.equal(await api.retry(tenant, endpoint.id, items[0]!.event), true);
  await got(2);
});

test("an endpoint that fails again and again is left alone, and no other one waits for it", async (t) => {
  const { change, got, api, tenant, host, answers, owner } = await merchant(t);
  const failing = await api.create(tenant, `http://${host}/failing`, "hmac");
  answers.push({ status: 500, path: "/failing", times: 100 });
  for (let failure = 1; failure <= 5; failure++) {
    if (failure === 1) await change();
    else await makeDue(owner);
    await until(async () => (await api.get(tenant, failing.id))!.failuresInARow === failure);
  }
  assert.ok((await api.get(tenant, failing.id))!.pausedUntil! > new Date().toISOString());
  const other = await api.create(tenant, `http://${host}/other`, "hmac");
  await change();
  await until(async () => (await api.get(tenant, other.id))!.lastCode === "200");
  assert.equal((await got(6)).filter(({ path }) => path === "/failing").length, 5);
  assert.equal((await api.get(tenant, failing.id))!.waiting, 2);
});

test("a receiver that hangs keeps no other one waiting", async (t) => {
  const { change, got, api, tenant, host, answers } = await merchant(t);
  answers.push({ status: 0, path: "/hanging", times: 100 });
  await api.create(tenant, `http://${host}/hanging`, "hmac");
  const other = await api.create(tenant, `http://${host}/other`, "hmac");
  for (let count = 0; count < 6; count++) await change();
  await until(async () => (await api.get(tenant, other.id))!.waiting === 0 && (await api.get(tenant, other.id))!.lastCode === "200");
  const paths = (await got(7)).map(({ path }) => path);
  assert.equal(paths.filter((path) => path === "/other").length, 6);
  assert.ok(paths.filter((path) => path === "/hanging").length <= 4);
});

test("both secrets sign while one is replaced, and then the new one alone", async (t) => {
  const { change, got, api, tenant, host } = await merchant(t);
  const former = await api.create(tenant, `http://${host}/`, "hmac");
  const fresh = (await api.rotate(tenant, former.id, 24))!;
  await change();
  assert.deepEqual(signers((await got(1))[0]!, [fresh.secret!, former.secret!]), [0, 1]);
  const newest = (await api.rotate(tenant, former.id, 0))!;
  await change();
  assert.deepEqual(signers((await got(2))[1]!, [newest.secret!, fresh.secret!, former.secret!]), [0]);
});

test("an Ed25519 endpoint is told its public key and never the secret", async (t) => {
  const { change, got, api, tenant, host } = await merchant(t);
  const endpoint = await api.create(tenant, `http://${host}/`, "ed25519");
  assert.deepEqual([endpoint.secret, endpoint.publicKeys.length], [undefined, 1]);
  assert.match(endpoint.publicKeys[0]!, /^whpk_/);
  await change();
  assert.match(String((await got(1))[0]!.headers["webhook-signature"]), /^v1a,/);
});

test("events of a time are delivered once more, with their ids", async (t) => {
  const { change, got, api, tenant, host } = await merchant(t);
  const endpoint = await api.create(tenant, `http://${host}/`, "hmac");
  await change();
  const [first] = await got(1);
  await until(async () => (await api.get(tenant, endpoint.id))!.waiting === 0);
  const hour = 3_600_000;
  assert.equal(await api.replay(tenant, endpoint.id, new Date(Date.now() - 2 * hour), new Date(Date.now() - hour)), 0);
  assert.equal(await api.replay(tenant, endpoint.id, new Date(Date.now() - hour), new Date(Date.now() + hour)), 1);
  assert.equal((await got(2))[1]!.headers["webhook-id"], first!.headers["webhook-id"]);
  assert.equal(await api.replay(randomUUID(), endpoint.id, new Date(0), new Date()), null);
});

test("an event that holds a personal value is given up and never sent", async (t) => {
  const { got, api, tenant, host, owner } = await merchant(t);
  const endpoint = await api.create(tenant, `http://${host}/`, "hmac");
  const event = randomUUID();
  await owner.query("select parcelkeep.enter_events('{}', array[$1::uuid], array[$2::uuid], array[$1::uuid], array[$3])", [
    event,
    tenant,
    JSON.stringify({ data: { name: "Ida Musterweg" } }),
  ]);
  await until(async () => (await api.get(tenant, endpoint.id))!.dead === 1);
  assert.equal((await api.dead(tenant, endpoint.id, null, 10)).items[0]!.code, "leak");
  assert.deepEqual([await got(0), (await api.get(tenant, endpoint.id))!.failuresInARow], [[], 0]);
  assert.equal((await owner.query("select from parcelkeep.egress_refusals where recipient = $1", [`webhook:${endpoint.id}`])).rowCount, 1);
});

test("takes no address that nothing would be sent to, and no other tenant's endpoint", async (t) => {
  const { api, tenant, host } = await merchant(t);
  for (const url of [
    "http://shop.example/",
    "https://127.0.0.1/",
    "https://10.0.0.1/",
    "https://[::1]/",
    "https://localhost/",
    "https://user:word@shop.example/",
    "https://shop.example/#part",
    "ftp://shop.example/",
    "shop.example",
  ])
    await assert.rejects(api.create(tenant, url, "hmac"), { code: "invalid_field" }, url);
  const endpoint = await api.create(tenant, `http://${host}/`, "hmac");
  const another = randomUUID();
  assert.deepEqual(
    [
      await api.get(another, endpoint.id),
      await api.change(another, endpoint.id, { state: "disabled" }),
      await api.rotate(another, endpoint.id, 0),
      await api.remove(another, endpoint.id),
    ],
    [null, null, null, false],
  );
  assert.equal(await api.remove(tenant, endpoint.id), true);
});

interface Scripted {
  /** 0: it never answers. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Only there. */
  readonly path?: string;
  /** Once where it is left out. */
  readonly times?: number;
}

/** A merchant with a receiver, a worker's turns, and the sender running. */
async function merchant(t: TestContext) {
  const database = await testDatabase(t);
  const owner = database.pool("parcelkeep_owner");
  const tenant = randomUUID();
  await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'Shop')", [tenant]);
  const requests: Got[] = [];
  const answers: Scripted[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      requests.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString() });
      const at = answers.findIndex((each) => each.path === undefined || each.path === path);
      const answer = answers[at];
      if (answer !== undefined && (answer.times ?? 1) <= 1) answers.splice(at, 1);
      if (answer?.status === 0) return;
      response.writeHead(answer?.status ?? 200, answer?.headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  const secrets = new WebhookSecrets(randomBytes(32));
  const root = randomBytes(32);
  const pool = database.pool("parcelkeep_outbound");
  const log = programLog("silent", "outbound");
  const registry = new Registry();
  const egress = programEgress({
    entryOf: async () => null,
    webhookOf: webhookRecipients(pool),
    tenantKeys: new TenantKeys({ derive: async (label) => subkey(root, label) }, indexVersionsOf(pool)),
    store: egressStore(pool),
    testHosts: new Set([host]),
    registry,
    log,
  });
  const sender = startWebhookSender({ pool, egress, secrets, registry, spans: noSpans, log });
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await sender.stop();
  });

  const takeTurns = async (): Promise<void> => {
    const share = { firstLane: 0, lanesMax: 64, jobsMax: 100 };
    while ((await takeTurn(database.pool("parcelkeep_worker"), share, planTurn)).jobs > 0);
  };
  return {
    owner,
    tenant,
    host,
    answers,
    api: new FrontWebhooks(webhookEndpointStore(database.pool("parcelkeep_api")), secrets, new Set([host])),
    /** A message of a new parcel, as ingress would leave it, and the worker's turn. @returns the number's token. */
    change: async (): Promise<string> => {
      const token = formatToken("eu1", "trackingNumber", randomBytes(20));
      const message: Message = {
        version: 1,
        kind: "tracking",
        source: "ups",
        carrier: "ups",
        number: token,
        discriminator: null,
        alternatives: [],
        parent: null,
        references: [],
        events: [],
        summary: { status: "in_transit", reason: null, code: null, time: null },
        estimatedDelivery: null,
        personal: [],
        textToken: null,
      };
      await owner.query(
        "insert into parcelkeep.inbox (lane, record, tenant, received_at, message) values (1, gen_random_uuid(), $1, now(), $2)",
        [tenant, packMessage(message)],
      );
      await takeTurns();
      return token;
    },
    /** The first so many requests of the receiver's, once they are there. */
    got: async (count: number): Promise<readonly Got[]> => {
      await until(async () => requests.length >= count);
      return requests;
    },
  };
}

/** Every delivery that waits is due, and no endpoint is left alone. */
async function makeDue(owner: { query(text: string): Promise<unknown> }): Promise<void> {
  await owner.query("update parcelkeep.webhook_endpoints set paused_until = null");
  await owner.query("update parcelkeep.webhook_deliveries set due_at = now() where state = 'w'");
}

/** Which of these secrets the request is signed with, in the order of its signatures. */
function signers({ headers, body }: Got, secrets: readonly string[]): readonly number[] {
  const text = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
  return String(headers["webhook-signature"])
    .split(" ")
    .map((signature) =>
      secrets.findIndex((secret) => {
        const key = Buffer.from(secret.slice("whsec_".length), "base64");
        return signature === `v1,${createHmac("sha256", key).update(text).digest("base64")}`;
      }),
    );
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
