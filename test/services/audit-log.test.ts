import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { GrowingTree, leafHash } from "../../src/audit/merkle.ts";
import { formatKey, localSigner } from "../../src/audit/note.ts";
import { Publisher } from "../../src/audit/publisher.ts";
import { FilesObjectStore } from "../../src/cloud/files-object-store.ts";
import { FilesPointerStore } from "../../src/cloud/files-pointer-store.ts";
import { exportLog } from "../../src/main/audit/audit-export.ts";
import { logFiles, logFolder, signedHead } from "../../src/main/audit/audit-files.ts";

/** A program that checks a log and shares no code with ours: `.ci/check-log`, built on the Go team's `sumdb/note` and `sumdb/tlog`. */
const checker = process.env["PARCELKEEP_LOG_CHECKER"];

describe(
  "an exported audit log, checked by another implementation",
  { skip: checker === undefined ? "PARCELKEEP_LOG_CHECKER is not set" : false },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "parcelkeep-checked-"));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const signer = localSigner("log.example/2026", "ed25519", generateKeyPairSync("ed25519").privateKey, () => 0);

    async function exported(steps: readonly number[]): Promise<string> {
      const home = mkdtempSync(join(folder, "log-"));
      const objects = await FilesObjectStore.open(join(home, "objects"), new Date());
      const files = logFiles(objects, new FilesPointerStore(join(home, "audit")), "2026", () => new Date());
      const publisher = new Publisher("log.example/2026", files, signedHead(new FilesPointerStore(join(home, "anchor")), "2026"), [signer]);
      const entryOf = (index: number): Buffer => Buffer.from(`{"index":${index}}`);
      const tree = new GrowingTree();
      for (const size of steps) {
        while (tree.size < size) tree.append(leafHash(entryOf(tree.size)));
        const entries = async (from: number, to: number): Promise<readonly Buffer[]> =>
          Array.from({ length: to - from }, (_, place) => entryOf(from + place));
        await publisher.publish({ size, hashes: tree.hashes, entries });
      }
      const read = async (path: string): Promise<Buffer | null> => {
        if (path === "checkpoint") return readFileSync(join(home, "audit", "2026", "checkpoint"));
        const bytes = await objects.get(`${logFolder("2026")}/${path}`);
        return bytes === null ? null : Buffer.from(bytes);
      };
      await exportLog(read, join(home, "exported"), () => {});
      return join(home, "exported");
    }

    const check = (log: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
      spawnSync(checker!, [log, formatKey(signer.key)], { encoding: "utf8" });

    test("holds at small and large sizes, and after growing in steps", async () => {
      for (const steps of [[1], [255], [256], [257], [3, 600, 1000], [66_000]]) {
        const { status, stdout, stderr } = check(await exported(steps));
        assert.equal(status, 0, stderr);
        assert.equal(stdout, `checked: ${steps.at(-1)} entries\n`);
      }
    });

    test("does not hold where an entry or a tile was changed", async () => {
      const log = await exported([300]);
      for (const path of ["tile/entries/001.p/44", "tile/0/000", "tile/1/000.p/1"]) {
        const bytes = readFileSync(join(log, path));
        const changed = Buffer.from(bytes);
        changed[changed.length - 1]! ^= 1;
        writeFileSync(join(log, path), changed);
        assert.notEqual(check(log).status, 0, path);
        writeFileSync(join(log, path), bytes);
      }
      assert.equal(check(log).status, 0);
    });
  },
);
