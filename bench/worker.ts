import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { packMessage } from "../src/domain/packed-message.ts";
import { codecs } from "../src/main/intake/sources.ts";
import { planTurn } from "../src/main/worker/plan-turn.ts";
import { startEmbeddedPostgres } from "../src/store/embedded/server.ts";
import { migrate } from "../src/store/migrate.ts";
import { ownerRole } from "../src/store/roles.ts";
import { takeTurn } from "../src/store/worker-store.ts";
import { indexKeys } from "../src/vault/blind-index.ts";
import { type KnownToken, tokenise } from "../src/vault/tokenise.ts";
import { signedBodies } from "./bodies.ts";

/**
 * `node bench/worker.ts`: processor time per job of the worker alone, in its own process and in the database. The inbox is filled with the messages of
 * the ingest bench: in the order of arrival there, where six messages of a parcel come in a row (`together`), and spread so that all of a turn's jobs
 * are of different parcels (`apart`).
 */
const jobsTotal = Number(process.env["BENCH_JOBS"] ?? 24_000);
const jobsMax = Number(process.env["BENCH_TURN_JOBS"] ?? 500);
const tenant = randomUUID();

interface Job {
  readonly lane: number;
  readonly message: string;
}

const dataDir = await mkdtemp(join(tmpdir(), "parcelkeep-bench-"));
const server = await startEmbeddedPostgres({ dataDir, log: () => {} });
const owner = new pg.Client(server.connection(ownerRole));
await owner.connect();
try {
  await migrate(owner);
  const together = await messagesAsReceived();
  // The first round lets the engine compile what is hot; a worker runs for days.
  for (const round of ["warm-up", "counted"]) {
    for (const [order, jobs] of Object.entries({ together, apart: spread(together) })) {
      await fillInbox(jobs);
      const figures = await drain();
      if (round === "counted") process.stdout.write(`${JSON.stringify({ order, jobs: jobs.length, ...figures })}\n`);
    }
  }
} finally {
  await owner.end();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}

async function messagesAsReceived(): Promise<readonly Job[]> {
  const keys = await indexKeys({ derive: async () => randomBytes(32) } as never, tenant);
  const known = new Map<string, KnownToken>();
  const jobs: Job[] = [];
  const bodies = signedBodies({ secret: "bench", fedexPath: "fedex", aftershipPath: "aftership", count: jobsTotal, leg: "123" });
  while (jobs.length < jobsTotal) {
    const { path: source, body } = bodies.next().value!;
    const decoded = codecs.get(source)!.decode(Buffer.from(body));
    if (!decoded.ok) throw new Error(`a bench body did not decode: ${decoded.reason}`);
    const { messages, lanes, claims } = tokenise(decoded.notices, source, "eu1", keys, known);
    for (const { entry, token, subject } of claims) known.set(entry.blind, { token, subject });
    jobs.push(...messages.map((message, index) => ({ lane: lanes[index]!, message: packMessage(message) })));
  }
  return jobs;
}

/** First messages of all parcels, then their second ones, and so on: the bodies are six of each of two parcels in turn. */
function spread(jobs: readonly Job[]): readonly Job[] {
  const rounds: Job[][] = [[], [], [], [], [], []];
  for (const [index, job] of jobs.entries()) rounds[Math.floor((index % 12) / 2)]!.push(job);
  return rounds.flat();
}

async function fillInbox(jobs: readonly Job[]): Promise<void> {
  await owner.query("truncate parcelkeep.inbox, parcelkeep.outcomes, parcelkeep.shipments, parcelkeep.shipment_numbers");
  for (let at = 0; at < jobs.length; at += 1000) {
    const some = jobs.slice(at, at + 1000);
    await owner.query(
      `insert into parcelkeep.inbox (lane, record, tenant, received_at, message)
       select lane, gen_random_uuid(), $3, now(), message from unnest($1::smallint[], $2::text[]) as job(lane, message)`,
      [some.map(({ lane }) => lane), some.map(({ message }) => message), tenant],
    );
  }
  await owner.query("vacuum analyze parcelkeep.inbox");
}

async function drain(): Promise<Record<string, number>> {
  const pool = new pg.Pool({ ...server.connection("parcelkeep_worker"), max: 1 });
  await pool.query("select 1");
  const before = { processor: process.cpuUsage(), database: await databaseMicroseconds(), wal: await walBytes(), at: performance.now() };
  let done = 0;
  for (let firstLane = 0; ; firstLane = (firstLane + 16) % 64) {
    const { jobs } = await takeTurn(pool, { firstLane, lanesMax: 16, jobsMax }, planTurn);
    if (jobs === 0) break;
    done += jobs;
  }
  const seconds = (performance.now() - before.at) / 1000;
  const { user, system } = process.cpuUsage(before.processor);
  const database = (await databaseMicroseconds()) - before.database;
  const wal = (await walBytes()) - before.wal;
  await pool.end();
  await owner.query("select pg_stat_force_next_flush()");
  const { rows } = await owner.query<{ shipments: number; state: number; updates: number; hot: number }>(
    `select count(*)::int as shipments, avg(length(state))::int as state,
       (select n_tup_upd from pg_stat_user_tables where relname = 'shipments')::int as updates,
       (select n_tup_hot_upd from pg_stat_user_tables where relname = 'shipments')::int as hot from parcelkeep.shipments`,
  );
  const { shipments, state, updates, hot } = rows[0]!;
  return {
    jobsPerSecond: Math.round(done / seconds),
    nodeMicroseconds: Math.round((10 * (user + system)) / done) / 10,
    databaseMicroseconds: Math.round((10 * database) / done) / 10,
    walBytes: Math.round(wal / done),
    shipments,
    stateBytes: state,
    hotShare: Math.round((100 * hot) / Math.max(1, updates)) / 100,
  };
}

/** Processor time of the worker's connections to the database. */
async function databaseMicroseconds(): Promise<number> {
  let ticks = 0;
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!command.startsWith("postgres: parcelkeep_worker")) continue;
    const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]!.split(" ");
    if (fields[1] === String(server.pid)) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10_000;
}

async function walBytes(): Promise<number> {
  const { rows } = await owner.query<{ bytes: string }>("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as bytes");
  return Number(rows[0]!.bytes);
}
