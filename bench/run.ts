import { execSync, spawn } from "node:child_process";
import { statfsSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { IngressAlone } from "./ingress-alone.ts";
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
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 5);
const warmSeconds = Number(process.env["BENCH_WARM_SECONDS"] ?? 20);
const tokens = Number(process.env["BENCH_TOKENS"] ?? 1_000_000);
/** For ingest: enough that each intake thread has its next batches while those before them are sealed and written. */
const ingestConnections = Number(process.env["BENCH_CONNECTIONS"] ?? 1024);
const connections = 192;
const preparedMax = 60_000;

const figures: [name: string, value: string | number][] = [];
const note = (name: string, value: string | number): void => {
  figures.push([name, value]);
  process.stdout.write(`${name}: ${value}\n`);
};
note("machine", `${cpus()[0]!.model}, ${cpus().length} cores, node ${process.version}`);
note("commit", execSync("git rev-parse --short HEAD", { encoding: "utf8" }).trim());
note("data folder", dataFolderKind());
note("rounds x seconds", `${rounds} x ${seconds}, after ${warmSeconds} s to warm up`);

const spent: Record<string, Record<string, number>> = {};
if (isChosen("a", "b")) {
  const ingress = await IngressAlone.start();
  try {
    await ingestAlone(ingress);
  } finally {
    await ingress.remove();
  }
}
if (isChosen("a", "c", "d", "e", "f")) {
  const target = await Target.start();
  try {
    if (isChosen("a", "d")) await wholeProduct(target);
    if (isChosen("c")) await cachedReads(target);
    if (isChosen("e")) await manyTokens(target);
    if (isChosen("f")) await compression();
  } finally {
    await target.remove();
  }
}

const table = `| figure | value |\n|---|---|\n${figures.map(([name, value]) => `| ${name} | ${value} |`).join("\n")}\n`;
const spending = Object.entries(spent)
  .map(([what, parts]) => {
    const rows = Object.entries(parts).toSorted(([, one], [, other]) => other - one);
    const listed = rows.filter(([, used]) => used >= 0.5).map(([part, used]) => `| ${part} | ${Math.round(used)} |`);
    return `| ${what} | microseconds of processor time a request |\n|---|---|\n${listed.join("\n")}\n`;
  })
  .join("\n");
process.stdout.write(`\n${table}\n${spending}\n${JSON.stringify({ figures: Object.fromEntries(figures), spent })}\n`);
if (process.env["BENCH_WRITE"] !== undefined) {
  const path = join(import.meta.dirname, "RESULTS.md");
  writeFileSync(
    path,
    `# Results of \`npm run bench\`\n\nNote and reading: [README.md](README.md).\n\n${table}\n## What a request costs\n\n${spending}`,
  );
}

async function ingestAlone(ingress: IngressAlone): Promise<void> {
  await leg({ url: ingress.url, connections: ingestConnections, seconds: warmSeconds, mix: ingress.mix(preparedMax) });
  const { rate } = await againstBare("one ingress process and its database", ingress, ingestConnections);
  if (isChosen("a") && ingestConnections !== connections) await againstBare("one ingress process and its database", ingress, connections);
  if (isChosen("b")) {
    const half = await leg({
      url: ingress.url,
      connections,
      seconds: seconds * 2,
      rate: rate / 2,
      mix: ingress.mix(Math.ceil(rate * seconds * 1.1)),
    });
    note("(b) half of that load, requests/s", Math.round(half.rate));
    note("(b) p50 / p99, ms (aim p99 10)", `${half.p50} / ${half.p99}`);
  }
}

/** Numbers of `statfs(2)`. A commit is flushed to disk only where there is one. */
function dataFolderKind(): string {
  const kinds = new Map([
    [0xef53, "ext4"],
    [0x58465342, "xfs"],
    [0x9123683e, "btrfs"],
    [0x01021994, "in memory (tmpfs): flushing costs nothing here, and (b) and (d) flatter"],
  ]);
  const { type } = statfsSync(tmpdir());
  return kinds.get(type) ?? `file system ${type.toString(16)}`;
}

