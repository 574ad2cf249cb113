import { generateKeyPairSync, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { entryOf } from "../src/audit/entry.ts";
import { GrowingTree, leafHash } from "../src/audit/merkle.ts";
import { localSigner } from "../src/audit/note.ts";
import { policyOfKey } from "../src/audit/policy.ts";
import { type LogFiles, Publisher, type SignedHead } from "../src/audit/publisher.ts";
import { verifyLog } from "../src/audit/verify.ts";

/**
 * `node scripts/run.mjs bench/audit-verify.ts`: how long an outsider takes to verify a log of 1,000,000 entries (`BENCH_ENTRIES`) from its files and its key: every bundle, every tile, the root, the
 * signature, and the form of every entry. The log is laid out by the publisher, without a database and without flushing, which `bench/audit.ts` measures.
 */
const size = Number(process.env["BENCH_ENTRIES"] ?? 1_000_000);
const origin = "bench.example/audit/2026";
const folder = await mkdtemp(join(tmpdir(), "parcelkeep-verify-"));
const signer = localSigner(origin, "ed25519", generateKeyPairSync("ed25519").privateKey, () => 0);

const files: LogFiles = {
  create: async (path, bytes) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
    return true;
  },
  read: (path) => readFile(join(folder, path)).catch(() => null),
  point: (note) => writeFile(join(folder, "checkpoint"), note),
};
let head: string | null = null;
const signedHead: SignedHead = { read: async () => head, advance: async (_, note) => ((head = note), true) };

try {
  const tree = new GrowingTree();
  const entries: Buffer[] = [];
  for (let index = 0; index < size; index++) {
    const head = { id: randomUUID(), at: new Date(1_795_000_000_000 + index) };
    const { bytes } = entryOf(
      index === 0
        ? { ...head, type: "log.opened", tenant: null, facts: { origin } }
        : {
            ...head,
            type: "opening.intended",
            tenant: randomUUID(),
            facts: { grant: randomUUID(), subject: randomUUID(), purpose: "transfer", recipient: "gls" },
          },
    );
    entries.push(bytes);
    tree.append(leafHash(bytes));
  }
  await new Publisher(origin, files, signedHead, [signer]).publish({
    size,
    hashes: tree.hashes,
    entries: async (from, to) => entries.slice(from, to),
  });
  const bytes = entries.reduce((sum, entry) => sum + entry.length, 0);
  entries.length = 0;
  const startedAt = performance.now();
  const verified = await verifyLog(folder, policyOfKey(signer.key));
  const seconds = (performance.now() - startedAt) / 1000;
  const figures = {
    machine: `${cpus()[0]!.model}, ${cpus().length} cores, node ${process.version}`,
    entries: verified.size,
    "bytes of an entry": Math.round(bytes / size),
    "time to verify, s": Math.round(seconds * 100) / 100,
    "entries verified, a second": Math.round(size / seconds),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
