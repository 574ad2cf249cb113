import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createLocalKeyFile, localKeys } from "./local.ts";
import { keyProviderContract } from "./key-provider.contract.ts";
import type { KeyError } from "./provider.ts";

const folder = mkdtempSync(join(tmpdir(), "keys-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "root.json");
await createLocalKeyFile(path);

keyProviderContract("local", () => localKeys(path));

test("the key file is its owner's alone, and one that others can read is refused", async () => {
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const open = join(folder, "open.json");
  await createLocalKeyFile(open);
  chmodSync(open, 0o644);
  await assert.rejects(localKeys(open), (error: KeyError) => error.code === "bad-key-file");
});

test("making the file again keeps the first", async () => {
  const before = await (await localKeys(path)).derive("x");
  await createLocalKeyFile(path);
  assert.deepEqual(await (await localKeys(path)).derive("x"), before);
});

test("what a bad file holds is not repeated in the error", async () => {
  const bad = join(folder, "bad.json");
  writeFileSync(bad, '{"roots": "c2VjcmV0"', { mode: 0o600 });
  await assert.rejects(localKeys(bad), (error: KeyError) => error.code === "bad-key-file" && !error.message.includes("c2VjcmV0"));
});

test("a missing root for an epoch is its own error", async () => {
  const keys = await localKeys(path);
  await assert.rejects(
    keys.generateDataKey({ tenant: "t", purpose: "raw-records", epoch: 9 }),
    (error: KeyError) => error.code === "unknown-epoch",
  );
});
