import { execSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { leg } from "./legs.ts";
import type { Leg } from "./load.ts";
import { processorTime, usedBetween } from "./processor-time.ts";
import { Target } from "./target.ts";

/**
 * `npm run bench`: the figures of ingest and of cached reads, as ratios to a bare Fastify in the same run, on one machine that load generator, server,
 * worker and database share. Legs are interleaved, figures are medians. `BENCH_WRITE=1` writes `RESULTS.md`. Letters after it choose some of the figures:
 * `npm run bench -- a b`.
 */
const chosen = new Set(process.argv.slice(2));
const isChosen = (...letters: string[]): boolean => chosen.size === 0 || letters.some((letter) => chosen.has(letter));
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 3);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 5);
const warmSeconds = Number(process.env["BENCH_WARM_SECONDS"] ?? 10);
const tokens = Number(process.env["BENCH_TOKENS"] ?? 1_000_000);
const connections = 192;
const preparedMax = 60_000;

const bare = spawn(process.execPath, [join(import.meta.dirname, "bare-server.ts")], { stdio: ["ignore", "pipe", "inherit"] });
const bareUrl = await new Promise<string>((resolve) => bare.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim())));
const figures: [name: string, value: string | number][] = [];
const note = (name: string, value: string | number): void => {
  figures.push([name, value]);
  process.stdout.write(`${name}: ${value}\n`);
};
note("machine", `${cpus()[0]!.model}, ${cpus().length} cores, node ${process.version}`);
note("commit", execSync("git rev-parse --short HEAD", { encoding: "utf8" }).trim());
note("rounds x seconds, connections", `${rounds} x ${seconds}, ${connections}`);

const target = await Target.start();
const bareMix = { ...target.mix(2_000), fedexPath: "/hook", aftershipPath: "/hook" };
const bareLeg = (): Promise<Leg> => leg({ url: `${bareUrl}/hook`, connections, seconds, mix: bareMix, repeat: true });
let spent: Record<string, number> = {};
try {
  if (isChosen("a", "b", "d")) {
    const rate = await ingestAgainstBare();
    if (isChosen("b", "d")) await halfLoad(Number(process.env["BENCH_RATE"] ?? rate / 2));
  }
  if (isChosen("c")) await cachedReads();
  if (isChosen("e")) await manyTokens();
  if (isChosen("f")) await compression();
} finally {
  bare.kill();
  await target.remove();
}

const table = `| figure | value |\n|---|---|\n${figures.map(([name, value]) => `| ${name} | ${value} |`).join("\n")}\n`;
const parts = Object.entries(spent).toSorted(([, one], [, other]) => other - one);
const spending = `| part | microseconds of processor time per request of (a) |\n|---|---|\n${parts.map(([part, used]) => `| ${part} | ${Math.round(used)} |`).join("\n")}\n`;
process.stdout.write(`\n${table}\n${spending}\n${JSON.stringify({ figures: Object.fromEntries(figures), spent })}\n`);
if (process.env["BENCH_WRITE"] !== undefined) {
  const path = join(import.meta.dirname, "RESULTS.md");
  writeFileSync(
    path,
    `# Results of \`npm run bench\`\n\nNote and reading: [README.md](README.md).\n\n${table}\n## What a request costs\n\n${spending}`,
  );
}

