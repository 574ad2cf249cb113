import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { parseKey } from "../src/audit/note.ts";
import { policyOfKey } from "../src/audit/policy.ts";
import { verifyLog } from "../src/audit/verify.ts";
import { keysFile, logFolder } from "../src/main/audit/audit-files.ts";
import { pointersOf } from "../src/main/settings/object-stores.ts";
import { readConfig } from "../src/main/config.ts";
import { keyFolder } from "../src/main/keys/key-paths.ts";
import { programLog } from "../src/main/log.ts";
import { Sequencer } from "../src/main/audit/sequencer.ts";
import { auditStore } from "../src/store/audit-store.ts";
import { startEmbeddedPostgres } from "../src/store/embedded/server.ts";
import { migrate } from "../src/store/migrate.ts";
import { ownerRole } from "../src/store/roles.ts";
import { createLocalKeys } from "../src/vault/keys/local/key-folder.ts";
import { recycleLog } from "./recycled-log.ts";

/**
 * `node scripts/run.mjs bench/audit.ts`: entries of the audit log a second, all on one machine: written down by those who do something (durable with their transaction), given their
 * places by the sequencer (durable, with the tree's hashes), published (tiles, bundles, signed checkpoint, each flushed to disk), and verified by an outsider from the
 * files and the key alone. The baseline is a table that takes the same bytes in transactions of the same size. `BENCH_ENTRIES` (200,000), `BENCH_WRITE=1` writes RESULTS-audit.md.
 */
const entries = Number(process.env["BENCH_ENTRIES"] ?? 200_000);
const writers = 4;
/** Entries of one transaction: a busy process notes what it does in groups, as ingest does. */
const entriesAtOnce = 256;

const dataDir = await mkdtemp(join(tmpdir(), "parcelkeep-bench-"));
const server = await startEmbeddedPostgres({ dataDir, log: () => {} });
const owner = new pg.Pool({ ...server.connection(ownerRole), max: writers + 1 });
const sequencing = new pg.Pool({ ...server.connection("parcelkeep_sequencer"), max: 2 });
const figures: [name: string, value: string | number][] = [
  ["machine", `${cpus()[0]!.model}, ${cpus().length} cores, node ${process.version}`],
];
const note = (name: string, value: string | number): void => {
  figures.push([name, value]);
  process.stdout.write(`${name}: ${value}\n`);
};

try {
  const client = await owner.connect();
  await migrate(client);
  client.release();
  await createLocalKeys(keyFolder(dataDir));
  await recycleLog(server.url(ownerRole));
  await owner.query("create table bench_lines (id bigint generated always as identity primary key, body text not null)");
  const config = {
    ...readConfig({ PARCELKEEP_DATA: dataDir, PARCELKEEP_AUDIT_ORIGIN: "bench.example" }),
    auditPublishMs: Number.MAX_SAFE_INTEGER,
  };
  const sequencer = await Sequencer.open(config, auditStore(sequencing), programLog("silent", "bench"));

  const plain = await written(
    "insert into bench_lines (body) select jsonb_build_object('subject', gen_random_uuid()::text, 'kind', 'bench')::text from generate_series(1, $1::int)",
    Math.min(entries, 200_000),
  );
  note("plain rows, durable, a second (baseline)", Math.round(plain));
  const noted = await written(
    "select parcelkeep.audit('tenant.created', null, jsonb_build_object('subject', gen_random_uuid()::text)) from generate_series(1, $1::int)",
    entries,
  );
  note(`entries written down, durable, in transactions of ${entriesAtOnce}, a second (aim 20,000)`, Math.round(noted));
  note("entries written down / plain rows", rounded(noted / plain));

  const placed = await perSecond(async () => {
    while (await sequencer.turn()) {
      // Until nothing waits.
    }
  });
  note("entries given their places, durable, a second (aim 20,000)", Math.round(placed));
  const published = await perSecond(() => sequencer.turn({ publishNow: true }));
  note("entries published and signed, a second", Math.round(published));

  const shard = String(new Date().getUTCFullYear());
  const folder = join(dataDir, "exported");
  await cp(join(dataDir, "objects", logFolder(shard)), folder, { recursive: true });
  await cp(join(dataDir, "audit", shard), folder, { recursive: true });
  const key = (await (await pointersOf(config)).read(keysFile))!.split("\n").find((line) => line.includes(shard))!;
  let size = 0;
  const verified = await perSecond(async () => {
    size = (await verifyLog(folder, policyOfKey(parseKey(key)))).size;
  });
  note("entries verified by an outsider, a second", Math.round(verified));
  note(`time to verify ${size} entries, s`, rounded(entries / verified));
} finally {
  await owner.end();
  await sequencing.end();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}

const table = `| figure | value |\n|---|---|\n${figures.map(([name, value]) => `| ${name} | ${value} |`).join("\n")}\n`;
process.stdout.write(`\n${table}\n${JSON.stringify(Object.fromEntries(figures))}\n`);
if (process.env["BENCH_WRITE"] !== undefined)
  await writeFile(
    join(import.meta.dirname, "RESULTS-audit.md"),
    `# Results of \`bench/audit.ts\`\n\nNote and reading: [README.md](README.md).\n\n${table}`,
  );

/** Several connections at once. @returns rows a second. */
async function written(statement: string, count: number): Promise<number> {
  const startedAt = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (left > 0) {
        const some = Math.min(entriesAtOnce, left);
        left -= some;
        await owner.query(statement, [some]);
      }
    }),
  );
  return (count / (performance.now() - startedAt)) * 1000;
}

/** @returns entries a second, where `work` does them all. */
async function perSecond(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (entries / (performance.now() - startedAt)) * 1000;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
