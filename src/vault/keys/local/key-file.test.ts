import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type KeyError } from "../provider.ts";
import { readKeyFile } from "./key-file.ts";
import { addLocalEpoch, createLocalKeys, retireLocalEpochs } from "./key-folder.ts";

const scratch = mkdtempSync(join(tmpdir(), "pk-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const path = join(scratch, "opening.json");
const key = Buffer.alloc(32, 7).toString("base64");
const fields = ["publicKey", "privateKey"] as const;
const whole = {
  version: 3,
  currentEpoch: 2,
  minimumEpoch: 1,
  epochs: { 1: { publicKey: key, privateKey: key }, 2: { publicKey: key, privateKey: key } },
};
const read = (text: string) => {
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return readKeyFile(path, fields);
};

test("a whole key file is read", async () => {
  assert.deepEqual(await read(JSON.stringify(whole)), whole);
});

for (const [what, changed] of [
  ["of another version", { ...whole, version: 2 }],
  ["without a version", { ...whole, version: undefined }],
  ["without epochs", { ...whole, epochs: undefined }],
  ["whose epochs are null", { ...whole, epochs: null }],
  ["whose epochs are a text", { ...whole, epochs: "1" }],
  ["whose current epoch is none of its own", { ...whole, currentEpoch: 3 }],
  ["whose current epoch is zero", { ...whole, currentEpoch: 0, epochs: { ...whole.epochs, 0: whole.epochs[1] } }],
  ["whose current epoch is no whole number", { ...whole, currentEpoch: 1.5, epochs: { ...whole.epochs, 1.5: whole.epochs[1] } }],
  ["whose minimum epoch is a text", { ...whole, minimumEpoch: "1" }],
  ["whose minimum epoch is negative", { ...whole, minimumEpoch: -1 }],
  ["with an epoch that is no number", { ...whole, epochs: { ...whole.epochs, x: whole.epochs[1] } }],
  ["with an epoch of a leading zero", { ...whole, epochs: { ...whole.epochs, "01": whole.epochs[1] } }],
  ["with an epoch beyond nine digits", { ...whole, epochs: { ...whole.epochs, 1234567890: whole.epochs[1] } }],
  ["with an epoch that is null", { ...whole, epochs: { ...whole.epochs, 1: null } }],
  ["whose one epoch lacks a key", { ...whole, epochs: { ...whole.epochs, 1: { publicKey: key } } }],
  [
    "with a key of 31 bytes",
    { ...whole, epochs: { ...whole.epochs, 1: { publicKey: key, privateKey: Buffer.alloc(31).toString("base64") } } },
  ],
  ["with a key that is no text", { ...whole, epochs: { ...whole.epochs, 1: { publicKey: key, privateKey: [7] } } }],
] as const) {
  test(`a key file ${what} is refused`, async () => {
    await assert.rejects(
      read(JSON.stringify(changed)),
      (error: KeyError) => error.code === "bad-key-file" && /opening\.json is not a Parcelkeep key file/.test(error.message),
    );
  });
}

for (const text of ["", "null", "7", "[]", '"text"', JSON.stringify(whole).slice(0, -1)]) {
  test(`${JSON.stringify(text.slice(0, 20))} is refused as a key file`, async () => {
    await assert.rejects(read(text), (error: KeyError) => error.code === "bad-key-file");
  });
}

test("a key file that others can read, write or list is refused by its mode", async () => {
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    writeFileSync(path, JSON.stringify(whole));
    chmodSync(path, mode);
    await assert.rejects(
      readKeyFile(path, fields),
      (error: KeyError) => error.code === "bad-key-file" && /must be 0600/.test(error.message),
    );
  }
});

test("a retired epoch's private keys are in no file any more; what finds stays", async () => {
  const folder = join(scratch, "keys");
  await createLocalKeys(folder);
  const epochsOf = (name: string) => (JSON.parse(readFileSync(join(folder, name), "utf8")) as { epochs: Record<string, object> }).epochs;
  const before = {
    opening: epochsOf("opening.json")["1"],
    resolving: epochsOf("resolving.json")["1"],
    sealing: epochsOf("sealing.json")["1"],
  };
  await addLocalEpoch(folder);
  await addLocalEpoch(folder);
  await retireLocalEpochs(folder, 3);
  for (const name of ["opening.json", "resolving.json"]) assert.deepEqual(Object.keys(epochsOf(name)), ["3"], name);
  assert.deepEqual(epochsOf("sealing.json")["1"], before.sealing);
  const left = ["opening.json", "resolving.json", "signing.json", "sealing.json"]
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("");
  for (const { privateKey } of [before.opening, before.resolving] as { privateKey: string }[]) assert.ok(!left.includes(privateKey));
});
