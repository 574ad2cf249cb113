import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import fc from "fast-check";
import { writeLog } from "../../test/support/written-log.ts";
import { checkpointText } from "./checkpoint.ts";
import { consistencyRanges, inclusionRanges, verifyConsistency } from "./merkle.ts";
import { formatKey, localSigner, signatureLine, signNote } from "./note.ts";
import { parsePolicy, policyOfKey } from "./policy.ts";
import { formatProof, parseProof, verifyProof } from "./proof.ts";
import { hashesOfRanges, tileOfPath, tilePath } from "./tiles.ts";
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

async function writtenLog(steps: readonly number[]): Promise<{ readonly folder: string; readonly checkpoints: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "parcelkeep-log-"));
  folders.push(folder);
  return { folder, checkpoints: await writeLog(folder, steps, log, entryOf) };
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

  test("may have full tiles in the place of partial ones, if they are whole", async () => {
    const { folder } = await writtenLog([300]);
    const later = await writtenLog([512]);
    for (const path of ["tile/0/001", "tile/entries/001"]) {
      rmSync(join(folder, `${path}.p`), { recursive: true });
      const full = readFileSync(join(later.folder, path));
      writeFileSync(join(folder, path), full);
      assert.equal((await verifyLog(folder, policy)).size, 300);
      for (const torn of [full.subarray(0, -1), Buffer.concat([full, full.subarray(0, 32)])]) {
        writeFileSync(join(folder, path), torn);
        await assert.rejects(verifyLog(folder, policy), { code: "damaged", path });
      }
      writeFileSync(join(folder, path), full);
    }
  });

  test("is refused with another width than its files' names say", async () => {
    const { folder } = await writtenLog([299, 300]);
    for (const path of ["tile/0/001.p/44", "tile/entries/001.p/44"]) {
      const bytes = readFileSync(join(folder, path));
      for (const other of [readFileSync(join(folder, path.replace("44", "43"))), Buffer.concat([bytes, bytes.subarray(-32)])]) {
        writeFileSync(join(folder, path), other);
        await assert.rejects(verifyLog(folder, policy), { code: "damaged", path });
      }
      writeFileSync(join(folder, path), bytes);
    }
  });

  test("keeps to every earlier head that lies beside it", async () => {
    const { folder, checkpoints } = await writtenLog([0, 1, 255, 256, 300]);
    const sizes = [0, 1, 255, 256, 300];
    mkdirSync(join(folder, "checkpoints"));
    for (const [place, size] of sizes.entries()) writeFileSync(join(folder, "checkpoints", String(size)), checkpoints[place]!);
    assert.equal((await verifyLog(folder, policy)).size, 300);
    const refuses = async (size: number, note: string, code: string): Promise<void> => {
      const path = join(folder, "checkpoints", String(size));
      const before = existsSync(path) ? readFileSync(path) : null;
      writeFileSync(path, note);
      await assert.rejects(verifyLog(folder, policy), { code, path: `checkpoints/${size}` });
      if (before === null) rmSync(path);
      else writeFileSync(path, before);
    };
    const head = (size: number, of = origin, signer = log): Promise<string> =>
      signNote(checkpointText({ origin: of, size, root: Buffer.alloc(32, 7) }), [signer]);
    for (const size of sizes) await refuses(size, await head(size), "other-head");
    await refuses(12, await head(12), "other-head");
    await refuses(255, checkpoints[1]!, "other-head");
    await refuses(255, "", "other-head");
    await refuses(255, await head(255, origin, localSigner(origin, "ed25519", keys.first.privateKey, clock)), "other-head");
    await refuses(301, await head(301), "beyond");
  });

  test("has a checkpoint of which each signature of a key that is trusted holds, however many lines have that name", async () => {
    const { folder, checkpoints } = await writtenLog([5]);
    const text = checkpoints[0]!.slice(0, checkpoints[0]!.indexOf("\n\n") + 1);
    const [good, otherText] = [await signatureLine(log, text), await signatureLine(log, text.replace("5", "6"))];
    const sameName = await signatureLine(localSigner(origin, "ed25519", keys.first.privateKey, clock), text);
    const read = async (...lines: readonly string[]): Promise<number> => {
      writeFileSync(join(folder, "checkpoint"), `${text}\n${lines.join("")}`);
      return (await verifyLog(folder, policy)).size;
    };
    assert.equal(await read(good, good), 5);
    assert.equal(await read(sameName, good), 5, "another key of that name says nothing");
    for (const lines of [[good, otherText], [otherText, good], [otherText]])
      await assert.rejects(read(...lines), { code: "bad-signature" });
    await assert.rejects(read(sameName), { code: "unsigned" });
    await assert.rejects(read(sameName), /^NoteError: checkpoint: /);
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

test("a tile's path is read back, and no other way of writing it", () => {
  const tile = fc.record({
    level: fc.oneof(fc.nat(9), fc.constant("entries" as const)),
    place: fc.nat(2 ** 31),
    width: fc.integer({ min: 1, max: 256 }),
  });
  fc.assert(fc.property(tile, (each) => assert.deepEqual(tileOfPath(tilePath(each)), { ...each })));
  for (const path of [
    "tile/0/x000/001",
    "tile/00/001",
    "tile/0/001.p/256",
    "tile/0/001.p/0",
    "tile/0/001.p/300",
    "tile/0/001.p/01",
    "tile/0/1",
    "tile/x/001",
    "tile/0",
  ])
    assert.equal(tileOfPath(path), null, path);
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
