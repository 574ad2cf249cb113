import assert from "node:assert/strict";
import { constants, generateKeyPairSync, privateDecrypt, randomBytes } from "node:crypto";
import { test } from "node:test";
import type { KeyContext } from "../provider.ts";
import { rsaBits } from "./roots.ts";
import { oaepHashes } from "./token-model.ts";
import { openWrap, parseWrap, sealWrap, wrapByteClasses } from "./wrap-format.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: rsaBits });
const context: KeyContext = { tenant: "t", purpose: "raw-records", epoch: 1 };

for (const oaep of oaepHashes) {
  test(`a wrap by OAEP with ${oaep.name} opens with what the private key gives, for its context alone`, () => {
    const dataKey = randomBytes(32);
    const wrap = parseWrap(sealWrap(publicKey, oaep, dataKey, context))!;
    const wrappingKey = privateDecrypt(
      { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: wrap.oaep.name },
      wrap.encryptedKey,
    );
    assert.deepEqual(openWrap(wrap, wrappingKey, context), dataKey);
    assert.throws(() => openWrap(wrap, wrappingKey, { ...context, tenant: "u" }));
    assert.throws(() => openWrap({ ...wrap, oaep: oaepHashes.find(({ id }) => id !== oaep.id)! }, wrappingKey, context));
    assert.throws(() => openWrap(wrap, randomBytes(32), context));
  });
}

test("bytes of another length, version or hash are no wrap", () => {
  const wrapped = sealWrap(publicKey, oaepHashes[0]!, randomBytes(32), context);
  assert.ok(wrapped.length <= 1024);
  for (const at of [wrapByteClasses["version"]!, wrapByteClasses["OAEP hash"]!]) {
    const changed = Buffer.from(wrapped);
    changed[at]! ^= 0x80;
    assert.equal(parseWrap(changed), null);
  }
  assert.equal(parseWrap(wrapped.subarray(1)), null);
  assert.equal(parseWrap(Buffer.alloc(0)), null);
});
