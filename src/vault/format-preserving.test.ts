import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { subkey } from "../domain/keyed-hash.ts";
import { ff1, formatPreserving, type FormatPreservingField } from "./format-preserving.ts";

const keys = { derive: async (label: string) => subkey(Buffer.alloc(32, 7), label) };
const digits = "0123456789";
const field: FormatPreservingField = { algorithm: "FF1", tenant: "t1", category: "phone", version: 1, alphabet: digits };

for (const alphabet of [digits, "0123456789abcdefghijklmnopqrstuvwxyz", "ABCDEFGHJKLM"]) {
  test(`a value of ${alphabet.length} characters keeps its length and alphabet and comes back`, async () => {
    const cipher = await formatPreserving(keys, { ...field, alphabet });
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...alphabet.split("")), { minLength: 6, maxLength: 40 }), (letters) => {
        const value = letters.join("");
        const hidden = cipher.encrypt(value);
        assert.equal(hidden.length, value.length);
        assert.ok(Array.from(hidden).every((letter) => alphabet.includes(letter)));
        assert.equal(cipher.decrypt(hidden), value);
      }),
      { numRuns: 50 },
    );
  });
}

test("another tenant, category or version gives another value", async () => {
  const hide = async (changed: Partial<FormatPreservingField>) =>
    (await formatPreserving(keys, { ...field, ...changed })).encrypt("4915112345678");
  const hidden = await Promise.all([hide({}), hide({ tenant: "t2" }), hide({ category: "customerId" }), hide({ version: 2 })]);
  assert.equal(new Set(hidden).size, 4);
});

for (const name of ["FF3-1", "ff3-1", "FF3_1", "FF3", " ff3 "]) {
  test(`refuses ${JSON.stringify(name)} by name, with the reason`, async () => {
    await assert.rejects(formatPreserving(keys, { ...field, algorithm: name }), { code: "refused-algorithm", message: /NIST.*use FF1/ });
  });
}

test("knows no other algorithm", async () => {
  await assert.rejects(formatPreserving(keys, { ...field, algorithm: "FF2" }), { code: "unknown-algorithm" });
});

test("refuses a domain below a million, which the standard of 2016 and the library take", async () => {
  const cipher = await formatPreserving(keys, field);
  assert.throws(() => cipher.encrypt("10115"), { code: "small-domain" });
  assert.throws(() => cipher.decrypt("10115"), { code: "small-domain" });
  assert.equal(cipher.encrypt("101150").length, 6);
  const letters = await formatPreserving(keys, { ...field, alphabet: "0123456789abcdefghijklmnopqrstuvwxyz" });
  assert.throws(() => letters.encrypt("abc"), { code: "small-domain" });
  assert.equal(letters.encrypt("abcd").length, 4);
});

test("refuses what is not of the alphabet, and says no value", async () => {
  const cipher = await formatPreserving(keys, field);
  assert.throws(
    () => cipher.encrypt("+4915112345678"),
    (error: Error & { code: string }) => error.code === "bad-value" && !error.message.includes("49151"),
  );
  assert.throws(() => cipher.encrypt("1".repeat(513)), { code: "bad-value" });
});

test("refuses a missing tweak, a key of another length and an alphabet with a character twice", async () => {
  assert.throws(() => ff1(10, Buffer.alloc(32), Buffer.alloc(0)), { code: "no-tweak" });
  assert.throws(() => ff1(10, Buffer.alloc(20), Buffer.from("t")), { code: "bad-key" });
  assert.throws(() => ff1(37, Buffer.alloc(32), Buffer.from("t")), { code: "bad-alphabet" });
  await assert.rejects(formatPreserving(keys, { ...field, alphabet: "01233" }), { code: "bad-alphabet" });
});

test("key and tweak are both of the field: neither alone gives what the field gives", async () => {
  const labels: string[] = [];
  const cipher = await formatPreserving({ derive: async (label) => (labels.push(label), keys.derive(label)) }, field);
  assert.deepEqual(labels, ["format-preserving|t1|phone|v1"]);
  const value = Array.from("4915112345678", Number);
  const plain = ff1(10, await keys.derive(labels[0]!), Buffer.from("t1|phone|v1")).encrypt(value);
  assert.equal(cipher.encrypt("4915112345678"), plain.join(""));
  assert.notDeepEqual(ff1(10, await keys.derive(labels[0]!), Buffer.from("t2|phone|v1")).encrypt(value), plain);
  assert.notDeepEqual(ff1(10, await keys.derive("format-preserving|t2|phone|v1"), Buffer.from("t1|phone|v1")).encrypt(value), plain);
});

test("takes radix 2 to 36, up to 512 digits, each below the radix, and nothing else", () => {
  const tweak = Buffer.from("t");
  for (const radix of [1, 0, -2, 2.5, 37, Number.NaN])
    assert.throws(() => ff1(radix, Buffer.alloc(32), tweak), { code: "bad-alphabet" }, String(radix));
  assert.equal(ff1(2, Buffer.alloc(32), tweak).encrypt(Array.from({ length: 20 }, () => 1)).length, 20);
  assert.throws(() => ff1(2, Buffer.alloc(32), tweak).encrypt(Array.from({ length: 19 }, () => 1)), { code: "small-domain" });
  const ten = ff1(10, Buffer.alloc(32), tweak);
  assert.equal(ten.encrypt(Array.from({ length: 512 }, () => 9)).length, 512);
  for (const digit of [10, -1, 1.5, Number.NaN]) {
    for (const direction of ["encrypt", "decrypt"] as const)
      assert.throws(() => ten[direction]([1, 2, 3, 4, 5, 6, digit]), { code: "bad-value" }, String(digit));
  }
});
