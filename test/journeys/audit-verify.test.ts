import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";

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
    const { verified, origin, size } = JSON.parse(stdout) as { verified: boolean; origin: string; size: number };
    assert.deepEqual([verified, origin, size], [true, "example.com/log/testdata", 15]);
  });

  test("takes a policy file", () => {
    const policy = join(folder, "policy.txt");
    writeFileSync(policy, `log ${key}\nquorum none\n`);
    assert.equal(verify(log, "--policy", policy).status, 0);
  });

  test("ends with an error where an entry was changed", () => {
    const copy = join(folder, "copy");
    cpSync(log, copy, { recursive: true });
    const bundle = join(copy, "tile", "entries", "000.p", "15");
    const bytes = readFileSync(bundle);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(bundle, bytes);
    const { status, stderr } = verify(copy, "--key", key);
    assert.notEqual(status, 0);
    assert.match(stderr, /^error: /);
  });

  test("asks whose signature is trusted, and refuses a folder without a log", () => {
    const { status, stderr } = verify(log);
    assert.notEqual(status, 0);
    assert.match(stderr, /^error: .*--key.*\nhint: /);
    assert.notEqual(verify(folder, "--key", key).status, 0);
    assert.notEqual(verify(join(folder, "nowhere"), "--key", key).status, 0);
  });
});
