import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { localCertificate } from "../support/test-certificate.ts";

const root = join(import.meta.dirname, "..", "..");
const log = join(root, "test", "vectors", "data", "tlog", "tessera-log");
const key = readFileSync(join(log, "vkey.txt"), "utf8").trim();
const folder = mkdtempSync(join(tmpdir(), "parcelkeep-audit-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function verify(...args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [join(root, "bin", "parcelkeep"), "audit", "verify", ...args], { encoding: "utf8" });
}

suite("parcelkeep audit verify", () => {
  test("accepts a log that another program wrote", () => {
    const { status, stdout } = verify(log, "--key", key, "--json");
    assert.equal(status, 0);
    const { verified, origin, size, areEntriesRead } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([verified, origin, size, areEntriesRead], [true, "example.com/log/testdata", 15, false]);
    assert.match(verify(log, "--key", key).stdout, /^verified: 15 entries .*\nnot looked at: what the entries say/);
  });

  test("takes a policy file", () => {
    const policy = join(folder, "policy.txt");
    writeFileSync(policy, `log ${key}\nquorum none\n`);
    assert.equal(verify(log, "--policy", policy).status, 0);
  });

  const changes: Readonly<Record<string, readonly [path: string, change: (bytes: Buffer) => Buffer | null, says: string]>> = {
    "an entry was changed": ["tile/entries/000.p/15", flipped, "tile/0/000.p/15: the tile does not hold the hashes of what is below it"],
    "a bundle is torn": [
      "tile/entries/000.p/15",
      (bytes) => bytes.subarray(0, -1),
      "tile/entries/000.p/15: the bundle does not hold 15 whole",
    ],
    "a tile is too wide": [
      "tile/0/000.p/15",
      (bytes) => Buffer.concat([bytes, bytes.subarray(-32)]),
      "tile/0/000.p/15: the tile does not hold 15",
    ],
    "a file is missing": ["tile/0/000.p/15", () => null, "tile/0/000.p/15: a file of the log is missing"],
    "the checkpoint is another": ["checkpoint", flipped, "checkpoint: "],
    "an earlier head is none": [
      "checkpoints/7",
      () => readFileSync(join(log, "checkpoint.8")),
      "checkpoints/7: the head is of another size or log",
    ],
  };
  for (const [what, [path, change, says]] of Object.entries(changes)) {
    test(`ends with an error that names file and rule where ${what}`, () => {
      const copy = mkdtempSync(join(folder, "copy-"));
      cpSync(log, copy, { recursive: true });
      mkdirSync(join(copy, "checkpoints"));
      const file = join(copy, path);
      const bytes = change(existsSync(file) ? readFileSync(file) : Buffer.alloc(0));
      if (bytes === null) rmSync(file);
      else writeFileSync(file, bytes);
      const { status, stdout, stderr } = verify(copy, "--key", key);
      assert.equal(status, 1);
      assert.equal(stdout, "");
      assert.ok(stderr.startsWith(`error: ${says}`), stderr);
    });
  }

  test("ends with an error where time-stamps are asked for and there are none, and where they are asked for of one proof", () => {
    const authority = join(folder, "authority.pem");
    writeFileSync(authority, localCertificate.cert);
    const { status, stdout } = verify(log, "--key", key, "--tsa", authority);
    assert.equal(status, 1);
    assert.match(stdout, /^verified: 15 entries.*\nnot looked at: .*\nNOT time-stamped: the folder has no time-stamp\n$/);
    const { status: ofJson, stdout: json } = verify(log, "--key", key, "--tsa", authority, "--json");
    assert.deepEqual([ofJson, (JSON.parse(json) as { timeStamps: unknown }).timeStamps], [1, []]);
    const ofProof = verify(join(log, "checkpoint"), "--key", key, "--tsa", authority, "--entry", authority);
    assert.equal(ofProof.status, 1);
    assert.match(ofProof.stderr, /^error: time-stamps are of a whole log/);
  });

  test("asks whose signature is trusted, and refuses a folder without a log", () => {
    const { status, stderr } = verify(log);
    assert.notEqual(status, 0);
    assert.match(stderr, /^error: .*--key.*\nhint: /);
    assert.notEqual(verify(folder, "--key", key).status, 0);
    assert.notEqual(verify(join(folder, "nowhere"), "--key", key).status, 0);
  });
});

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[changed.length - 2]! ^= 1;
  return changed;
}
