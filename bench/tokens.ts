import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import { cpus } from "node:os";
import { KeyedHash, subkey } from "../src/domain/keyed-hash.ts";
import { indexKeys } from "../src/vault/blind-index.ts";
import type { IngestSession } from "../src/vault/ingest-session.ts";
import { sealGroup } from "../src/vault/seal-group.ts";
import type { KnownToken } from "../src/vault/tokenise.ts";
import { type LooseValue, tokeniseValues } from "../src/vault/tokenise-values.ts";
import { RunningProgram } from "../test/support/running-program.ts";

/*
 * Batch tokenise: the vault's part on one thread, and the whole path over HTTP to the disk. The vault's part is given as a ratio to one bare
 * `createHmac` per value in the same round, which is the least that any keyed token costs with Node's own interface; ratios of several rounds, medians.
 */
const batchValues = 1_000;
const batches = Number(process.env["BENCH_BATCHES"] ?? 40);
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 7);
const tenant = "00000000-0000-4000-8000-000000000001";

const keys = await indexKeys({ derive: async (label) => subkey(randomBytes(32), label) }, tenant);
const sessionKey = () => new KeyedHash(randomBytes(32));
const session: IngestSession = {
  id: 1,
  keys: { "raw-records": sessionKey(), "personal-values": sessionKey(), "tracking-numbers": sessionKey() },
};
let serial = 0;
const phone = (): LooseValue => ({ category: "phone", value: `+49151${String(1e9 + serial++)}` });
const person = (at: number): LooseValue[] => [
  { category: "name", value: `Ida Musterweg ${serial}`, person: at },
  { category: "street", value: `Lindenallee ${serial}`, person: at },
  { category: "email", value: `ida${serial}@beispiel.example`, person: at },
  { ...phone(), person: at },
];
const phones = (): LooseValue[] => Array.from({ length: batchValues }, phone);
const persons = (): LooseValue[] => Array.from({ length: batchValues / 4 }, (_, at) => person(at)).flat();

const hmacKey = createSecretKey(randomBytes(32));
const known = new Map<string, KnownToken>();
const unknown = (): undefined => undefined;
function tokeniseAndSeal(values: readonly LooseValue[]): void {
  const { groups } = tokeniseValues(values, "eu1", keys, unknown, null);
  for (const group of groups) sealGroup(session, tenant, group);
}
const legs: Readonly<Record<string, { make(): LooseValue[]; run(values: readonly LooseValue[]): void }>> = {
  hmac: {
    make: phones,
    run: (values) => {
      for (const { value } of values) createHmac("sha256", hmacKey).update(value).digest("base64url");
    },
  },
  known: { make: phones, run: (values) => void tokeniseValues(values, "eu1", keys, (blind) => known.get(blind), null) },
  fresh_names: { make: () => phones().map(({ value }) => ({ category: "name", value })), run: tokeniseAndSeal },
  new_identifiers: { make: phones, run: tokeniseAndSeal },
  new_persons_of_4: { make: persons, run: tokeniseAndSeal },
};
const held = Array.from({ length: batches }, phones);
for (const values of held) {
  for (const { entry, token, subject } of tokeniseValues(values, "eu1", keys, unknown, null).claims)
    known.set(entry.blind, { token, subject });
}

const measured = new Map<string, number[]>(Object.keys(legs).map((name) => [name, []]));
for (let round = -1; round < rounds; round++) {
  for (const [name, leg] of Object.entries(legs)) {
    const prepared = name === "known" ? held : Array.from({ length: batches }, () => leg.make());
    const started = performance.now();
    for (const values of prepared) leg.run(values);
    const rate = (batches * batchValues) / ((performance.now() - started) / 1000);
    if (round >= 0) measured.get(name)!.push(rate);
  }
}
const figures: Record<string, string | number> = {
  cpu: cpus()[0]!.model,
  cores: cpus().length,
  node: process.version,
  rounds,
  batch: batchValues,
};
const bare = measured.get("hmac")!;
for (const [name, rates] of measured) {
  figures[`${name}_values_per_s`] = Math.round(median(rates));
  if (name !== "hmac") figures[`${name}_ratio_to_hmac`] = Number(median(rates.map((rate, round) => rate / bare[round]!)).toFixed(3));
}

// The vault's part alone, where a program cannot be started in a time that means anything.
if (process.env["BENCH_HTTP"] !== "0") await overHttp();
process.stdout.write(
  `| figure | value |\n|---|---|\n${Object.entries(figures)
    .map(([name, value]) => `| ${name} | ${value} |`)
    .join("\n")}\n`,
);

async function overHttp(): Promise<void> {
  const program = new RunningProgram({
    PARCELKEEP_TOKENS_PER_DAY: "1000000000",
    PARCELKEEP_TOKEN_MISSES_PER_HOUR: "1000000000",
    PARCELKEEP_TENANT_RATE: "1000000",
  });
  try {
    await program.start();
    const { apiKey } = JSON.parse(program.command("tenants", "create", "--name", "Bench", "--json"));
    const over = async (bodies: readonly string[]): Promise<number> => {
      const started = performance.now();
      let next = 0;
      const caller = async (): Promise<void> => {
        while (next < bodies.length) {
          const answer = await program.call("/v1/tokens", {
            key: apiKey,
            body: bodies[next++]!,
            headers: { "content-type": "application/json" },
          });
          if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
        }
      };
      await Promise.all(Array.from({ length: 4 }, caller));
      return (bodies.length * batchValues) / ((performance.now() - started) / 1000);
    };
    const bodies = (make: () => LooseValue[]): string[] => Array.from({ length: batches }, () => JSON.stringify({ values: make() }));
    const again = bodies(phones);
    await over(again);
    const [fresh, repeated]: [number[], number[]] = [[], []];
    for (let round = 0; round < Math.ceil(rounds / 2); round++) {
      fresh.push(await over(bodies(phones)));
      repeated.push(await over(again));
    }
    figures["http_new_identifiers_per_s"] = Math.round(median(fresh));
    figures["http_known_identifiers_per_s"] = Math.round(median(repeated));
  } finally {
    await program.remove();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
