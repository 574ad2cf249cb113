import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import type { WitnessReply } from "../../audit/cosign.ts";
import { checkpointText } from "../../audit/checkpoint.ts";
import { formatKey, localSigner, signatureLine, signNote } from "../../audit/note.ts";
import { programLog } from "../log.ts";
import { witnessSettings } from "../settings/log-witness-settings.ts";
import { logWitnesses } from "./log-witnesses.ts";

const checkpoint = { origin: "log.example/2026", size: 1, root: Buffer.alloc(32, 7) };
const text = checkpointText(checkpoint);
const note = await signNote(text, [localSigner("log.example/2026", "ed25519", generateKeyPairSync("ed25519").privateKey, () => 0)]);
const witness = localSigner("w.example/1", "ed25519-cosignature", generateKeyPairSync("ed25519").privateKey, () => 1);

test("a witness that stays away while a head is held is noted once and left alone, whoever publishes, until it cosigns", async () => {
  let now = 0;
  let asked = 0;
  let reply: WitnessReply | null = null;
  const noted: unknown[] = [];
  const cosignOf = logWitnesses({
    settings: witnessSettings(`witness w ${formatKey(witness.key)} https://w.example\nquorum w\n`, {
      shortfall: "hold",
      timeoutMs: 30_000,
    })!,
    calls: async () => (asked++, reply),
    noteMissing: async (facts) => noted.push(facts),
    counted: () => {},
    log: programLog("silent", "test"),
    nowMs: () => now,
  });
  /** As a publisher that was opened anew does it. */
  const publish = (): Promise<string> => cosignOf({ read: async () => null })(note, checkpoint, 0);
  const missing = { witness: "w.example/1", size: 1, outcome: "unavailable" };

  await assert.rejects(publish(), { code: "held" });
  await assert.rejects(publish(), { code: "held" });
  assert.equal(asked, 1, "it rests");
  now += 60_000;
  await assert.rejects(publish(), { code: "held" });
  assert.equal(asked, 2);
  assert.deepEqual(noted, [missing]);

  now += 60_000;
  reply = { status: 200, contentType: "text/plain", body: await signatureLine(witness, text) };
  assert.equal(await publish(), note + reply.body);
  reply = null;
  await assert.rejects(publish(), { code: "held" });
  assert.deepEqual(noted, [missing, missing], "it was there meanwhile");
});
