import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { InvalidArgumentError } from "commander";
import { wholeNumber } from "./option-numbers.ts";

test("takes whole numbers of its range and nothing else", () => {
  const port = wholeNumber(0, 65_535);
  assert.deepEqual(["0", "080", "65535"].map(port), [0, 80, 65_535]);
  for (const text of ["abc", "", " ", "-1", "+1", "1.5", "1e3", "0x10", "65536", "1 2", "NaN", "Infinity", "9".repeat(16), "1".repeat(17)])
    assert.throws(() => port(text), InvalidArgumentError, text);
  assert.throws(() => wholeNumber(1)("9007199254740993"), /from 1 on/);
});

const release = [
  "--tenant",
  "t",
  "--recipient",
  "fedex",
  "--fields",
  "name",
  "--purpose",
  "delivery",
  "--text",
  "x",
  "--basis",
  "contract",
];
for (const [option, command] of [
  ["--tolerance", ["audit", "reconcile", "--provider", "file", "--key", "vkey"]],
  ["--from", ["audit", "reconcile", "--provider", "file", "--key", "vkey"]],
  ["--rank", ["carriers", "account", "add", "--tenant", "t", "--source", "gls", "--credentials", "file"]],
  [
    "--quota-per-day",
    ["transfers", "lanes", "request", ...release, "--evidence", "assessment", "--reference", "x", "--reason", "x", "--ends-at", "x"],
  ],
  ["--rate", ["keys", "rotate", "epoch"]],
  ["--parcels", ["simulate"]],
] as const)
  test(`the command line says what is wrong with ${option}, and does nothing`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), ...command, option, "abc"], {
      encoding: "utf8",
    });
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(
      stderr,
      new RegExp(`^error: option '${option} <[a-z]+>' argument 'abc' is invalid\\. It is (a whole number from|no time)`),
    );
  });