/** Every role works beside ingress, on the same processors. */
async function wholeProduct(target: Target): Promise<void> {
  await leg({ url: target.url, connections: ingestConnections, seconds: warmSeconds, mix: target.mix(preparedMax) });
  const { rate } = await againstBare("the whole product", target, ingestConnections);
  if (!isChosen("d")) return;
  await target.drained();
  const half = Number(process.env["BENCH_RATE"] ?? rate / 2);
  const probing = target.timeToVisible(seconds * 2 * 1000);
  await leg({ url: target.url, connections, seconds: seconds * 2, rate: half, mix: target.mix(Math.ceil(half * seconds * 2.2)) });
  const visible = (await probing).toSorted((one, other) => one - other);
  note(
    `(d) hook to visible at ${Math.round(half)} requests/s, p50 / p99, ms (aim p99 100)`,
    `${at(visible, 0.5)} / ${at(visible, 0.99)} of ${visible.length}`,
  );
}

/** Legs in turn, so that what else the machine does meets both. */
async function againstBare(what: string, served: IngressAlone | Target, open: number): Promise<{ readonly rate: number }> {
  const bare = await startBare();
  try {
    const bareMix = { ...served.mix(2_000), fedexPath: "/hook", aftershipPath: "/hook" };
    const bareLeg = (legSeconds: number): Promise<Leg> =>
      leg({ url: `${bare.url}/hook`, connections: open, seconds: legSeconds, mix: bareMix, repeat: true });
    await bareLeg(seconds);
    const pairs: { readonly bare: Leg; readonly ingest: Leg }[] = [];
    for (let round = 0; round < rounds; round++) {
      const before = processorTime();
      const base = await bareLeg(seconds);
      const between = processorTime();
      const ingest = await leg({ url: served.url, connections: open, seconds, mix: served.mix(preparedMax) });
      const used = usedBetween(between, processorTime());
      const parts: Record<string, number> = { "bare Fastify, for comparison": usedBetween(before, between)["bare"]! / base.accepted };
      for (const [part, time] of Object.entries(used))
        if (part !== "bare" && part !== "load generator") parts[part] = time / ingest.accepted;
      spent[`${what}, ${open} connections`] = parts;
      pairs.push({ bare: base, ingest });
    }
    const rate = median(pairs.map((pair) => pair.ingest.rate));
    const refused = pairs.reduce((sum, pair) => sum + pair.ingest.refused, 0);
    const where = `${what}, ${open} connections`;
    const rates = `${Math.round(rate)} / ${Math.round(median(pairs.map((pair) => pair.bare.rate)))}`;
    note(`(a) ${where}: ingest / bare, requests/s`, refused === 0 ? rates : `${rates}, ${refused} refused`);
    note(
      `(a) ${where}: ratio`,
      `${rounded(median(pairs.map((pair) => pair.ingest.rate / pair.bare.rate)))} (${pairs.map((pair) => rounded(pair.ingest.rate / pair.bare.rate)).join(", ")})`,
    );
    note(
      `(a) ${where}: p50 / p99, ms`,
      `${median(pairs.map((pair) => pair.ingest.p50))} / ${median(pairs.map((pair) => pair.ingest.p99))}`,
    );
    return { rate };
  } finally {
    bare.end();
  }
}

/** @param answer what a GET answers. */
async function startBare(answer = "{}"): Promise<{ readonly url: string; end(): void }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "bare-server.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, BENCH_ANSWER: answer },
  });
  const url = await new Promise<string>((resolve) => child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim())));
  return { url, end: () => void child.kill() };
}

/** Both send the same bytes. */
async function cachedReads(target: Target): Promise<void> {
  if (!isChosen("a", "d")) await leg({ url: target.url, connections, seconds: 1, mix: target.mix(100) });
  await target.drained();
  const url = `${target.url}${await target.trackPath()}`;
  const bare = await startBare(await (await fetch(url)).text());
  try {
    const ratios: number[] = [];
    for (const each of [url, `${bare.url}/constant`]) await leg({ url: each, connections, seconds: warmSeconds / 2 });
    for (let round = 0; round < rounds; round++) {
      const constant = await leg({ url: `${bare.url}/constant`, connections, seconds });
      ratios.push((await leg({ url, connections, seconds })).rate / constant.rate);
    }
    note("(c) cached tracking read / bare GET (aim 0.85)", rounded(median(ratios)));
  } finally {
    bare.end();
  }
}

async function manyTokens(target: Target): Promise<void> {
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
