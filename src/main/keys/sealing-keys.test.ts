import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { test } from "node:test";

const main = resolve(import.meta.dirname, "..");

/** Every file of this repository that a file imports, directly or through others. */
function reachedFrom(file: string, reached = new Set<string>()): ReadonlySet<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  const source = readFileSync(file, "utf8");
  for (const [, path] of source.matchAll(/(?:from|import\()\s*"(\.{1,2}\/[^"]+)"/g)) reachedFrom(resolve(dirname(file), path!), reached);
  return reached;
}

const opens = /vault\/keys\/.*opening\.ts$|vault\/keys\/local\/key-folder\.ts$|vault\/keys\/pkcs11\/setup\.ts$|opening-keys\.ts$/;

for (const name of ["front/front.ts", "intake/intake-thread.ts", "worker/worker.ts", "worker/archivist.ts"]) {
  test(`${name} reaches no code that opens or makes root keys`, () => {
    assert.deepEqual(
      Array.from(reachedFrom(resolve(main, name))).filter((file) => opens.test(file)),
      [],
    );
  });
}

test("the walk finds what it looks for where it is", () => {
  assert.ok([...reachedFrom(resolve(main, "keys/keys.ts"))].some((file) => opens.test(file)));
});
