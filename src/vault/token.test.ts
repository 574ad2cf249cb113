import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { categoryNames } from "../domain/category.ts";
import { formatToken, parseToken, tokenPattern } from "./token.ts";

const bytes = fc.uint8Array({ minLength: 20, maxLength: 20 });
const category = fc.constantFrom(...categoryNames);

test("a token comes back with its category and bytes, in either letter case", () => {
  fc.assert(
    fc.property(bytes, category, fc.boolean(), (raw, name, lower) => {
      const token = formatToken("eu1", name, raw);
      assert.match(token, tokenPattern);
      assert.equal(token.length, 50);
      const parsed = parseToken(lower ? token.toLowerCase() : token);
      assert.deepEqual(parsed && { ...parsed, bytes: Uint8Array.from(parsed.bytes) }, {
        cell: "eu1",
        category: name,
        version: 1,
        bytes: raw,
      });
    }),
  );
});

test("a token with one character changed is none", () => {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  fc.assert(
    fc.property(bytes, fc.nat(37), fc.integer({ min: 1, max: 31 }), (raw, at, shift) => {
      const token = formatToken("eu1", "phone", raw);
      const place = 12 + at;
      const changed = token.slice(0, place) + alphabet[(alphabet.indexOf(token[place]!) + shift) % 32] + token.slice(place + 1);
      assert.equal(parseToken(changed), null);
    }),
  );
});

test("other text is no token", () => {
  for (const text of ["", "ptk_eu1_ph1_", "ptk_eu1_zz1_00000000000000000000000000000000000000", "Ida Musterweg"])
    assert.equal(parseToken(text), null);
});

test("a token is the whole text, and of a category that exists", () => {
  const token = formatToken("eu1", "name", Buffer.alloc(20, 3));
  assert.notEqual(parseToken(token), null);
  assert.equal(parseToken(`x${token}`), null);
  assert.equal(parseToken(`${token}0`), null);
  const unknown = token.slice(0, -6).replace("_nm", "_zz");
  const sum = crc32(unknown.toUpperCase()) & 0x3fffffff;
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const digits = [25, 20, 15, 10, 5, 0].map((shift) => alphabet[(sum >>> shift) & 31]).join("");
  assert.equal(parseToken(unknown + digits), null);
});

test("a token of a later version of the token space is one, of five digits none", () => {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const token = formatToken("eu1", "name", Buffer.alloc(20, 3));
  const ofVersion = (version: string): string => {
    const body = token.slice(0, -6).replace("_nm1_", `_nm${version}_`);
    const sum = crc32(body.toUpperCase()) & 0x3fffffff;
    return body + [25, 20, 15, 10, 5, 0].map((shift) => alphabet[(sum >>> shift) & 31]).join("");
  };
  assert.equal(ofVersion("1"), token);
  assert.equal(parseToken(ofVersion("12"))?.version, 12);
  assert.equal(parseToken(ofVersion("9999"))?.version, 9999);
  assert.equal(parseToken(ofVersion("10000")), null);
});
