import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { categoryNames } from "../domain/category.ts";
import { findTokens } from "./find-tokens.ts";
import { formatShortToken, shortTokenPattern } from "./short-token.ts";
import { formatToken, tokenPattern } from "./token.ts";

const page = readFileSync(new URL("../../docs/tokens.md", import.meta.url), "utf8");
const category = fc.constantFrom(...categoryNames);
const long = fc.tuple(category, fc.uint8Array({ minLength: 20, maxLength: 20 })).map(([name, bytes]) => formatToken("eu1", name, bytes));
const short = fc
  .tuple(category, fc.uint8Array({ minLength: 13, maxLength: 13 }))
  .map(([name, bytes]) => formatShortToken(name, Uint8Array.from([...bytes.slice(0, 12), bytes[12]! & 0xf0])));
const delimiter = fc.constantFrom(" ", "\n", '"', "/", ",", ":", "=", "?q=", "&", "<", ">", "(", ")", "ü", "·", "-");

test("finds every token between other words, in both forms and either letter case", () => {
  const token = fc.tuple(fc.oneof(long, short), fc.boolean()).map(([text, lower]) => (lower ? text.toLowerCase() : text));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.lorem({ maxCount: 3 }), delimiter, token, delimiter), { maxLength: 6 }), (parts) => {
      const text = parts.flat().join("");
      const found = findTokens(text);
      assert.deepEqual(
        found.map((each) => each.text),
        parts.map((part) => part[2]),
      );
      for (const each of found) assert.equal(text.slice(each.at, each.at + each.text.length), each.text);
    }),
  );
});

test("says form, place, category and version", () => {
  const text = `ref ${formatShortToken("phone", Buffer.alloc(13))} of ${formatToken("eu1", "email", Buffer.alloc(20))}`;
  assert.deepEqual(
    findTokens(text).map(({ form, at, category, version }) => ({ form, at, category, version })),
    [
      { form: "short", at: 4, category: "phone", version: 1 },
      { form: "long", at: 38, category: "email", version: 1 },
    ],
  );
});

test("finds nothing in random text", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 400 }), fc.base64String({ maxLength: 400 }), fc.uuid()), (text) => {
      assert.deepEqual(findTokens(text), []);
    }),
    { numRuns: 2_000 },
  );
});

/** What carriers and shops write into references, numbers, labels and links. */
const alphanumeric = fc.stringMatching(/^[0-9A-Z]{1,40}$/);
const carrierText = fc.oneof(
  fc.stringMatching(/^1Z[0-9A-Z]{16}$/),
  fc.stringMatching(/^00340\d{15}$/),
  fc.stringMatching(/^[A-Z]{2}\d{9}[A-Z]{2}$/),
  fc.stringMatching(/^JJD\d{17,20}$/),
  fc.stringMatching(/^3S[A-Z]{4}\d{9,12}$/),
  fc.stringMatching(/^\d{12,34}$/),
  fc.stringMatching(/^P[A-Z]{2}\d[0-9A-HJKMNP-TV-Z]{26}$/),
  fc.stringMatching(/^ptk_eu1_(ph|em|nm)1_[0-9A-HJKMNP-TV-Z]{38}$/),
  fc.stringMatching(/^https:\/\/track\.example\.com\/[a-z0-9]{8,40}\?id=[A-Za-z0-9_-]{20,44}$/),
  fc.stringMatching(/^(PO|REF|ORDER|PKG)[- ]?\d{4,12}(-[A-Z0-9]{2,8})?$/),
  alphanumeric,
);

test("finds nothing in carriers' references, nor in look-alikes without the check digits", () => {
  fc.assert(
    fc.property(fc.array(carrierText, { maxLength: 8 }), fc.constantFrom(" ", "\n", ";", '","'), (parts, between) => {
      assert.deepEqual(findTokens(parts.join(between)), []);
    }),
    { numRuns: 2_000 },
  );
});

test("finds nothing in the fixtures of the carriers", () => {
  const files = globSync(join(import.meta.dirname, "..", "carriers", "*", "fixtures", "*"));
  assert.ok(files.length > 20);
  for (const file of files) assert.deepEqual(findTokens(readFileSync(file, "utf8")), [], file);
});

test("takes a text of a megabyte in linear time", () => {
  const started = performance.now();
  for (const unit of ["P", "PPH1", "ptk_", "0", "ptk_eu1_ph1_0"]) findTokens(unit.repeat(1_048_576 / unit.length));
  assert.ok(performance.now() - started < 5_000);
});

test("docs/tokens.md publishes these expressions and no others", () => {
  const published = [...page.matchAll(/^```regex\n(.*)\n```$/gm)].map(([, source]) => source);
  assert.deepEqual(published, [tokenPattern.source, shortTokenPattern.source]);
});

test("the examples of docs/tokens.md are tokens", () => {
  assert.deepEqual(
    findTokens(page).map(({ form, category: name }) => `${form} ${name}`),
    ["long phone", "short phone"],
  );
});
