import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { CarrierDesk } from "../../src/simulator/carrier-desk.ts";
import { simulatedCarriers } from "../../src/simulator/carriers.ts";
import { usualBehaviour } from "../../src/simulator/faults.ts";
import { SimulatorServer } from "../../src/simulator/server.ts";
import { World } from "../../src/simulator/world.ts";
import { OtlpReceiver } from "../support/otlp-receiver.ts";
import { RunningProgram } from "../support/running-program.ts";

const hour = 3_600_000;
const quick = { ...usualBehaviour, latency: { medianMs: 2, p99Ms: 5 } };

interface Letter {
  readonly kind: string;
  readonly source: string;
}

describe("asking carriers", () => {
  /** Parcels are born in the past, so that carriers have something to tell. */
  let bornAgoMs = 0;
  const world = new World("outbound", { now: () => Date.now() - bornAgoMs, realAt: (simulated) => simulated });
  const desks = new Map(
    simulatedCarriers.map((carrier) => [
      carrier.source,
      new CarrierDesk(carrier, world, { seed: "outbound", behaviour: quick, hasQuotas: true, tokenLifeSeconds: null }),
    ]),
  );
  let simulator: SimulatorServer;
  let program: RunningProgram;
  let collector: OtlpReceiver;
  let tenant: string;
  let key: string;

  before(async () => {
    simulator = await SimulatorServer.start([...desks.values()], world, { host: "127.0.0.1", port: 0 });
    collector = await OtlpReceiver.start();
    program = new RunningProgram({
      PARCELKEEP_OTLP_ENDPOINT: collector.url,
      PARCELKEEP_OTLP_SAMPLE_RATIO: "1",
      PARCELKEEP_CARRIERS_URL: simulator.url,
      PARCELKEEP_EGRESS_TEST_HOSTS: new URL(simulator.url).host,
      PARCELKEEP_LOG_LEVEL: "debug",
    });
    await program.start();
    ({ tenant, apiKey: key } = (
      await program.call("/v1/tenants", { key: program.operatorKey, body: '{"name":"Shop"}', headers: json })
    ).json());
  });
  after(async () => {
    await program?.remove();
    await simulator?.stop();
    await collector?.stop();
  });

  const json = { "content-type": "application/json" };
  const addAccount = (source: string, credentials = desks.get(source)!.credentials, more: object = {}) =>
    program.call("/v1/carrier-accounts", { key, headers: json, body: JSON.stringify({ source, credentials, ...more }) });
  const addParcels = async (source: string, count: number): Promise<readonly string[]> => {
    bornAgoMs = 30 * hour;
    const parcels = world.add(desks.get(source)!.carrier, count, 0);
    bornAgoMs = 0;
    for (const { number } of parcels) {
      const registered = await program.call("/v1/shipments", {
        key,
        headers: json,
        body: JSON.stringify({ trackingNumber: number, carrier: source, recipient: { name: "Ida Musterweg" } }),
      });
      assert.equal(registered.status, 202, registered.text);
    }
    return parcels.map(({ number }) => number);
  };
  const shipmentOf = async (number: string) =>
    (await program.call(`/v1/shipments?trackingNumber=${encodeURIComponent(number)}`, { key })).json().items[0];
  const answered = (number: string) =>
    program.until(async () => {
      const shipment = await shipmentOf(number);
      return shipment !== undefined && shipment.events.length > 0 ? shipment : null;
    }, `the carrier's answer about ${number}`);
  const query = async <Row>(text: string, values: unknown[] = []): Promise<readonly Row[]> => {
    const client = new pg.Client({ connectionString: program.databaseUrl });
    await client.connect();
    try {
      return (await client.query(text, values)).rows as Row[];
    } finally {
      await client.end();
    }
  };

  test("a carrier's answer stands in the shipment, and each number that it was told in a release from before", async () => {
    assert.equal((await addAccount("gls")).status, 201);
    const numbers = await addParcels("gls", 3);
    for (const number of numbers) assert.equal((await answered(number)).carrier, "gls");
    const ids = await Promise.all(numbers.map(async (number) => (await shipmentOf(number)).id as string));
    // The answer can be seen before the end of its call is written down.
    const answers = await program.until(async () => {
      const releases = await query<{ recipient: string; shipments: string[]; outcome: string; early: boolean }>(
        "select recipient, shipments, outcome, released_at < ended_at as early from parcelkeep.releases where tenant = $1 and outcome = 'answered'",
        [tenant],
      );
      const named = new Set(releases.flatMap(({ shipments }) => shipments));
      return ids.every((id) => named.has(id)) ? releases : null;
    }, "the releases of the answers");
    assert.ok(
      answers.every(({ recipient, shipments, early }) => recipient === "gls" && shipments.every((id) => ids.includes(id)) && early),
    );
  });

  test("a call is told as a span by carrier and outcome, without a number or a credential", async () => {
    const calls = await program.until(async () => {
      const spans = collector.spans().filter(({ name }) => name === "carrier.call");
      return spans.length > 0 ? spans : null;
    }, "the span of a call");
    for (const { role, kind, attributes } of calls)
      assert.deepEqual([role, kind, attributes], ["outbound", 3, { "parcelkeep.source": "gls", "parcelkeep.outcome": "answered" }]);
    for (const secret of Object.values(desks.get("gls")!.credentials)) assert.ok(!collector.text.includes(secret));
    for (const { number } of world.parcels("gls")) assert.ok(!collector.text.includes(number));
  });

  test("credentials are shown to nobody, stand nowhere in clear, and are refused where parts are missing", async () => {
    const secrets = Object.values(desks.get("gls")!.credentials);
    const listed = await program.call("/v1/carrier-accounts", { key });
    assert.equal(listed.json().items[0].source, "gls");
    const kept = await query<{ row: string }>("select a::text as row from parcelkeep.carrier_accounts a");
    for (const secret of secrets) {
      assert.ok(!listed.text.includes(secret));
      assert.ok(!program.output.includes(secret));
      assert.ok(kept.every(({ row }) => !row.includes(secret) && !row.includes(Buffer.from(secret).toString("hex"))));
    }
    const incomplete = await program.call("/v1/carrier-accounts", {
      key,
      headers: json,
      body: JSON.stringify({ source: "gls", credentials: { clientId: "only" } }),
    });
    assert.deepEqual([incomplete.status, incomplete.json().code], [400, "invalid_field"]);
    assert.equal((await addAccount("gls", desks.get("gls")!.credentials, { carriers: ["ups"] })).json().code, "grant_required");
  });

  test("the command line adds an account from a file", async () => {
    const file = join(program.dataDir, "ups.json");
    writeFileSync(file, JSON.stringify(desks.get("ups")!.credentials));
    const added = JSON.parse(
      program.command("carriers", "account", "add", "--tenant", tenant, "--source", "ups", "--credentials", file, "--json"),
    );
    const [number] = await addParcels("ups", 1);
    assert.equal((await answered(number!)).carrier, "ups");
    const gone = await program.call(`/v1/carrier-accounts/${added.id}`, { method: "DELETE", key });
    assert.equal(gone.status, 204);
    assert.equal((await program.call(`/v1/carrier-accounts/${added.id}`, { method: "DELETE", key })).status, 404);
  });

  test("an access token that the carrier takes back is asked for anew, once", async () => {
    const desk = desks.get("fedex")!;
    assert.equal((await addAccount("fedex")).status, 201);
    const [first] = await addParcels("fedex", 1);
    await answered(first!);
    const { tokens, refused } = desk.counts;
    desk.withdrawTokens();
    const [second] = await addParcels("fedex", 1);
    await answered(second!);
    assert.ok(desk.counts.refused > refused, "the token that was taken back was tried");
    assert.ok(desk.counts.tokens > tokens);
  });

  test("while one carrier is a black hole, the others answer as before, and it is asked again when it is back", async (t) => {
    const hole = desks.get("postnl")!;
    hole.behaviour = { ...quick, faults: { hang: 1 } };
    assert.equal((await addAccount("postnl")).status, 201);
    const swallowed = await addParcels("postnl", 20);
    await program.until(async () => hole.counts.calls > 0, "a call to the black hole");
    const began = performance.now();
    const others = await addParcels("gls", 10);
    for (const number of others) await answered(number);
    t.diagnostic(`answers of the others took ${Math.round(performance.now() - began)} ms`);
    assert.ok((await shipmentOf(swallowed[0]!)).events.length === 0);
    hole.behaviour = quick;
    // What hangs is given up after its time; then the parcel is due again.
    await program.until(
      async () => (await shipmentOf(swallowed[0]!))?.events.length > 0,
      "the carrier's answer after it was back",
      150_000,
    );
  });

  test("a customer's feed is fetched and taken in, without a number going out", async () => {
    const desk = desks.get("postnl")!;
    const added = await addAccount("postnl", { ...desk.credentials, customerNumber: "10000001" });
    assert.equal(added.status, 201);
    const released = "select count(*) from parcelkeep.releases where account = $1";
    await program.until(async () => {
      const marks = await query("select from parcelkeep.quota_use where quota = 'feed/to' and free_at > now() - interval '1 minute'");
      return marks.length > 0;
    }, "the feed to be fetched");
    assert.deepEqual(await query(released, [added.json().id]), [{ count: "0" }]);
    assert.equal((await program.call(`/v1/carrier-accounts/${added.json().id}`, { method: "DELETE", key })).status, 204);
    const wrong = await addAccount("postnl", { ...desk.credentials, postcode: "1011AB" });
    assert.equal(wrong.json().code, "invalid_field");
  });

  test("where the first account's credential is refused, the merchant's next account for that carrier is asked", async () => {
    const { credentials } = desks.get("bring")!;
    const wrong = Object.fromEntries(Object.keys(credentials).map((name) => [name, "refused-everywhere"]));
    const accounts: string[] = [];
    for (const each of [wrong, credentials]) accounts.push((await addAccount("bring", each)).json().id);
    const numbers = await addParcels("bring", 3);
    for (const number of numbers) assert.equal((await answered(number)).carrier, "bring");
    const held = await query<{ id: string }>(
      "select id from parcelkeep.carrier_accounts where source = 'bring' and held_reason = 'credential-refused'",
    );
    assert.deepEqual(
      held.map(({ id }) => id),
      [accounts[0]],
    );
  });

  test("a carrier that says when to come again is left alone until then, and asked afterwards", async () => {
    const desk = desks.get("dhl-unified")!;
    assert.equal((await addAccount("dhl-unified")).status, 201);
    const [first] = await addParcels("dhl-unified", 1);
    await answered(first!);
    desk.behaviour = { ...quick, faults: { "rate-limit": 1 } };
    const [second] = await addParcels("dhl-unified", 1);
    const held = await program.until(async () => {
      const [account] = await query<{ held_until: Date; held_reason: string }>(
        "select held_until, held_reason from parcelkeep.carrier_accounts where source = 'dhl-unified' and held_until is not null",
      );
      return account ?? null;
    }, "the account to be held");
    assert.equal(held.held_reason, "rate-limited");
    desk.behaviour = quick;
    await answered(second!);
    const [release] = await query<{ early: boolean }>(
      "select bool_or(released_at between $1::timestamptz - interval '900 milliseconds' and $1) as early from parcelkeep.releases where recipient = 'dhl-unified'",
      [held.held_until],
    );
    assert.equal(release!.early, false, "nothing was asked while it was to be left alone");
  });

  test("a quota holds over a restart: what was spent of it is spent for the next process too", async () => {
    const desk = desks.get("dhl-unified")!;
    const quotas = await query<{ quota: string; free_at: Date }>("select quota, free_at from parcelkeep.quota_use order by quota");
    assert.ok(quotas.length > 0);
    await program.stop();
    await program.start();
    await addParcels("dhl-unified", 5);
    await program.until(async () => {
      const rows = await query<{ tracked: string }>(
        "select count(*) as tracked from parcelkeep.poll_due d join parcelkeep.carrier_accounts a on a.id = d.account where a.source = 'dhl-unified'",
      );
      return Number(rows[0]!.tracked) >= 7;
    }, "the parcels to be taken up");
    for (const { quota, free_at } of quotas) {
      const [now] = await query<{ free_at: Date }>("select max(free_at) as free_at from parcelkeep.quota_use where quota = $1", [quota]);
      assert.ok(now!.free_at >= free_at);
    }
    // The meters of the carriers, which count what was said to be too much for other reasons as well. Where a quota is of a second, two calls that went out a
    // second apart can arrive in one.
    const tooMany = [...desks.values()]
      .filter(({ carrier }) => carrier.quotas.every(({ windowMs }) => windowMs > 60_000))
      .map(({ counts }) => counts.overQuota - (counts.faults["rate-limit"] ?? 0));
    assert.ok(
      tooMany.every((count) => count === 0),
      "no carrier ever counted a call too many",
    );
    assert.ok(desk.counts.calls > 0);
  });

  test("a credential that the carrier refuses makes one dead letter, and is tried again when somebody says so", async () => {
    const desk = desks.get("laposte")!;
    const wrong = Object.fromEntries(desk.carrier.credentialFields.map((field) => [field, "not-the-credential"]));
    const added = await addAccount("laposte", wrong);
    if (added.status === 400) return;
    await addParcels("laposte", 2);
    const letter = await program.until(async () => {
      const { items } = (await program.call("/v1/dead-letters", { key })).json();
      return items.find((each: Letter) => each.kind === "outbound" && each.source === "laposte") ?? null;
    }, "the dead letter");
    assert.deepEqual([letter.source, letter.code, letter.shipment], ["laposte", "credential-refused", null]);
    const refusals = desk.counts.refused;
    const retried = await program.call(`/v1/dead-letters/${letter.id}/retry`, { key, headers: json, body: "{}" });
    assert.equal(retried.status, 202);
    await program.until(async () => desk.counts.refused > refusals, "the carrier to be asked again");
    await program.until(async () => {
      const { items } = (await program.call("/v1/dead-letters", { key })).json();
      return items.some((each: Letter) => each.kind === "outbound" && each.source === "laposte");
    }, "the letter to be back");
    const triage = (body: object) => program.call("/v1/dead-letters/triage", { key, headers: json, body: JSON.stringify(body) });
    assert.equal((await triage({ state: "dismissed", reason: "credential" })).json().code, "invalid_field", "not all by leaving it out");
    assert.equal((await triage({ source: "laposte", state: "dismissed" })).json().code, "invalid_field", "not without a reason");
    const said = { source: "laposte", state: "dismissed", reason: "credential", reference: "OPS-17" };
    assert.deepEqual((await triage(said)).json(), { changed: 1 });
    const waiting = program.command("dead-letters", "list", "--tenant", tenant);
    assert.doesNotMatch(waiting, /laposte/);
    const dismissed = program.command("dead-letters", "list", "--tenant", tenant, "--state", "dismissed", "--json");
    assert.deepEqual(JSON.parse(dismissed).decision.reason, "credential");
    assert.match(program.command("dead-letters", "reopen", "--tenant", tenant, "--source", "laposte"), /^1 open/);
    const all = await program.call("/v1/dead-letters/retry", { key, headers: json, body: JSON.stringify({ source: "laposte" }) });
    assert.deepEqual([all.status, all.json()], [202, { retried: 1, refused: 0, more: false }]);
  });

  test("how each carrier has answered stands in the register's list, and nothing personal in any log", async () => {
    const { items } = (await program.call("/v1/carriers", { key })).json();
    const gls = items.find(({ source }: { source: string }) => source === "gls");
    assert.ok(gls.health.days30.calls > 0);
    assert.equal(gls.health.days30.budgetLeft, 1);
    assert.ok(gls.health.days30.numbers >= gls.health.days30.calls);
    assert.deepEqual([gls.limits.batchMax, gls.polling.quotas[0].unit], [10, "calls"]);
    const accounts = (await program.call("/v1/carrier-accounts", { key })).json().items;
    const [quota] = accounts.find(({ source }: { source: string }) => source === "gls").quotas;
    assert.deepEqual([quota.unit, quota.count, quota.windowMs], ["calls", 500, 24 * hour]);
    assert.ok(quota.leftNow < 100, "a fifth may go at once, and some have gone");
    const metrics = await program.until(async () => {
      const { text } = await program.call("/metrics");
      return /^parcelkeep_egress_calls_total\{outcome="answered",recipient="gls"\} \d/m.test(text) ? text : null;
    }, "what the outbound process counts at the front");
    for (const name of [
      "calls_30d",
      "numbers_30d",
      "rate_limited_30d",
      "error_budget_left",
      "breaker_open",
      "calls_under_way",
      "shipments_due",
    ])
      assert.match(metrics, new RegExp(`^parcelkeep_connector_${name}\\{source="gls"\\} \\d`, "m"), name);
    assert.match(metrics, /^parcelkeep_connector_rate_limited_30d\{source="dhl-unified"\} [1-9]/m);
    assert.match(metrics, /^parcelkeep_connector_accounts_held\{source="bring"\} 1$/m);
    for (const carrier of ["gls", "fedex", "postnl"]) {
      for (const { number } of world.parcels(carrier)) assert.ok(!program.output.includes(number));
    }
    assert.doesNotMatch(program.output, /Musterweg/);
  });

  test("the key that hands answers in does nothing else", async () => {
    const ingressKey = readFileSync(join(program.dataDir, "secrets", "ingress.key"), "utf8").trim();
    for (const [path, options] of [
      ["/v1/tenants", { headers: json, body: '{"name":"X"}' }],
      ["/v1/shipments", { headers: { "parcelkeep-tenant": tenant } }],
      ["/v1/carrier-accounts", { headers: { "parcelkeep-tenant": tenant } }],
    ] as const) {
      assert.equal((await program.call(path, { key: ingressKey, ...options })).status, 403, path);
    }
  });
});
