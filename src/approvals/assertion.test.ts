import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, hash, randomBytes, sign } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { TestApprover, testRelyingParty } from "../../test/support/test-approver.ts";
import { type Assertion, isAssertionOf } from "./assertion.ts";

const challenge = randomBytes(32);
const somebody = new TestApprover("privacy");
const key = createPublicKey({
  key: Buffer.from(somebody.approver.credentials[0]!.publicKey, "base64url"),
  format: "der",
  type: "spki",
});
const holds = (assertion: Assertion, signed: Uint8Array = challenge): boolean => isAssertionOf(assertion, signed, key, testRelyingParty);

test("takes what a passkey signed over exactly this challenge, and for no other", () => {
  const assertion = somebody.sign(challenge);
  assert.equal(holds(assertion), true);
  assert.equal(holds(assertion, randomBytes(32)), false);
  assert.equal(isAssertionOf(assertion, challenge, key, { ...testRelyingParty, id: "elsewhere" }), false);
});

for (const [what, changes] of [
  ["another page", { origin: "https://elsewhere.example" }],
  ["another relying party", { rpId: "elsewhere.example" }],
  ["a registration", { type: "webauthn.create" }],
  ["somebody who was not there", { flags: 0b100 }],
  ["somebody who was not recognised", { flags: 0b001 }],
] as const)
  test(`refuses ${what}`, () => assert.equal(holds(somebody.sign(challenge, changes)), false));

test("refuses another's signature, and every assertion with one bit changed", () => {
  assert.equal(holds({ ...new TestApprover("privacy").sign(challenge) }), false);
  const assertion = somebody.sign(challenge);
  fc.assert(
    fc.property(fc.constantFrom("authenticatorData", "clientDataJSON", "signature"), fc.nat(), (part, bit) => {
      const bytes = Buffer.from(assertion[part], "base64url");
      bytes[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7);
      assert.equal(holds({ ...assertion, [part]: bytes.toString("base64url") }), false);
    }),
  );
});

test("never throws, whatever it is given", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (authenticatorData, clientDataJSON, signature) => {
      assert.equal(holds({ credential: "x", authenticatorData, clientDataJSON, signature }), false);
    }),
  );
});

test("takes Ed25519 and RSA of 2,048 bits, and no smaller RSA and no other curve", () => {
  const clientDataJSON = Buffer.from(somebody.sign(challenge).clientDataJSON, "base64url");
  const authenticatorData = Buffer.from(somebody.sign(challenge).authenticatorData, "base64url");
  const signed = Buffer.concat([authenticatorData, hash("sha256", clientDataJSON, "buffer")]);
  for (const [pair, digest, isTaken] of [
    [generateKeyPairSync("ed25519"), null, true],
    [generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256", true],
    [generateKeyPairSync("rsa", { modulusLength: 1024 }), "sha256", false],
    [generateKeyPairSync("ec", { namedCurve: "secp256k1" }), "sha256", false],
  ] as const) {
    const assertion = {
      credential: "x",
      authenticatorData: authenticatorData.toString("base64url"),
      clientDataJSON: clientDataJSON.toString("base64url"),
      signature: sign(digest, signed, pair.privateKey).toString("base64url"),
    };
    assert.equal(isAssertionOf(assertion, challenge, pair.publicKey, testRelyingParty), isTaken);
  }
});
