import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, suite, test } from "node:test";
import fc from "fast-check";
import { GrowingTree, leafHash } from "./merkle.ts";
import { localSigner } from "./note.ts";
import { policyOfKey } from "./policy.ts";
import { type LogFiles, Publisher, type SequencedLog, type SignedHead } from "./publisher.ts";
import { verifyLog } from "./verify.ts";

const origin = "log.example/2026";
const signer = localSigner(origin, "ed25519", generateKeyPairSync("ed25519").privateKey, () => 0);
const policy = policyOfKey(signer.key);
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Counts every write and fails one of them, before or after its effect. */
class Faults {
  failAt = Infinity;
  when: "before" | "after" = "before";
  #writes = 0;

  async write<Result>(effect: () => Result): Promise<Result> {
    const isFailing = ++this.#writes === this.failAt;
    if (isFailing && this.when === "before") throw new Error("failed before its effect");
    const result = effect();
    if (isFailing) throw new Error("failed after its effect");
    return result;
  }

  arm(failAt: number, when: "before" | "after"): void {
    this.#writes = 0;
    this.failAt = failAt;
    this.when = when;
  }
}

class MemoryLog {
  readonly files = new Map<string, Buffer>();
  readonly faults = new Faults();
  head: string | null = null;
  pointer: string | null = null;

  readonly logFiles: LogFiles = {
    create: (path, bytes) =>
      this.faults.write(() => {
        if (this.files.has(path)) return false;
        this.files.set(path, Buffer.from(bytes));
        return true;
      }),
    read: async (path) => this.files.get(path) ?? null,
    point: (note) => this.faults.write(() => void (this.pointer = note)),
  };

  readonly signedHead: SignedHead = {
    read: async () => this.head,
    advance: (before, note) =>
      this.faults.write(() => {
        if (this.head !== before) return false;
        this.head = note;
        return true;
      }),
  };

  publisher(): Publisher {
    return new Publisher(origin, this.logFiles, this.signedHead, [signer]);
  }

  async verified(): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), "parcelkeep-published-"));
    folders.push(folder);
    for (const [path, bytes] of [...this.files, ["checkpoint", Buffer.from(this.pointer!)] as const]) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    return (await verifyLog(folder, policy)).size;
  }
}

const entryOf = (index: number, salt = ""): Buffer => Buffer.from(`{"index":${index},"salt":"${salt}"}`);

/** @param salt other entries from `saltedFrom` on. */
function sequenced(size: number, salt = "", saltedFrom = 0): SequencedLog {
  const tree = new GrowingTree();
  const bytes = (index: number): Buffer => entryOf(index, index >= saltedFrom ? salt : "");
  for (let index = 0; index < size; index++) tree.append(leafHash(bytes(index)));
  return {
    size,
    hashes: tree.hashes,
    entries: async (from, to) => Array.from({ length: to - from }, (_, place) => bytes(from + place)),
  };
}

suite("publishing", () => {
  test("gives a log that an outsider can verify, in whatever steps it grows and whoever goes on with it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ more: fc.nat(700), restart: fc.boolean() }), { minLength: 1, maxLength: 5 }), async (steps) => {
        const log = new MemoryLog();
        let publisher = log.publisher();
        let size = 0;
        for (const { more, restart } of steps) {
          size += more;
          if (restart) publisher = log.publisher();
          assert.equal((await publisher.publish(sequenced(size))).size, size);
        }
        assert.equal(await log.verified(), size);
      }),
      { numRuns: 15 },
    );
  });

  for (const when of ["before", "after"] as const) {
    test(`goes on after each write that failed ${when} its effect, and loses nothing`, async () => {
      for (let failAt = 1; ; failAt++) {
        const log = new MemoryLog();
        await log.publisher().publish(sequenced(250));
        log.faults.arm(failAt, when);
        const publisher = log.publisher();
        const failed = await publisher.publish(sequenced(600)).then(
          () => false,
          () => true,
        );
        log.faults.arm(Infinity, when);
        // The same process, which has its right edge no more, or another.
        const next = failAt % 2 === 0 ? publisher : log.publisher();
        assert.equal((await next.publish(sequenced(601))).size, 601);
        assert.equal(await log.verified(), 601);
        if (!failed) break;
      }
    });
  }

  test("signs nothing that does not go on from what was signed", async () => {
    const log = new MemoryLog();
    await log.publisher().publish(sequenced(300));
    const signed = log.head;
    for (const forked of [sequenced(400, "other", 299), sequenced(300, "other", 0), sequenced(400, "other", 0)]) {
      await assert.rejects(log.publisher().publish(forked), { code: "fork" });
      assert.equal(log.head, signed);
    }
  });

  test("signs nothing for a database that is older than what was signed, and gives it back what it lacks", async () => {
    const log = new MemoryLog();
    await log.publisher().publish(sequenced(700));
    await assert.rejects(log.publisher().publish(sequenced(300)), { code: "behind" });
    const given: number[] = [];
    for await (const { index, entry } of log.publisher().signedEntries(300)) {
      assert.ok(entry.equals(entryOf(index)));
      given.push(index);
    }
    assert.deepEqual(
      given,
      Array.from({ length: 400 }, (_, place) => 300 + place),
    );
  });

  test("refuses files that were changed behind its back", async () => {
    const log = new MemoryLog();
    await log.publisher().publish(sequenced(300));
    const tile = log.files.get("tile/0/001.p/44")!;
    tile[0]! ^= 1;
    await assert.rejects(log.publisher().publish(sequenced(301)), { code: "damaged" });
    tile[0]! ^= 1;
    log.files.delete("tile/1/000.p/1");
    await assert.rejects(log.publisher().publish(sequenced(301)), { code: "damaged" });
  });

  test("of two publishers at once one is told that it was overtaken", async () => {
    const log = new MemoryLog();
    const [one, other] = [log.publisher(), log.publisher()];
    const ends = await Promise.allSettled([one.publish(sequenced(40)), other.publish(sequenced(50))]);
    assert.deepEqual(ends.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
    assert.equal((ends.find(({ status }) => status === "rejected") as PromiseRejectedResult).reason.code, "overtaken");
    await log.publisher().publish(sequenced(60));
    assert.equal(await log.verified(), 60);
  });
});
