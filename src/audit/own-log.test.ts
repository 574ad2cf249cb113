import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, suite, test } from "node:test";
import { writeLog } from "../../test/support/written-log.ts";
import { entryOf } from "./entry.ts";
import { localSigner } from "./note.ts";
import { policyOfKey } from "./policy.ts";
import { verifyLog } from "./verify.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const origin = "log.example/audit/2026";
const keys = generateKeyPairSync("ed25519");
const signerOf = (name: string) => localSigner(name, "ed25519", keys.privateKey, () => 0);
const policy = policyOfKey(signerOf(origin).key);

const written = (index: number, type: string, facts: Readonly<Record<string, string>>): Buffer =>
  entryOf({
    id: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
    at: new Date("2026-11-26T12:00:00.123Z"),
    type,
    tenant: null,
    facts,
  }).bytes;
const opened = written(0, "log.opened", { origin });
const plain = (index: number): Buffer => written(index, "tenant.created", { subject: "s1" });

/** @param others by index; the rest are plain, behind the one that opens the log. */
async function logOf(steps: readonly number[], others: Readonly<Record<number, Buffer>> = {}, name = origin): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "parcelkeep-own-log-"));
  folders.push(folder);
  await writeLog(folder, steps, signerOf(name), (index) => others[index] ?? (index === 0 ? opened : plain(index)));
  return folder;
}

suite("a log of Parcelkeep", () => {
  test("holds, in whatever steps it grew", async () => {
    for (const steps of [[0], [1], [3, 256, 300]]) assert.equal((await verifyLog(await logOf(steps), policy)).size, steps.at(-1));
  });

  const json = (text: string): Buffer => Buffer.from(text);
  const plainText = plain(1).toString();
  const unreadable: Readonly<Record<string, Buffer>> = {
    "a name that stands twice": json(plainText.replace(`"subject":"s1"`, `"subject":"s1","subject":"s2"`)),
    "a type that stands twice": json(plainText.replace(`"type":"tenant.created"`, `"type":"tenant.created","type":"tenant.created"`)),
    "white space": json(plainText.replace(":", ": ")),
    "a needless escape": json(plainText.replace("s1", "\\u0073" + "1")),
    "names in another order": json(`{"v":1,${plainText.slice(1).replace(`,"v":1`, "")}`),
    "letters beyond ASCII": json(plainText.replace("s1", "ѕ1")),
    "an address": json(plainText.replace("s1", "jan@example.org")),
    "bytes that are no UTF-8": Buffer.from(plainText.replace("s1", "\xff"), "latin1"),
    "a byte order mark": json(`\ufeff${plainText}`),
    "bytes behind it": json(`${plainText}\n`),
    "another version": json(plainText.replace(`"v":1`, `"v":2`)),
    "a number for its id": json(plainText.replace(/"id":"[^"]*"/, `"id":7`)),
    "a day that is none": json(plainText.replace("11-26T", "02-30T")),
    "a time of another precision": json(plainText.replace(".123Z", "Z")),
    "no type": json(plainText.replace(`"type":"tenant.created",`, "")),
    "more than 8 KiB": json(plainText.replace(`"s1"`, JSON.stringify(Array.from({ length: 4_000 }, () => "x")))),
    "a list for an object": json("[1]"),
    "lists without an end": json("[".repeat(8_000)),
    "nothing in it": json(""),
    null: json("null"),
  };
  for (const [what, bytes] of Object.entries(unreadable)) {
    test(`with an entry that has ${what} is refused, by the entry's number and its file`, async () => {
      const refused = verifyLog(await logOf([3], { 1: bytes }), policy);
      await assert.rejects(refused, { code: "bad-entry", path: "tile/entries/000.p/3", message: /^tile\/entries\/000\.p\/3: entry 1 / });
    });
  }

  test("begins with the entry that opens this very log, and ends with the one that closes it", async () => {
    const closed = written(3, "log.closed", { origin, next: "log.example/audit/2027" });
    assert.equal((await verifyLog(await logOf([4], { 3: closed }), policy)).size, 4);
    await assert.rejects(verifyLog(await logOf([5], { 3: closed }), policy), { code: "bad-entry", message: /entry 4 stands behind/ });
    const other = written(0, "log.opened", { origin: "log.example/audit/2025" });
    for (const first of [plain(0), other])
      await assert.rejects(verifyLog(await logOf([2], { 0: first }), policy), { code: "bad-entry", message: /entry 0 is the first one/ });
  });

  test("may hold entries of a type that a newer version writes", async () => {
    const newer = Buffer.from(plain(1).toString().replace("tenant.created", "tenant.renamed").replace("subject", "subjects"));
    assert.equal((await verifyLog(await logOf([2], { 1: newer }), policy)).size, 2);
  });

  test("is refused with a file that its checkpoint does not call for, or that is another beginning of one", async () => {
    const folder = await logOf([255, 256, 290, 300]);
    const later = await logOf([301, 512]);
    const put = async (path: string, bytes: Uint8Array): Promise<void> => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    };
    // One more entry at the end, with or without its hash.
    const beyond = ["tile/entries/001.p/45", "tile/0/001.p/45", "tile/entries/001", "tile/0/001", "tile/1/000.p/2", "tile/entries/002"];
    for (const path of beyond) {
      const bytes = path.endsWith("002") || path.endsWith("2") ? Buffer.alloc(64) : readFileSync(join(later, path));
      await put(path, bytes);
      await assert.rejects(verifyLog(folder, policy), { code: "beyond", path });
      rmSync(join(folder, path));
    }
    for (const path of ["tile/entries/000.txt", "tile/entries/x000/001", "tile/9/000.p/1"]) {
      await put(path, Buffer.alloc(32));
      await assert.rejects(verifyLog(folder, policy), { code: "beyond", path });
      rmSync(join(folder, path));
    }
    for (const path of ["tile/entries/001.p/34", "tile/0/001.p/34", "tile/entries/000.p/255"]) {
      const bytes = readFileSync(join(folder, path));
      bytes[bytes.length - 1]! ^= 1;
      await put(path, bytes);
      await assert.rejects(verifyLog(folder, policy), { code: "damaged", path });
      bytes[bytes.length - 1]! ^= 1;
      await put(path, bytes);
    }
    await put("tile/.hidden", Buffer.alloc(1));
    assert.equal((await verifyLog(folder, policy)).size, 300);
  });

  test("is not taken for one of another year's, whose files were left in the folder", async () => {
    const folder = await logOf([300]);
    cpSync(await logOf([2]), folder, { recursive: true });
    await assert.rejects(verifyLog(folder, policy), { code: "beyond" });
  });
});

test("a log of others may hold any entries, and grow while it is copied", async () => {
  const name = "other.example/log";
  const folder = await logOf([300], { 0: Buffer.from("anything"), 1: Buffer.alloc(0) }, name);
  writeFileSync(join(folder, "tile", "entries", "002"), "");
  assert.equal((await verifyLog(folder, policyOfKey(signerOf(name).key))).size, 300);
});