/** @returns requests a second. */
async function ingestAgainstBare(): Promise<number> {
  await leg({ url: target.url, connections, seconds: warmSeconds, mix: target.mix(preparedMax) });
  const pairs: { readonly bare: Leg; readonly ingest: Leg }[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = processorTime();
    const base = await bareLeg();
    const between = processorTime();
    const ingest = await leg({ url: target.url, connections, seconds, mix: target.mix(preparedMax) });
    const used = usedBetween(between, processorTime());
    spent = { "bare Fastify, for comparison": usedBetween(before, between)["bare"]! / base.accepted };
    for (const [part, time] of Object.entries(used)) if (part !== "bare" && part !== "load generator") spent[part] = time / ingest.accepted;
    pairs.push({ bare: base, ingest });
  }
  const rate = median(pairs.map((pair) => pair.ingest.rate));
  note("(a) ingest, requests/s", Math.round(rate));
  note("(a) bare Fastify, requests/s", Math.round(median(pairs.map((pair) => pair.bare.rate))));
  note("(a) ratio (at least 0.25)", rounded(median(pairs.map((pair) => pair.ingest.rate / pair.bare.rate))));
  note(
    "(a) p50 / p99 at full load, ms",
    `${median(pairs.map((pair) => pair.ingest.p50))} / ${median(pairs.map((pair) => pair.ingest.p99))}`,
  );
  note(
    "(a) refused",
    pairs.reduce((sum, pair) => sum + pair.ingest.refused, 0),
  );
  return rate;
}

async function halfLoad(rate: number): Promise<void> {
  await target.drained();
  const probing = target.timeToVisible(seconds * 2 * 1000);
  const half = await leg({ url: target.url, connections, seconds: seconds * 2, rate, mix: target.mix(Math.ceil(rate * seconds * 2.2)) });
  const visible = (await probing).toSorted((one, other) => one - other);
  note("(b) half of that load, requests/s", Math.round(half.rate));
  note("(b) p50 / p99, ms (aim p99 10)", `${half.p50} / ${half.p99}`);
  note("(d) hook to visible at that load, p50 / p99, ms (aim p99 100)", `${at(visible, 0.5)} / ${at(visible, 0.99)} of ${visible.length}`);
}

async function cachedReads(): Promise<void> {
  await target.drained();
  const path = await target.trackPath();
  const ratios: number[] = [];
  await leg({ url: `${target.url}${path}`, connections, seconds });
  for (let round = 0; round < rounds; round++) {
    const constant = await leg({ url: `${bareUrl}/constant`, connections, seconds });
    ratios.push((await leg({ url: `${target.url}${path}`, connections, seconds })).rate / constant.rate);
  }
  note("(c) cached tracking read / bare GET (aim 0.85)", rounded(median(ratios)));
}

async function manyTokens(): Promise<void> {
  const full = await Target.start();
  try {
    await full.fillTokens(tokens);
    for (const each of [target, full]) await leg({ url: each.url, connections, seconds: warmSeconds / 2, mix: each.mix(preparedMax) });
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const empty = await leg({ url: target.url, connections, seconds, mix: target.mix(preparedMax) });
      ratios.push((await leg({ url: full.url, connections, seconds, mix: full.mix(preparedMax) })).rate / empty.rate);
    }
    note(`(e) ingest with ${tokens} tokens more / without (aim 0.9)`, rounded(median(ratios)));
  } finally {
    await full.remove();
  }
}

async function compression(): Promise<void> {
  const never = await Target.start({ PARCELKEEP_COMPRESSION: "never" });
  const always = await Target.start({ PARCELKEEP_COMPRESSION: "always" });
  try {
    for (const each of [never, always]) await leg({ url: each.url, connections, seconds: warmSeconds / 2, mix: each.mix(preparedMax) });
    const legs: { readonly never: Leg; readonly always: Leg }[] = [];
    for (let round = 0; round < rounds; round++) {
      const plain = await leg({ url: never.url, connections, seconds, mix: never.mix(preparedMax) });
      legs.push({ never: plain, always: await leg({ url: always.url, connections, seconds, mix: always.mix(preparedMax) }) });
    }
    note("(f) stored bytes per payload byte, compressed (aim 0.6)", rounded(await always.storedPerPayloadByte()));
    note("(f) the same, not compressed", rounded(await never.storedPerPayloadByte()));
    note("(f) ingest compressed / not compressed", rounded(median(legs.map((each) => each.always.rate / each.never.rate))));
  } finally {
    await never.remove();
    await always.remove();
  }
}

function at(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.floor(sorted.length * share)] ?? Number.NaN) * 10) / 10;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
