import { execSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cpus } from "node:os";
import { readConfig } from "../src/main/config.ts";
import { runOpener } from "../src/main/releases/opener.ts";
import { ReleasingProgram } from "../test/support/releasing-program.ts";

/**
 * `node bench/release.ts`: from a person's approval to the carrier's answer, through granter, opener, signed head of the audit log and real TLS; and how long an opener takes to start and
 * look at a grant (there is none: it reads, answers and ends). Everything shares the machine.
 */
const transfers = Number(process.env["BENCH_TRANSFERS"] ?? 30);
const starts = Number(process.env["BENCH_STARTS"] ?? 30);

const release = new ReleasingProgram();
const delivered: number[] = [];
const sent: number[] = [];
const started: number[] = [];
try {
  await release.start({ PARCELKEEP_LOG_LEVEL: "warn" });
  await release.addShipment();
  const connection = { connectionString: release.program.command("db", "url").trim() };
  const config = readConfig(release.program.env);
  for (let at = 0; at < starts; at++) {
    const grant = {
      tenant: release.tenant,
      approved: randomUUID(),
      purpose: "transfer",
      id: randomUUID(),
      expiresAt: Date.now() + 60_000,
    } as const;
    const began = performance.now();
    await runOpener(config, { grant, connection, outside: { testHosts: [], authorities: null, proxy: null, ingress: null } });
    started.push(performance.now() - began);
    process.stderr.write(`opener ${Math.round(started.at(-1)!)} ms\n`);
  }
  let arrived: () => void = () => {};
  const answer = release.carrier.answer;
  release.carrier.answer = (handed) => {
    arrived();
    return answer(handed);
  };
  for (let at = 0; at < transfers; at++) {
    const view = await release.asked();
    const call = new Promise<void>((resolve) => (arrived = resolve));
    const began = performance.now();
    const approved = await release.approve(view);
    if (approved.status !== 200) throw new Error(`not approved: ${approved.text}`);
    // One that fails before its call would be waited for in vain.
    await Promise.race([call, release.until(view.id, "failed", "unknown", "execution-expired")]);
    sent.push(performance.now() - began);
    const done = await release.until(view.id, "delivered", "failed", "unknown");
    if (done.state !== "delivered") throw new Error(`a transfer ended as ${done.outcome}`);
    process.stderr.write(`transfer ${Math.round(sent.at(-1)!)} ms\n`);
    delivered.push(Date.parse(done.endedAt!) - Date.parse(done.decisions[0]!.at));
  }
} finally {
  await release.stop();
}

const at = (values: readonly number[], share: number): number =>
  Math.round(values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))]!);
const line = (name: string, values: readonly number[]): string => `| ${name} | ${at(values, 0.5)} | ${at(values, 0.95)} |\n`;
process.stdout.write(
  `${cpus()[0]!.model}, ${cpus().length} cores, node ${process.version}, commit ${execSync("git rev-parse --short HEAD", { encoding: "utf8" }).trim()}\n\n` +
    `| ms | p50 | p95 |\n|---|---|---|\n` +
    line("opener: start, database, grant looked for, end", started) +
    line("approval to the carrier's first byte of it", sent) +
    line("approval to outcome in the database", delivered),
);
