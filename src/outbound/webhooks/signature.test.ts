import assert from "node:assert/strict";
import { createHmac, createPublicKey, timingSafeEqual, verify } from "node:crypto";
import { test } from "node:test";
import { newSecret, signatures } from "./signature.ts";

test("signs as the public vector of Standard Webhooks has it", () => {
  const signed = signatures(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}');
  assert.equal(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test("signs by Ed25519 as RFC 8032 has it", () => {
  // Section 7.1, test 1: this seed's public key. The signature is over our text, so a verifier is asked.
  const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
  const publicKey = Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex");
  const signed = signatures([`whsk_${seed.toString("base64")}`], "id", 1, "{}");
  assert.ok(verifies(`whpk_${publicKey.toString("base64")}`, signed, "id.1.{}"));
  assert.ok(!verifies(`whpk_${publicKey.toString("base64")}`, signed, "id.2.{}"));
});

test("while a secret is replaced there is a signature by each, the newest first", () => {
  const [fresh, former, asymmetric] = [newSecret("hmac"), newSecret("hmac"), newSecret("ed25519")];
  const [first, second, third] = signatures([fresh.secret, former.secret, asymmetric.secret], "id", 7, "body").split(" ");
  assert.ok(matches(fresh.secret, first!, "id.7.body") && !matches(former.secret, first!, "id.7.body"));
  assert.ok(matches(former.secret, second!, "id.7.body"));
  assert.ok(verifies(asymmetric.publicKey!, third!, "id.7.body"));
});

test("secrets have their form, and no two are equal", () => {
  assert.match(newSecret("hmac").secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.match(newSecret("ed25519").publicKey!, /^whpk_[A-Za-z0-9+/]{43}=$/);
  assert.notEqual(newSecret("hmac").secret, newSecret("hmac").secret);
  assert.throws(() => signatures(["secret"], "id", 1, ""), TypeError);
});

function matches(secret: string, signature: string, text: string): boolean {
  const expected = createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
    .update(text)
    .digest();
  const given = Buffer.from(signature.slice(3), "base64");
  return signature.startsWith("v1,") && given.length === expected.length && timingSafeEqual(given, expected);
}

/** As a receiver would, with the public key only. */
function verifies(publicKey: string, signature: string, text: string): boolean {
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(publicKey.slice(5), "base64")]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  return signature.startsWith("v1a,") && verify(null, Buffer.from(text), key, Buffer.from(signature.slice(4), "base64"));
}
