import assert from "node:assert/strict";
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { keyProviderContract, type RootsUnderTest } from "../key-provider.contract.ts";
import { openingByRoot } from "../opening-by-root.ts";
import type { KeyContext, KeyError } from "../provider.ts";
import { addLocalEpoch, createLocalKeys, retireLocalEpochs } from "./key-folder.ts";
import { localOpeningHalf, localOpeningKeys } from "./opening.ts";
import { localSealingKeys } from "./sealing.ts";
import { localSigningKeys } from "./signing.ts";

const scratch = mkdtempSync(join(tmpdir(), "keys-"));
after(() => rmSync(scratch, { recursive: true }));

const keyFiles = ["sealing.json", "opening.json", "resolving.json", "signing.json"];
let serial = 0;
async function freshFolder(): Promise<string> {
  const folder = join(scratch, String(serial++));
  await createLocalKeys(folder);
  return folder;
}

const context: KeyContext = { tenant: "t", purpose: "raw-records", epoch: 1 };
const isBadFile = (error: KeyError): boolean => error.code === "bad-key-file";

keyProviderContract("local", async (): Promise<RootsUnderTest> => {
  const folder = await freshFolder();
  const sealing = () => localSealingKeys(join(folder, "sealing.json"));
  return {
    make: async () => ({
      sealing: await sealing(),
      opening: await localOpeningHalf(folder),
      resolving: openingByRoot({ resolving: await localOpeningKeys(join(folder, "resolving.json")) }),
      signing: await localSigningKeys(join(folder, "signing.json")),
      byteClasses: (wrapped) => Object.fromEntries(Array.from(wrapped, (_, at) => [`byte ${at}`, at])),
      openWithSealingPowers: async (wrapped, wrappedFor) => (await openingOutOf(join(folder, "sealing.json"))).unwrap(wrapped, wrappedFor),
      openWithResolvingPowers: async (wrapped, wrappedFor) =>
        (await localOpeningKeys(join(folder, "resolving.json"))).unwrap(wrapped, wrappedFor),
    }),
    addEpoch: () => addLocalEpoch(folder),
    retireBefore: (epoch) => retireLocalEpochs(folder, epoch),
  };
});

/** Passes what the sealing file holds off as an opening half: each of its secrets as the private key. */
async function openingOutOf(sealingPath: string) {
  const file = JSON.parse(readFileSync(sealingPath, "utf8")) as { epochs: Record<string, Record<string, string>> };
  for (const keys of Object.values(file.epochs)) keys["privateKey"] = keys["derivationSecret"]!;
  const path = join(scratch, "forged.json");
  writeFileSync(path, JSON.stringify(file), { mode: 0o600 });
  return localOpeningKeys(path);
}

test("the key files are their owner's alone, and one that others can read is refused", async () => {
  const folder = await freshFolder();
  for (const name of keyFiles) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  for (const name of keyFiles) chmodSync(join(folder, name), 0o644);
  await assert.rejects(localSealingKeys(join(folder, "sealing.json")), isBadFile);
  await assert.rejects(localOpeningKeys(join(folder, "opening.json")), isBadFile);
  await assert.rejects(localSigningKeys(join(folder, "signing.json")), isBadFile);
});

test("no file holds what another power needs", async () => {
  const folder = await freshFolder();
  const valuesOf = (name: string): string[] =>
    Object.values(
      (JSON.parse(readFileSync(join(folder, name), "utf8")) as { epochs: Record<string, Record<string, string>> }).epochs["1"]!,
    );
  const [sealing, opening, resolving, signing] = keyFiles.map(valuesOf) as [string[], string[], string[], string[]];
  for (const pair of [opening, resolving]) {
    const publicKey = pair[0]!;
    assert.deepEqual(
      sealing.filter((value) => pair.includes(value)),
      [publicKey],
    );
  }
  assert.deepEqual(
    resolving.filter((value) => opening.includes(value)),
    [],
  );
  assert.deepEqual(
    signing.filter((value) => [sealing, opening, resolving].some((file) => file.includes(value))),
    [],
  );
});

test("making the folder again, or twice at once, keeps the first", async () => {
  const folder = join(scratch, "raced");
  await Promise.all([createLocalKeys(folder), createLocalKeys(`${folder}`).catch(() => {})]);
  const before = await (await localSealingKeys(join(folder, "sealing.json"))).derive("x");
  await createLocalKeys(folder);
  assert.deepEqual(await (await localSealingKeys(join(folder, "sealing.json"))).derive("x"), before);
});

test("a folder that lost a file is not filled up with keys that fit nothing", async () => {
  const folder = await freshFolder();
  rmSync(join(folder, "opening.json"));
  await assert.rejects(createLocalKeys(folder), isBadFile);
});

test("what a bad file holds is not repeated in the error", async () => {
  const bad = join(scratch, "bad.json");
  for (const text of ['{"epochs": "c2VjcmV0"', '{"version": 3, "epochs": {"1": {"publicKey": "c2VjcmV0"}}}', "null", '"c2VjcmV0"']) {
    writeFileSync(bad, text, { mode: 0o600 });
    await assert.rejects(localSealingKeys(bad), (error: KeyError) => isBadFile(error) && !error.message.includes("c2VjcmV0"));
  }
});

test("a key file that is not there is its own error", async () => {
  await assert.rejects(localOpeningKeys(join(scratch, "none.json")), (error: KeyError) => error.code === "unavailable");
});

test("retiring an epoch overwrites the bytes of the file that held its private key", async () => {
  const folder = await freshFolder();
  await addLocalEpoch(folder);
  const old = openSync(join(folder, "opening.json"), "r");
  const bytes = Buffer.alloc(statSync(join(folder, "opening.json")).size, 0xff);
  await retireLocalEpochs(folder, 2);
  readSync(old, bytes, 0, bytes.length, 0);
  closeSync(old);
  assert.deepEqual(bytes, Buffer.alloc(bytes.length));
});

test("an epoch whose adding was cut short after the opening half knew it is completed by the next call", async () => {
  const folder = await freshFolder();
  const sealing = readFileSync(join(folder, "sealing.json"));
  await addLocalEpoch(folder);
  writeFileSync(join(folder, "sealing.json"), sealing);
  assert.equal(await addLocalEpoch(folder), 2);
  const { plaintext, wrapped } = await (await localSealingKeys(join(folder, "sealing.json"))).generateDataKey({ ...context, epoch: 2 });
  assert.deepEqual(await (await localOpeningHalf(folder)).unwrap(wrapped, { ...context, epoch: 2 }), plaintext);
});

test("the current epoch is not retired", async () => {
  const folder = await freshFolder();
  await assert.rejects(retireLocalEpochs(folder, 2), (error: KeyError) => error.code === "unknown-epoch");
  const { wrapped } = await (await localSealingKeys(join(folder, "sealing.json"))).generateDataKey(context);
  assert.equal((await (await localOpeningHalf(folder)).unwrap(wrapped, context)).length, 32);
});
