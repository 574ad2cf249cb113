import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parseCheckpoint } from "../../src/audit/checkpoint.ts";
import { GrowingTree, leafHash } from "../../src/audit/merkle.ts";
import { localSigner, noteKey, openNote, parseKey, parseNote, rawPublicKey, verifiedKeys } from "../../src/audit/note.ts";
import { openCheckpoint, policyOfKey } from "../../src/audit/policy.ts";
import { entriesOfBundle } from "../../src/audit/tiles.ts";
import { verifyLog } from "../../src/audit/verify.ts";
import { addCheckpoint, type WitnessState } from "../../src/audit/witness.ts";

const folder = new URL("data/tlog/", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), "utf8");

interface NoteCase {
  readonly id: string;
  readonly vkeys: readonly string[];
  readonly note: string;
  readonly verified: readonly string[];
}

describe("signed notes", () => {
  for (const { id, vkeys, note, verified } of JSON.parse(read("signed-notes.json")) as NoteCase[]) {
    test(`${verified.length > 0 ? "accepts" : "refuses"} ${id}`, () => {
      const open = (): string[] => openNote(note, vkeys.map(parseKey)).by.map(({ name }) => name);
      if (verified.length > 0) assert.deepEqual(open(), verified);
      else assert.throws(open, { name: "NoteError" });
    });
  }
});

describe("a log that Tessera wrote", () => {
  const policy = policyOfKey(parseKey(read("tessera-log/vkey.txt")));

  test("is verified whole, from its first entry to its last", async () => {
    let entries = 0;
    const checkpoint = await verifyLog(new URL("tessera-log", folder).pathname, policy, () => entries++);
    assert.deepEqual([checkpoint.origin, checkpoint.size, entries], ["example.com/log/testdata", 15, 15]);
  });

  test("has the signed root at each size that it went through", () => {
    const entries = entriesOfBundle(readFileSync(new URL("tessera-log/tile/entries/000.p/15", folder)), 15);
    const tree = new GrowingTree();
    for (let size = 0; size <= 15; size++) {
      if (size > 0) tree.append(leafHash(entries[size - 1]!));
      const checkpoint = openCheckpoint(read(`tessera-log/checkpoint.${size}`), policy);
      assert.equal(checkpoint.size, size);
      assert.ok(tree.root().equals(checkpoint.root), `size ${size}`);
    }
  });
});

test("a witness answers a published conversation as the specification says", async () => {
  const conversation = JSON.parse(read("witness-conversation.json")) as {
    logOrigin: string;
    logEd25519PublicKeyHex: string;
    requests: { body: string; status: number; specStatus?: number }[];
  };
  const log = noteKey(conversation.logOrigin, "ed25519", Buffer.from(conversation.logEd25519PublicKeyHex, "hex"));
  const { privateKey } = generateKeyPairSync("ed25519");
  const signer = localSigner("example.com/witness", "ed25519-cosignature", privateKey, () => 1_700_000_000);
  let last: { readonly size: number; readonly root: Buffer } | null = null;
  const state: WitnessState = {
    last: async () => last,
    advance: async (oldSize, checkpoint) => {
      if ((last?.size ?? 0) !== oldSize) return false;
      last = checkpoint;
      return true;
    },
  };
  for (const { body, status, specStatus } of conversation.requests) {
    const answer = await addCheckpoint(body, (origin) => (origin === log.name ? [log] : []), [signer], state);
    assert.equal(answer.status, specStatus ?? status, body);
    if (answer.status !== 200) continue;
    // The cosignature holds on the checkpoint that was sent.
    const { text } = parseNote(body.slice(body.indexOf("\n\n") + 2));
    const cosigned = parseNote(`${text}\n${answer.body}`);
    assert.deepEqual(
      verifiedKeys(cosigned, [
        noteKey("example.com/witness", "ed25519-cosignature", rawPublicKey(createPublicKey(privateKey), "ed25519-cosignature")),
      ]).length,
      1,
    );
    assert.equal(parseCheckpoint(text).size, (last as { readonly size: number } | null)?.size);
  }
});
