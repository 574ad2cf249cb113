import { randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { Committer } from "../src/main/intake/committer.ts";
import { Intake, type IntakeRequest } from "../src/main/intake/intake.ts";
import { TenantKeys } from "../src/main/keys/tenant-keys.ts";
import { startEmbeddedPostgres } from "../src/store/embedded/server.ts";
import { ingestStore } from "../src/store/ingest-store.ts";
import { migrate } from "../src/store/migrate.ts";
import { ownerRole } from "../src/store/roles.ts";
import { IngestSessions } from "../src/vault/ingest-session.ts";
import { signedBodies } from "./bodies.ts";

/**
 * `node bench/ingest.ts`: processor time per record of what an intake thread does, from a verified request to its durable commit, in its own process and in
 * the database; without HTTP, and with nothing else that uses the machine. `BENCH_WAITING` requests wait at a time, which decides how large batches are.
 */
const records = Number(process.env["BENCH_RECORDS"] ?? 20_000);
const waitingMax = Number(process.env["BENCH_WAITING"] ?? 96);
const warmRecords = 10_000;
const tenant = randomUUID();

const dataDir = await mkdtemp(join(tmpdir(), "parcelkeep-bench-"));
const server = await startEmbeddedPostgres({ dataDir, log: () => {} });
const owner = new pg.Client(server.connection(ownerRole));
await owner.connect();
const pool = new pg.Pool({ ...server.connection("parcelkeep_ingress"), max: 4, idleTimeoutMillis: 0 });
try {
  await migrate(owner);
  if (process.env["BENCH_SQL"] !== undefined) await owner.query(process.env["BENCH_SQL"]);
  await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'Bench')", [tenant]);
  const { intake, batches } = intakeThread();
  const bodies = requests();
  await ingest(intake, bodies, warmRecords);
  // What the worker and autovacuum keep short beside it.
  await owner.query("truncate parcelkeep.inbox");
  await owner.query("checkpoint");
  batches.length = 0;
  const before = { threads: threadTimes(), database: databaseTime(), wal: await walBytes(), at: performance.now() };
  await ingest(intake, bodies, records);
  const seconds = (performance.now() - before.at) / 1000;
  const threads = threadTimes();
  const perRecord = (used: number): number => Math.round((10 * used) / records) / 10;
  const walAfter = await walBytes();
  process.stdout.write(
    `${JSON.stringify({
      recordsPerSecond: Math.round(records / seconds),
      threadMicroseconds: perRecord(threads.main - before.threads.main),
      otherThreadsMicroseconds: perRecord(threads.others - before.threads.others),
      databaseMicroseconds: perRecord(databaseTime() - before.database),
      walBytes: Math.round((walAfter.bytes - before.wal.bytes) / records),
      walRecords: perRecord(walAfter.records - before.wal.records),
      fullPages: perRecord(walAfter.pages - before.wal.pages),
      batchRecords: Math.round(records / batches.length),
    })}\n`,
  );
} finally {
  await pool.end();
  await owner.end();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}

function intakeThread(): { readonly intake: Intake; readonly batches: number[] } {
  const batches: number[] = [];
  const keys = {
    currentEpoch: 1,
    derive: async (label: string) => Buffer.from(label.padEnd(32).slice(0, 32)),
    generateDataKey: async () => ({ plaintext: randomBytes(32), wrapped: randomBytes(60) }),
  } as never;
  const store = ingestStore(pool);
  const tenantKeys = new TenantKeys(keys, async () => []);
  const sessions = new IngestSessions(keys, (of, epoch, wrapped) => store.openSession(of, epoch, wrapped), Date.now);
  const committer = new Committer(store, sessions, "eu1", "auto", {
    settled: (blind, token, subject) => intake.settle(blind, token, subject),
    closed: (subjects) => intake.forget(new Set(subjects)),
    newestIndexKeys: (of) => tenantKeys.renewed(of),
    ended: ({ records }) => batches.push(records),
    failed: (error) => {
      throw error;
    },
  });
  const intake = new Intake(committer, tenantKeys, "eu1", Date.now, () => {});
  return { intake, batches };
}

function* requests(): Generator<IntakeRequest> {
  const bodies = signedBodies({ secret: "bench", fedexPath: "fedex", aftershipPath: "aftership", count: 0, leg: "123" });
  for (const { path: source, body } of bodies)
    yield {
      tenant,
      endpoint: source,
      source,
      contentType: "application/json",
      contentEncoding: "",
      idempotencyKey: null,
      body: Buffer.from(body),
    };
}

async function ingest(intake: Intake, bodies: Generator<IntakeRequest>, count: number): Promise<void> {
  // Made beforehand, so that their making is not counted.
  let sent = 0;
  let done = 0;
  const prepared = Array.from({ length: count }, () => bodies.next().value as IntakeRequest);
  await new Promise<void>((resolve, reject) => {
    const send = (): void => {
      if (sent === count) return;
      intake.receive(prepared[sent++]!, ({ state }) => {
        if (state !== "accepted") reject(new Error(`a record was ${state}`));
        if (++done === count) resolve();
        // As answers and new requests come in between.
        else setImmediate(send);
      });
    };
    for (let index = 0; index < waitingMax; index++) send();
  });
}

function threadTimes(): { readonly main: number; readonly others: number } {
  let main = 0;
  let others = 0;
  for (const thread of readdirSync("/proc/self/task")) {
    const used = microseconds(`/proc/self/task/${thread}/schedstat`);
    if (thread === String(process.pid)) main += used;
    else others += used;
  }
  return { main, others };
}

/** Processor time of the connections of ingress. */
function databaseTime(): number {
  let used = 0;
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("postgres: parcelkeep_ingress")) continue;
      const parent = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")[1];
      if (parent === String(server.pid)) used += microseconds(`/proc/${pid}/schedstat`);
    } catch {
      // The process ended while it was looked at.
    }
  }
  return used;
}

function microseconds(path: string): number {
  return Number(readFileSync(path, "utf8").split(" ")[0]) / 1000;
}

async function walBytes(): Promise<{ readonly bytes: number; readonly records: number; readonly pages: number }> {
  await owner.query("select pg_stat_force_next_flush()");
  const { rows } = await owner.query<{ bytes: string; records: string; pages: string }>(
    "select wal_bytes as bytes, wal_records as records, wal_fpi as pages from pg_stat_wal",
  );
  return { bytes: Number(rows[0]!.bytes), records: Number(rows[0]!.records), pages: Number(rows[0]!.pages) };
}
