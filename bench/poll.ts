import { execSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { CarrierClient } from "../src/carriers/client.ts";
import { packShipment } from "../src/domain/packed-shipment.ts";
import { nothingForbidden } from "../src/domain/release-decision.ts";
import { shipmentOf } from "../src/domain/shipment.ts";
import { clients } from "../src/main/outbound/clients.ts";
import type { CallOutcome, PolledShipment } from "../src/main/outbound/carrier-calls.ts";
import { holdFolder } from "../src/main/data-folder.ts";
import { PollSchedule } from "../src/main/outbound/poll-schedule.ts";
import { readRegisterFiles } from "../src/main/outbound/register-files.ts";
import { FairTurns } from "../src/outbound/polling/fair-turns.ts";
import { outboundStore } from "../src/store/outbound-store.ts";
import { ownerRole } from "../src/store/roles.ts";
import { formatToken, tokenOf } from "../src/vault/token.ts";

/**
 * `node bench/poll.ts`: how many polls are planned a second with 100,000 tracked shipments, and how fair it is: one merchant with most of them, and one with a
 * hundred, at one carrier. Real database and schedule; carriers answer at once or after a while, and take everything. `BENCH_SHIPMENTS` makes it smaller, `BENCH_WRITE=1` writes
 * RESULTS-poll.md.
 */
const shipments = Number(process.env["BENCH_SHIPMENTS"] ?? 100_000);
const smallShipments = 100;
const others = 20;
/** So long a carrier takes for an answer in the legs about fairness. */
const answerMs = 20;

const dataDir = await mkdtemp(join(tmpdir(), "bench-poll-"));
const folder = await holdFolder(dataDir, () => {});
const figures: Record<string, string | number> = {
  machine: `${cpus()[0]!.model}, ${cpus().length} cores, node ${process.version}`,
  commit: execSync("git rev-parse --short HEAD", { encoding: "utf8" }).trim(),
  shipments,
};
try {
  const owner = new pg.Pool({ ...folder.postgres.connection(ownerRole), max: 2 });
  const pool = new pg.Pool({ ...folder.postgres.connection("parcelkeep_outbound"), max: 6 });
  const store = outboundStore(pool);
  const tenants = Array.from({ length: others + 2 }, () => randomUUID());
  const [large, small] = tenants as [string, string];
  const state = packShipment(plainState());
  await plant(
    owner,
    tenants,
    (tenant) => (tenant === large ? shipments - smallShipments - others * 1_000 : tenant === small ? smallShipments : 1_000),
    state,
  );

  const began = performance.now();
  let enrolled = 0;
  for (let more = 1; more > 0;) enrolled += more = await store.enrol(10_000);
  figures["taken up a second"] = Math.round((enrolled / (performance.now() - began)) * 1000);

  const batched = await drain(0, 200);
  figures["polls planned and settled a second, batches of 200"] = batched.perSecond;
  await owner.query("update parcelkeep.poll_due set next_at = now(), polled_at = null");
  const single = await drain(0, 1, Math.min(shipments, 20_000));
  figures["polls planned and settled a second, one number a call"] = single.perSecond;

  await owner.query("update parcelkeep.poll_due set next_at = now(), polled_at = null");
  const fair = await drain(answerMs, 10, Math.min(shipments, 20_000));
  const last = fair.polls.lastIndexOf(small);
  const share = fair.polls.slice(0, last + 1).filter((tenant) => tenant === small).length / (last + 1);
  figures[`share of the merchant with ${smallShipments} of ${shipments} parcels until it was done, ${tenants.length} merchants waiting`] =
    round(share);
  figures["an equal share would be"] = round(1 / tenants.length);
  figures["its share where the longest due goes first"] = round(smallShipments / shipments);
  const largeShare = fair.polls.slice(0, last + 1).filter((tenant) => tenant === large).length / (last + 1);
  figures["share of the largest merchant meanwhile"] = round(largeShare);

  async function drain(
    waitMs: number,
    batchMax: number,
    polled = shipments,
  ): Promise<{ readonly perSecond: number; readonly polls: readonly string[] }> {
    const polls: string[] = [];
    const client: CarrierClient = { ...clients.get("gls")!, batchMax };
    const entry = { ...readRegisterFiles().find(({ source }) => source === "gls")!, polling: { quotas: [], cadenceMs: 0 } };
    let ring: () => void = () => {};
    const ask = async (
      account: { readonly tenant: string },
      _client: CarrierClient,
      _quotas: unknown,
      _basis: string,
      asked: readonly PolledShipment[],
    ): Promise<CallOutcome> => {
      for (const _ of asked) polls.push(account.tenant);
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      return { kind: "answered", answered: asked.map(({ shipment }) => shipment), unresolved: [] };
    };
    const schedule = new PollSchedule({
      store,
      calls: { ask, quotaWaitMs: () => 0, learnQuotas: async () => {}, keep: () => {}, freeAt: () => null },
      feedsOf: () => ({ turn: async () => {}, isFed: () => false }),
      resilience: { waitMs: () => 0, keep: () => {} },
      turns: new FairTurns({ total: 8, perSource: 8, perAccount: 2 }),
      clients: new Map([["gls", client]]),
      entryOf: async () => entry,
      policyOf: async () => nothingForbidden,
      now: Date.now,
      random: Math.random,
      ended: () => ring(),
      failed: (error) => {
        throw error;
      },
    });
    const start = performance.now();
    while (polls.length < polled) {
      const ended = new Promise<void>((resolve) => (ring = resolve));
      const restMs = await schedule.turn();
      if (restMs > 0) await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, Math.min(restMs, 100)))]);
    }
    await schedule.settled();
    return { perSecond: Math.round((polls.length / (performance.now() - start)) * 1000), polls };
  }
  await Promise.all([owner.end(), pool.end()]);
} finally {
  await folder.release();
  await rm(dataDir, { recursive: true, force: true });
}
for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name.padEnd(90)} ${value}\n`);
if (process.env["BENCH_WRITE"] === "1") writeFileSync(join(import.meta.dirname, "RESULTS-poll.md"), results());

async function plant(owner: pg.Pool, tenants: readonly string[], countOf: (tenant: string) => number, packed: string): Promise<void> {
  const token = formatToken("eu1", "trackingNumber", tokenOf(randomBytes(19), 0));
  const state = JSON.stringify({ ...JSON.parse(packed), numbers: [token], main: [0, 0] });
  for (const tenant of tenants) {
    await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'bench')", [tenant]);
    await owner.query(
      "select parcelkeep.add_carrier_account(gen_random_uuid(), $1, 'gls', '{gls}', 0::smallint, gen_random_uuid(), 1, '', '')",
      [tenant],
    );
    await owner.query(
      "insert into parcelkeep.shipments (id, tenant, carrier, state, created_at) select gen_random_uuid(), $1, 'gls', $2, now() - make_interval(secs => n) from generate_series(1, $3) n",
      [tenant, state, countOf(tenant)],
    );
  }
  await owner.query("analyze parcelkeep.shipments");
}

function results(): string {
  const rows = Object.entries(figures).map(([name, value]) => `| ${name} | ${value} |`);
  return [
    "# Planning what carriers are asked",
    "",
    "`node scripts/run.mjs bench/poll.ts`: the real table and schedule; carriers answer at once, or after 20 ms in the legs about fairness. Resolving the numbers and the call itself come on top.",
    "",
    "| figure | value |",
    "|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function plainState() {
  return shipmentOf({
    estimatedDelivery: null,
    estimateKnowledge: null,
    announced: true,
    carrierClaims: [],
    events: [],
    summaries: [],
    personal: [],
    texts: [],
    mainNumber: null,
    numbers: [],
    references: [],
    parents: [],
  });
}

function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
