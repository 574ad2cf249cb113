import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { KeyError } from "../provider.ts";
import { installCommand, loadCryptoki, returnValueOf } from "./cryptoki.ts";

test("without the optional library, the error has the command that installs it", async (t) => {
  if (isInstalled("pkcs11js")) return t.skip("pkcs11js is installed here");
  await assert.rejects(
    loadCryptoki("/nowhere.so"),
    (error: KeyError) => error.code === "missing-library" && error.message.includes(installCommand),
  );
});

test("a return value is known by its name, and another error is none", () => {
  assert.equal(returnValueOf(new Error("CKR_PIN_INCORRECT")), "CKR_PIN_INCORRECT");
  assert.equal(returnValueOf(new Error("the pin is CKR_PIN_INCORRECT")), null);
  assert.equal(returnValueOf("CKR_OK"), null);
});

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
