import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "./canonical-json.ts";

test("the example of RFC 8785, section 3.2.2, in what an entry may hold, has its canonical text", () => {
  assert.equal(
    canonicalJson({ string: '€$\u000f\nA\'B"\\\\"/', literals: [null, true, false], numbers: [333_333, 0, -5] }),
    String.raw`{"literals":[null,true,false],"numbers":[333333,0,-5],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test("names are sorted by UTF-16 units, as in RFC 8785, section 3.2.3", () => {
  const sorted = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"];
  const value = Object.fromEntries(["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"].map((name) => [name, 0]));
  assert.equal(canonicalJson(value), `{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(",")}}`);
});

test("what has no canonical form is refused", () => {
  for (const value of [0.5, -0, 2 ** 53, Number.NaN, "\ud800"]) assert.throws(() => canonicalJson(value), TypeError);
  assert.throws(() => canonicalJson(undefined as unknown as null), TypeError);
});

test("the text reads back as the value, and writing it again changes nothing", () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: "grapheme" }),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value")),
      fc.dictionary(fc.string(), tie("value")),
    ),
  })).value as fc.Arbitrary<never>;
  fc.assert(
    fc.property(value, (each) => {
      const text = canonicalJson(each);
      assert.equal(canonicalJson(JSON.parse(text) as never), text);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(each)));
    }),
  );
});
