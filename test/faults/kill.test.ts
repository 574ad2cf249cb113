import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import pg from "pg";
import { readSegment } from "../../src/archive/segment.ts";
import { unpackShipment } from "../../src/domain/packed-shipment.ts";
import { type HostileQueue, startHostileQueue } from "../support/hostile-queue.ts";
import { RunningProgram } from "../support/running-program.ts";

const killsByInbox = Number(process.env["PARCELKEEP_KILLS"] ?? 3);
const killsByQueue = Number(process.env["PARCELKEEP_QUEUE_KILLS"] ?? 2);
const senders = 8;
const secret = "kill-secret";

test(`loses nothing that it acknowledged over ${killsByInbox} kills`, { timeout: 1_500_000 }, (t) => losesNothing(t, killsByInbox, null));

test(`loses nothing over ${killsByQueue} kills with a queue that loses, repeats and is away`, { timeout: 1_500_000 }, async (t) => {
  const queue = await startHostileQueue(t);
  await losesNothing(t, killsByQueue, queue);
  assert.ok(queue.faults.repeated > 0 && queue.faults.answerLost > 0, JSON.stringify(queue.faults));
  t.diagnostic(JSON.stringify(queue.faults));
});

/**
 * Kills the program at random moments under load (the program itself, one of its processes, or the database) and starts it again. In the end every
 * request that was answered with 202 must be found exactly once in the raw archive and in the index.
 */
async function losesNothing(t: TestContext, kills: number, queue: HostileQueue | null): Promise<void> {
  const program = new RunningProgram({
    PARCELKEEP_SEGMENT_AGE_MS: "300",
    PARCELKEEP_LOG_LEVEL: "silent",
    PARCELKEEP_TENANT_RATE: "100000",
    PARCELKEEP_TENANT_BURST: "100000",
    ...queue?.env,
  });
  t.after(() => program.remove());
  await program.start();
  const { tenant, apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Kill", "--json"));
  const hook = `/v1/hooks/${JSON.parse(program.command("endpoints", "create", "--tenant", tenant, "--source", "fedex", "--secret", secret, "--json")).id}`;

  /** Receipt of each acknowledged number. */
  const acknowledged = new Map<string, string>();
  let serial = 0;
  let loading = true;
  const send = async (): Promise<void> => {
    while (loading) {
      const number = String(700_000_000_000 + serial++);
      const body = payload(number);
      const headers = { "content-type": "application/json", "fdx-signature": createHmac("sha256", secret).update(body).digest("base64") };
      const answer = await program.call(hook, { body, headers }).catch(() => null);
      if (answer?.status === 202) acknowledged.set(number, answer.json().receipt);
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const load = Array.from({ length: senders }, send);
  for (let kill = 0; kill < kills; kill++) {
    const before = acknowledged.size;
    await program.until(async () => acknowledged.size > before + Math.random() * 200, "acknowledgements under load");
    if (queue !== null) queue.isAway = kill % 3 === 1;
    const victim = ["program", "program", "role", "database"][Math.floor(Math.random() * 4)]!;
    if (victim === "role") {
      const children = readFileSync(`/proc/${program.pid}/task/${program.pid}/children`, "utf8").trim().split(" ").map(Number);
      process.kill(children[Math.floor(Math.random() * children.length)]!, "SIGKILL");
    }
    if (victim === "database")
      process.kill(Number(readFileSync(join(program.dataDir, "postgres", "postmaster.pid"), "utf8").split("\n")[0]), "SIGKILL");
    await program.stop("SIGKILL");
    await program.start();
  }
  loading = false;
  await Promise.all(load);
  queue?.calm();
  assert.ok(acknowledged.size > kills * 2);

  const client = new pg.Client(program.databaseUrl);
  await client.connect();
  await program.until(
    async () => (await client.query("select count(*)::int as left from parcelkeep.inbox")).rows[0].left === 0,
    "the inbox to drain",
    120_000,
  );
  await program.until(
    async () => (await client.query("select count(*)::int as left from parcelkeep.raw_batches")).rows[0].left === 0,
    "the archive to catch up",
  );

  const archived = new Map<string, number>();
  const count = (id: Uint8Array): void => {
    const hex = Buffer.from(id).toString("hex");
    archived.set(hex, (archived.get(hex) ?? 0) + 1);
  };
  const objects = join(program.dataDir, "objects");
  for (const name of readdirSync(objects, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".pkseg")) for (const record of readSegment(readFileSync(join(objects, name)))) count(record.recordId);
  }

  const { rows } = await client.query<{ id: string; state: string; shipments: string[] }>(
    "select receipt.* from parcelkeep.records, parcelkeep.receipt($1, records.id) as receipt",
    [tenant],
  );
  const records = new Map(rows.map((row) => [row.id, row]));
  const holders = new Map<string, number>();
  const { rows: shipments } = await client.query<{ id: string; state: string }>("select id, state from parcelkeep.shipments");
  for (const { id, state } of shipments) holders.set(id, unpackShipment(state).events.length);
  await client.end();
  for (const [number, receipt] of acknowledged) {
    assert.equal(archived.get(receipt.replaceAll("-", "")), 1, `${number} in the raw archive`);
    const record = records.get(receipt);
    assert.equal(record?.state, "p", `${number} processed`);
    assert.equal(record!.shipments.length, 1);
    assert.equal(holders.get(record!.shipments[0]!), 1, `${number} in the index`);
  }
  const some = [...acknowledged.keys()].filter((_, index) => index % 97 === 0);
  for (const number of some) {
    const { items } = (await program.call(`/v1/shipments?carrier=fedex&trackingNumber=${number}`, { key })).json();
    assert.equal(items.length, 1, `${number} through the API`);
  }
  t.diagnostic(`${acknowledged.size} acknowledged, ${kills} kills, none lost, none twice`);
}

function payload(number: string): string {
  const trackResult = {
    trackingNumberInfo: { trackingNumber: number },
    recipientInformation: { contact: { personName: `Person ${number}` }, address: { city: "Musterstadt", countryCode: "DE" } },
    scanEvents: [
      {
        date: "2026-11-20T10:00:00+01:00",
        eventType: "PU",
        eventDescription: "Picked up",
        derivedStatusCode: "PU",
        scanLocation: { countryCode: "DE" },
      },
    ],
  };
  return JSON.stringify({ output: { completeTrackResults: [{ trackingNumber: number, trackResults: [trackResult] }] } });
}
