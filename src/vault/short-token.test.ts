import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { categoryNames } from "../domain/category.ts";
import { subkey } from "../domain/keyed-hash.ts";
import { formatShortToken, parseShortToken, shortCodes, shortTokenPattern } from "./short-token.ts";

const keys = { derive: async (label: string) => subkey(Buffer.alloc(32, 7), label) };
const token = fc.uint8Array({ minLength: 20, maxLength: 20 });
const category = fc.constantFrom(...categoryNames);

test("a short form fits a field of 35 letters and digits and gives its code back, in either letter case", async () => {
  const codeOf = await shortCodes(keys, "t1");
  fc.assert(
    fc.property(token, category, fc.boolean(), (bytes, name, lower) => {
      const code = codeOf(bytes);
      const text = formatShortToken(name, code);
      assert.match(text, shortTokenPattern);
      assert.match(text, /^[0-9A-Z]{30}$/);
      assert.deepEqual(parseShortToken(lower ? text.toLowerCase() : text), { category: name, version: 1, code });
    }),
  );
});

test("the same token has the same short form; another tenant's has not", async () => {
  const [one, again, other] = await Promise.all([shortCodes(keys, "t1"), shortCodes(keys, "t1"), shortCodes(keys, "t2")]);
  const bytes = Buffer.alloc(20, 9);
  assert.deepEqual(one(bytes), again(bytes));
  assert.notDeepEqual(one(bytes), other(bytes));
  assert.notDeepEqual(one(bytes), one(Buffer.alloc(20, 8)));
});

test("a short form with one character changed is none", async () => {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const codeOf = await shortCodes(keys, "t1");
  fc.assert(
    fc.property(token, fc.nat(25), fc.integer({ min: 1, max: 31 }), (bytes, at, shift) => {
      const text = formatShortToken("phone", codeOf(bytes));
      const place = 4 + at;
      const changed = text.slice(0, place) + alphabet[(alphabet.indexOf(text[place]!) + shift) % 32] + text.slice(place + 1);
      assert.equal(parseShortToken(changed), null);
    }),
  );
});
