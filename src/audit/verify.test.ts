import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, suite, test } from "node:test";
import fc from "fast-check";
import { checkpointText } from "./checkpoint.ts";
import { consistencyRanges, GrowingTree, inclusionRanges, leafHash, verifyConsistency } from "./merkle.ts";
import { formatKey, localSigner, signatureLine, signNote } from "./note.ts";
import { parsePolicy, policyOfKey } from "./policy.ts";
import { formatProof, parseProof, verifyProof } from "./proof.ts";
import { bundleOf, hashesOfRanges, newTiles, tilePath, tileWidth } from "./tiles.ts";
import { verifyLog } from "./verify.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const origin = "log.example/2026";
const keys = {
  log: generateKeyPairSync("ed25519"),
  first: generateKeyPairSync("ed25519"),
  second: generateKeyPairSync("ml-dsa-44" as "ed25519"),
};
const clock = (): number => 1_800_000_000;
const log = localSigner(origin, "ed25519", keys.log.privateKey, clock);
const firstWitness = localSigner("one.example/w", "ed25519-cosignature", keys.first.privateKey, clock);
const secondWitness = localSigner("two.example/w", "ml-dsa-44-cosignature", keys.second.privateKey, clock);
const policy = policyOfKey(log.key);

const entryOf = (index: number): Buffer => Buffer.from(JSON.stringify({ index, type: "test" }));

