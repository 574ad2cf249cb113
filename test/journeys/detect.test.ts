import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { suite, test } from "node:test";

const command = join(import.meta.dirname, "..", "..", "bin", "parcelkeep");

function detect(...args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [command, "detect", ...args], { encoding: "utf8" });
}

suite("parcelkeep detect", () => {
  test("prints candidates as one JSON object, whether or not the program runs", () => {
    const { status, stdout } = detect("1z 204w4r 03 0807 1865", "--json");
    assert.equal(status, 0);
    const { candidates } = JSON.parse(stdout) as { candidates: { carrier: string; format: string; score: number }[] };
    assert.deepEqual([candidates[0]?.carrier, candidates[0]?.format], ["ups", "ups"]);
    assert.ok(candidates[0]!.score > 0.5 && candidates[0]!.score < 1);
  });

  test("has an empty list for what no format fits", () => {
    const { status, stdout } = detect("nothing", "--json");
    assert.deepEqual([status, JSON.parse(stdout)], [0, { candidates: [] }]);
  });

  test("says what to do where there is no number", () => {
    const { status, stderr } = detect(" ");
    assert.notEqual(status, 0);
    assert.match(stderr, /^error: the number is empty\nhint: parcelkeep detect /);
  });
});
