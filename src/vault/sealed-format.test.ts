import assert from "node:assert/strict";
import { createDecipheriv, createHmac, createPrivateKey, randomBytes } from "node:crypto";

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { KeyedHash } from "../domain/keyed-hash.ts";
import { openFrom, x25519PublicKey } from "./keys/hpke.ts";
import { createLocalKeys } from "./keys/local/key-folder.ts";
import { localSealingKeys } from "./keys/local/sealing.ts";
import { sealGroup } from "./seal-group.ts";
import { sealRawRecord } from "./sealing.ts";

/*
 * What is kept for months must be read by whoever has the keys and the description of the format. So here it is opened by that description and node:crypto
 * alone: a change of both sides at once, which a round trip would not notice, fails.
 */
const tenant = "4f1dcc16-9b5b-43aa-892e-d28f71ac7047";
const secret = Buffer.alloc(32, 0x91);
const session = () => new KeyedHash(secret);

/** HMAC-SHA-256 under the session's key over the purpose, padded with zeros to 24 bytes, and the salt. */
function keyOf(purpose: string, salt: Uint8Array): Buffer {
  return createHmac("sha256", secret)
    .update(Buffer.concat([Buffer.from(purpose.padEnd(24, "\0")), salt]))
    .digest();
}

function openByHand(key: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12));
  decipher.setAAD(additional);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
}

test("a raw record is iv, ciphertext and tag under HMAC(session, raw, salt), with tenant and record as additional data", () => {
  for (let round = 0; round < 8; round++) {
    const [salt, record, plain] = [randomBytes(16), randomBytes(16), randomBytes(300)];
    const sealed = sealRawRecord(session(), salt, tenant, record, plain);
    const additional = Buffer.concat([Buffer.from(`raw/1${tenant}`), record]);
    assert.deepEqual(openByHand(keyOf("raw", salt), additional, sealed), plain);
    assert.equal(sealed.length, 12 + plain.length + 16);
  }
});

test("a group is version, suite and session, then iv, ciphertext and tag; its commitment is the first half of HMAC(session, group-commitment, salt)", () => {
  const fields = [
    { position: 0, category: "name", value: "Zoë Größenwahn 🐌" },
    { position: 1, category: "phone", value: "+49 151" },
  ] as const;
  for (let round = 0; round < 8; round++) {
    const id = randomBytes(19);
    const keys = { "raw-records": session(), "personal-values": session(), "tracking-numbers": session() };
    const { salt, commitment, sealed } = sealGroup({ id: 0x01020304, keys }, tenant, {
      id,
      purpose: "personal-values",
      subject: "s",
      fields,
    });
    const head = Buffer.from([1, 1, 1, 2, 3, 4]);
    assert.deepEqual(sealed.subarray(0, 6), head);
    assert.deepEqual(commitment, keyOf("group-commitment", salt).subarray(0, 16));
    const plain = openByHand(keyOf("group", salt), Buffer.concat([head, Buffer.from(tenant), id]), sealed.subarray(6));
    const value = (position: number, letters: string, text: string): Buffer => {
      const [bytes, length] = [Buffer.from(text), Buffer.alloc(4)];
      length.writeUInt32BE(bytes.length);
      return Buffer.concat([Buffer.of(position), Buffer.from(letters), length, bytes]);
    };
    assert.deepEqual(plain, Buffer.concat([value(0, "nm", fields[0].value), value(1, "ph", fields[1].value)]));
  }
});

const scratch = mkdtempSync(join(tmpdir(), "pk-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

test("a wrap of keys in files is version 2, then HPKE with its own info and the context as additional data", async () => {
  const folder = join(scratch, "keys");
  await createLocalKeys(folder);
  const context = { tenant, purpose: "raw-records", epoch: 1 } as const;
  const { plaintext, wrapped } = await (await localSealingKeys(join(folder, "sealing.json"))).generateDataKey(context);
  const { publicKey, privateKey } = JSON.parse(readFileSync(join(folder, "opening.json"), "utf8")).epochs["1"] as Record<
    "publicKey" | "privateKey",
    string
  >;
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), Buffer.from(privateKey, "base64")]);
  const pair = {
    privateKey: createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }),
    publicKey: x25519PublicKey(Buffer.from(publicKey, "base64")),
  };
  assert.equal(wrapped[0], 2);
  const message = { encapsulated: wrapped.subarray(1, 33), ciphertext: wrapped.subarray(33) };
  const open = (info: string, additional: string): Buffer => openFrom(pair, message, Buffer.from(info), Buffer.from(additional));
  assert.deepEqual(open("parcelkeep/1|data-key", `parcelkeep/1|${tenant}|raw-records|1`), plaintext);
  assert.throws(() => open("", `parcelkeep/1|${tenant}|raw-records|1`));
});
