import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";
import { generateX25519, type HpkeSuite, openFrom, sealTo, x25519PublicKey, type X25519KeyPair } from "./hpke.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const pair = (privateKey: string, publicKey: string): X25519KeyPair => ({
  publicKey: x25519PublicKey(bytes(publicKey)),
  privateKey: createPrivateKey({ key: bytes(`302e020100300506032b656e04220420${privateKey}`), format: "der", type: "pkcs8" }),
});

// RFC 9180, appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, sequence number 0.
const aes128: HpkeSuite = { aeadId: 0x0001, aead: "aes-128-gcm", keyBytes: 16 };
const recipient = pair(
  "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
  "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
);
const ephemeral = pair(
  "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
  "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
);
const info = bytes("4f6465206f6e2061204772656369616e2055726e");
const additional = bytes("436f756e742d30");
const plaintext = bytes("4265617574792069732074727574682c20747275746820626561757479");
const ciphertext = bytes("f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a");

test("seals and opens the vector of RFC 9180, appendix A.1.1", () => {
  const sealed = sealTo(recipient.publicKey, info, additional, plaintext, aes128, ephemeral);
  assert.deepEqual(sealed, { encapsulated: ephemeral.publicKey.raw, ciphertext });
  assert.deepEqual(openFrom(recipient, sealed, info, additional, aes128), plaintext);
});

test("opens what another implementation sealed with AES-256-GCM", () => {
  // By @hpke/core 1.9.0 to the recipient of A.1.1; the appendix has no vector of this suite.
  const sealed = {
    encapsulated: bytes("f0361459308a7bffee1d60bcb463ce9a6c2bbaf7f0a986bc177d42912323ad50"),
    ciphertext: bytes("8c1d30882bc5b86f7e78981a37bc8581e5845f83f14f3a98db96f2d6b66c10c8f656d9631ea14f88bc2293c46f"),
  };
  assert.deepEqual(openFrom(recipient, sealed, info, additional), plaintext);
});

test("opens for one key pair, info and additional data only", () => {
  const sealed = sealTo(recipient.publicKey, info, additional, plaintext);
  assert.throws(() => openFrom(generateX25519(), sealed, info, additional));
  assert.throws(() => openFrom({ ...recipient, publicKey: ephemeral.publicKey }, sealed, info, additional));
  assert.throws(() => openFrom(recipient, sealed, Buffer.alloc(0), additional));
  assert.throws(() => openFrom(recipient, sealed, info, Buffer.alloc(0)));
  assert.throws(() => openFrom(recipient, { ...sealed, encapsulated: ephemeral.publicKey.raw }, info, additional));
});

test("refuses an encapsulated key of low order, whose secret everybody knows", () => {
  const sealed = sealTo(recipient.publicKey, info, additional, plaintext);
  // RFC 7748, section 6.1: the all-zero point.
  assert.throws(() => openFrom(recipient, { ...sealed, encapsulated: Buffer.alloc(32) }, info, additional));
});
