import { execSync } from "node:child_process";
import { cpus } from "node:os";
import { leg } from "./legs.ts";
import type { Leg } from "./load.ts";
import { Target } from "./target.ts";

/**
 * `node bench/rotation.ts`: how fast wraps move to a new epoch and index entries to a new key (local provider), and what that takes from ingest: legs with and
 * without a rotation take turns, and the figure is the ratio within a round. Load generator, program and rekeyer share the machine.
 */
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 3);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 5);
const sessions = Number(process.env["BENCH_SESSIONS"] ?? 3_000);
const entries = Number(process.env["BENCH_TOKENS"] ?? 50_000);
const connections = 64;
const preparedMax = 30_000;
/** No limit. */
const unlimited = 10_000_000;
const wrapsPerSession = 3;

const figures: [name: string, value: string | number][] = [
  ["machine", `${cpus()[0]!.model}, ${cpus().length} cores, node ${process.version}`],
  ["commit", execSync("git rev-parse --short HEAD", { encoding: "utf8" }).trim()],
  ["rounds x seconds, connections", `${rounds} x ${seconds}, ${connections}`],
  ["wraps, index entries", `${sessions * wrapsPerSession}, ${entries}`],
];
const target = await Target.start();
try {
  await target.plantSessions(sessions);
  await target.plantIndex(entries);
  const alone: number[] = [];
  const index: number[] = [];
  const shares: Record<string, number[]> = { "2000": [], unlimited: [] };
  const speeds: Record<string, number[]> = { "2000": [], unlimited: [] };
  await ingest();
  for (let round = 0; round < rounds; round++) {
    alone.push((await target.rotate(["epoch"], unlimited)).perSecond);
    index.push((await target.rotate(["blind-index", "--all"], unlimited)).perSecond);
    for (const [name, rate] of [
      ["2000", 2_000],
      ["unlimited", unlimited],
    ] as const) {
      const quiet = await ingest();
      const rotating = target.rotateFor(seconds * 1_000, rate);
      const loaded = await ingest();
      speeds[name]!.push(await rotating);
      shares[name]!.push(loaded.rate / quiet.rate);
      process.stderr.write(
        `round ${round}, limit ${name}: ${alone.at(-1)} wraps/s and ${index.at(-1)} entries/s alone; ${Math.round(speeds[name]!.at(-1)!)} wraps/s, ingest ${Math.round(loaded.rate)} of ${Math.round(quiet.rate)}/s\n`,
      );
    }
  }
  figures.push(
    ["wraps moved a second, nothing else running", median(alone)],
    ["index entries moved a second, nothing else running", median(index)],
  );
  for (const [name, share] of Object.entries(shares)) {
    figures.push([`ingest while rotating (limit ${name}), of ingest without`, Math.round(median(share) * 100) / 100]);
    figures.push([`wraps moved a second under that load (limit ${name})`, Math.round(median(speeds[name]!))]);
  }
} finally {
  await target.remove();
}
process.stdout.write(`| figure | value |\n|---|---|\n${figures.map(([name, value]) => `| ${name} | ${value} |`).join("\n")}\n`);

function ingest(): Promise<Leg> {
  return leg({ url: target.url, connections, seconds, mix: target.mix(preparedMax) });
}

function median(values: readonly number[]): number {
  return values.toSorted((one, two) => one - two)[Math.floor(values.length / 2)]!;
}
