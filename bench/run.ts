import autocannon from "autocannon";
import { execSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { RunningProgram } from "../test/support/running-program.ts";
import { type SignedBody, signedBodies } from "./bodies.ts";

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 3);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 4);
const connections = 64;
const secret = "bench-secret";

interface Leg {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly refused: number;
}

/** One leg of load. @param next gives each request its own body. */
async function leg(url: string, next: (() => SignedBody) | null, overallRate?: number): Promise<Leg> {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    ...(overallRate === undefined ? {} : { overallRate }),
    ...(next === null
      ? {}
      : { method: "POST" as const, requests: [{ setupRequest: (request: object) => ({ ...request, ...next() }) }] as never }),
  });
  return {
    rate: result["2xx"] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    refused: result.non2xx + result.errors,
  };
}

const bare = spawn(process.execPath, [join(import.meta.dirname, "bare-server.ts")], { stdio: ["ignore", "pipe", "inherit"] });
const bareUrl = await new Promise<string>((resolve) => bare.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim())));
const program = new RunningProgram({ PARCELKEEP_TENANT_RATE: "1000000", PARCELKEEP_TENANT_BURST: "1000000" });
const figures: Record<string, unknown> = {
  cpu: cpus()[0]!.model,
  cores: cpus().length,
  node: process.version,
  commit: execSync("git rev-parse --short HEAD", { encoding: "utf8" }).trim(),
  rounds,
  seconds,
  connections,
};
try {
  await program.start();
  const { tenant, apiKey } = JSON.parse(program.command("tenants", "create", "--name", "Bench", "--json"));
  const { id } = JSON.parse(program.command("endpoints", "create", "--tenant", tenant, "--source", "fedex", "--secret", secret, "--json"));
  const hook = `${program.url}/v1/hooks/${id}`;
  const generator = signedBodies(secret, String(Date.now() % 1000).padStart(3, "0"));
  const prepare = (count: number): (() => SignedBody) => {
    const prepared = Array.from({ length: count }, () => generator.next().value as SignedBody);
    let at = 0;
    return () => prepared[at++] ?? (generator.next().value as SignedBody);
  };
  await leg(hook, prepare(10_000));
  const pairs: { ingest: Leg; bare: Leg }[] = [];
  for (let round = 0; round < rounds; round++)
    pairs.push({ bare: await leg(`${bareUrl}/hook`, prepare(1)), ingest: await leg(hook, prepare(30_000)) });
  const ingestRate = median(pairs.map((pair) => pair.ingest.rate));
  figures["a_ingest_per_s"] = Math.round(ingestRate);
  figures["a_bare_per_s"] = Math.round(median(pairs.map((pair) => pair.bare.rate)));
  figures["a_ratio"] = rounded(median(pairs.map((pair) => pair.ingest.rate / pair.bare.rate)));
  figures["a_refused"] = pairs.reduce((sum, pair) => sum + pair.ingest.refused, 0);

  await program
    .until(async () => /parcelkeep_inbox_depth 0\n/.test((await program.call("/metrics")).text), "the inbox to drain")
    .catch(() => {});
  const half = await leg(hook, prepare(20_000), Math.round(ingestRate / 2));
  figures["b_half_load_p50_ms"] = half.p50;
  figures["b_half_load_p99_ms"] = half.p99;

  const { items } = (await program.call("/v1/shipments?limit=1", { key: apiKey })).json();
  const reads: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const constant = await leg(`${bareUrl}/constant`, null);
    reads.push((await leg(`${program.url}/v1/track/${items[0].publicId}`, null)).rate / constant.rate);
  }
  figures["c_cached_read_ratio"] = rounded(median(reads));
} finally {
  bare.kill();
  await program.remove();
}
const table = Object.entries(figures).map(([name, value]) => `| ${name} | ${String(value)} |`);
process.stdout.write(`| figure | value |\n|---|---|\n${table.join("\n")}\n${JSON.stringify(figures)}\n`);
if (process.env["BENCH_WRITE"] !== undefined) {
  writeFileSync(
    join(import.meta.dirname, "RESULTS.md"),
    `# Results of \`npm run bench\`\n\nLoad generator, server, worker and database share the cores; worker and archivist run during every leg. Legs interleaved, medians.\n\n| figure | value |\n|---|---|\n${table.join("\n")}\n`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