/** Writes a log as a sequencer would, in steps, and leaves earlier partial tiles where they are. */
async function writtenLog(steps: readonly number[]): Promise<{ readonly folder: string; readonly checkpoints: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "parcelkeep-log-"));
  folders.push(folder);
  const tree = new GrowingTree();
  const rows: Buffer[][] = [[]];
  const checkpoints: string[] = [];
  for (const size of steps) {
    const before = tree.size;
    for (let index = before; index < size; index++) {
      tree.append(leafHash(entryOf(index)));
      let hash = leafHash(entryOf(index));
      for (let level = 0; ; level++) {
        const row = (rows[level] ??= []);
        row.push(hash);
        if (row.length % tileWidth !== 0) break;
        const subtree = new GrowingTree();
        for (const each of row.slice(-tileWidth)) subtree.append(each);
        hash = subtree.root();
      }
    }
    for (const tile of newTiles(before, size)) {
      const [from, to] = [tile.place * tileWidth, tile.place * tileWidth + tile.width];
      const bytes =
        tile.level === "entries"
          ? bundleOf(Array.from({ length: tile.width }, (_, place) => entryOf(from + place)))
          : Buffer.concat(rows[tile.level]!.slice(from, to));
      const path = join(folder, tilePath(tile));
      await mkdir(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
    checkpoints.push(await signNote(checkpointText({ origin, size, root: tree.root() }), [log]));
  }
  writeFileSync(join(folder, "checkpoint"), checkpoints.at(-1)!);
  return { folder, checkpoints };
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

suite("an exported log", () => {
  test("is verified at every size, whatever steps it grew in", async () => {
    for (const steps of [[0], [1], [255], [256], [257], [3, 256, 700], [1, 2, 3, 600, 66_000]]) {
      const { folder } = await writtenLog(steps);
      let next = 0;
      const checkpoint = await verifyLog(folder, policy, (entry, index) => {
        assert.equal(index, next++);
        assert.ok(entry.equals(entryOf(index)));
      });
      assert.equal(checkpoint.size, steps.at(-1));
      assert.equal(next, steps.at(-1));
    }
  });

  test("is refused where any byte of any file that its checkpoint calls for is another", async () => {
    const { folder } = await writtenLog([300]);
    for (const file of filesOf(folder)) {
      const bytes = readFileSync(file);
      for (const place of [0, Math.floor(bytes.length / 2), bytes.length - 1]) {
        const forged = Buffer.from(bytes);
        forged[place]! ^= 1;
        writeFileSync(file, forged);
        await assert.rejects(verifyLog(folder, policy), file);
      }
      writeFileSync(file, bytes.subarray(0, -1));
      await assert.rejects(verifyLog(folder, policy), file);
      rmSync(file);
      await assert.rejects(verifyLog(folder, policy), { code: "missing" });
      writeFileSync(file, bytes);
    }
    await verifyLog(folder, policy);
  });

  test("is refused under another key, or another name", async () => {
    const { folder } = await writtenLog([2]);
    const stranger = localSigner(origin, "ed25519", keys.first.privateKey, clock);
    await assert.rejects(verifyLog(folder, policyOfKey(stranger.key)), { code: "unsigned" });
    const renamed = localSigner("other.example/log", "ed25519", keys.log.privateKey, clock);
    await assert.rejects(verifyLog(folder, policyOfKey(renamed.key)), { code: "unsigned" });
  });

  test("needs the witnesses that the policy asks for", async () => {
    const { folder, checkpoints } = await writtenLog([5]);
    const line = (signer: typeof log, name: string): string => `witness ${name} ${formatKey(signer.key)}\n`;
    const both = parsePolicy(
      `log ${formatKey(log.key)}\n# two of two\n${line(firstWitness, "A")}${line(secondWitness, "B")}group all-of-them all A B\nquorum all-of-them\n`,
    );
    await assert.rejects(verifyLog(folder, both), { code: "unsigned" });
    const text = checkpoints[0]!.slice(0, checkpoints[0]!.indexOf("\n\n") + 1);
    const one = checkpoints[0]! + (await signatureLine(firstWitness, text));
    writeFileSync(join(folder, "checkpoint"), one);
    await assert.rejects(verifyLog(folder, both), { code: "unsigned" });
    writeFileSync(join(folder, "checkpoint"), one + (await signatureLine(secondWitness, text)));
    assert.equal((await verifyLog(folder, both)).size, 5);
  });

  test("gives proofs out of its tiles, for entries and for its growth", async () => {
    const steps = [1, 255, 256, 300, 66_000];
    const { folder, checkpoints } = await writtenLog(steps);
    const size = steps.at(-1)!;
    const read = async (tile: Parameters<typeof tilePath>[0]): Promise<Buffer> => readFileSync(join(folder, tilePath(tile)));
    for (const index of [0, 1, 255, 256, 65_535, 65_536, 65_999]) {
      const hashes = await hashesOfRanges(inclusionRanges(index, size), size, read);
      const proof = formatProof({ index, hashes, checkpoint: checkpoints.at(-1)! });
      assert.equal(verifyProof(proof, entryOf(index), policy).index, index);
      assert.throws(() => verifyProof(proof, entryOf(index + 1), policy), { code: "bad-signature" });
      assert.deepEqual(parseProof(formatProof({ ...parseProof(proof), extra: Buffer.from("more") })).extra, Buffer.from("more"));
    }
    const rootAt = (place: number): Buffer => Buffer.from(checkpoints[place]!.split("\n")[2]!, "base64");
    for (const [place, old] of steps.entries()) {
      const hashes = await hashesOfRanges(consistencyRanges(old, size), size, read);
      assert.ok(verifyConsistency(old, size, rootAt(place), rootAt(steps.length - 1), hashes), `from ${old}`);
    }
  });
});

test("a tile's path groups its place by three digits", () => {
  assert.equal(tilePath({ level: 0, place: 1_234_067, width: 256 }), "tile/0/x001/x234/067");
  assert.equal(tilePath({ level: 1, place: 0, width: 15 }), "tile/1/000.p/15");
  assert.equal(tilePath({ level: "entries", place: 1000, width: 256 }), "tile/entries/x001/000");
});

test("no text makes the readers of policies and proofs throw anything but their error", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `quorum none\n${text}`),
        fc.string().map((text) => `c2sp.org/tlog-proof@v1\n${text}`),
      ),
      (text) => {
        for (const read of [parsePolicy, parseProof]) {
          try {
            read(text);
          } catch (error) {
            assert.equal((error as Error).name, "NoteError");
          }
        }
      },
    ),
  );
});
