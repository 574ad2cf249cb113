import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenModel } from "./token-model.ts";

const softHsm = { manufacturerID: "SoftHSM", libraryDescription: "Implementation of PKCS11" };
const token = (manufacturerID: string, model: string) => ({ label: "t", manufacturerID, model, flags: 0 });

test("a token made of software is told as such, and its unwraps as unrecorded", () => {
  const model = tokenModel(softHsm, token("SoftHSM project", "SoftHSM v2      "));
  assert.deepEqual(model.protection, { kind: "software-token" });
  assert.equal(model.product, "SoftHSM project SoftHSM v2");
  assert.equal(model.oaep.name, "sha1");
  assert.equal(model.recordsUnwrap, false);
});

test("a CloudHSM is known by its module or its maker, and its certification by its type where the token tells it", () => {
  const module = { manufacturerID: "AWS", libraryDescription: "AWS CloudHSM PKCS#11" };
  const other = { manufacturerID: "somebody", libraryDescription: "PKCS#11" };
  for (const model of [tokenModel(module, token("", "")), tokenModel(other, token("Marvell Semiconductors, Inc.", "LS2"))]) {
    assert.deepEqual(model.protection, { kind: "hsm", fips: null });
    assert.equal(model.oaep.name, "sha256");
    assert.ok(model.hasSeveralUsers && model.recordsUnwrap);
  }
  assert.deepEqual(tokenModel(module, token("AWS", "hsm2m.medium")).protection, { kind: "hsm", fips: "FIPS 140-3 level 3" });
  assert.deepEqual(tokenModel(module, token("AWS", "hsm1.medium")).protection, { kind: "hsm", fips: "FIPS 140-2 level 3" });
});

test("an HSM that is not known is promised nothing of", () => {
  const model = tokenModel({ manufacturerID: "Utimaco", libraryDescription: "" }, token("Utimaco", "CryptoServer"));
  assert.deepEqual(model.protection, { kind: "hsm", fips: null });
  assert.equal(model.recordsUnwrap, false);
  assert.equal(model.hasSeveralUsers, false);
});
