import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { categoryNames, type Category } from "../domain/category.ts";
import { mask } from "./mask.ts";

const examples: readonly (readonly [Category, string, string])[] = [
  ["phone", "+49 151 1234 5612", "+49 ••• ••12"],
  ["phone", "0049151123456-12", "+49 ••• ••12"],
  ["phone", "+1 (555) 010-0199", "+1 ••• ••99"],
  ["phone", "+352 621 123 456", "+352 ••• ••56"],
  ["phone", "0151 12345612", "••• ••12"],
  ["phone", "110", "•••"],
  ["phone", "+49 110", "+49 •••"],
  ["email", "ida@beispiel.de", "i•••@b•••.de"],
  ["email", "ida@ida.musterweg", "i•••@i•••"],
  ["email", '"ida m"@localhost', "•••@l•••"],
  ["email", "no address", "•••"],
  ["name", "Ida Musterweg", "I. M."],
  ["name", "ida luise von Musterweg", "I. M."],
  ["name", "Élodie", "É."],
  ["name", "李 小龙", "李. 小."],
  ["name", "🙂", "•••."],
  ["postalCode", "10115", "10•••"],
  ["postalCode", "1012 AB", "10•••"],
  ["postalCode", "101", "•••"],
  ["street", "Lindenallee 7", "•••"],
  ["city", "Musterstadt", "•••"],
  ["freeText", "left with Ida", "•••"],
  ["trackingNumber", "1Z 999 AA1 01 2345 6784", "•••6784"],
  ["orderReference", "1234", "•••"],
];
for (const [category, value, view] of examples) {
  test(`a ${category} such as ${value} is shown as ${view}`, () => assert.equal(mask(category, value), view));
}

/** Characters of a value that a category's view may hold, counted. */
const charactersMax: Readonly<Record<Category, number>> = {
  phone: 5,
  email: 6,
  name: 2,
  postalCode: 2,
  trackingNumber: 4,
  customerId: 4,
  orderReference: 4,
  organisation: 0,
  street: 0,
  city: 0,
  region: 0,
  location: 0,
  freeText: 0,
  document: 0,
  accessLink: 0,
};

const anything = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.emailAddress(),
  fc.lorem(),
  fc.stringMatching(/^(\+|00)?[\d ()/-]{0,30}$/),
  fc.stringMatching(/^[A-Z0-9 -]{0,30}$/),
);

test("a view never holds more characters of the value than its category states", () => {
  fc.assert(
    fc.property(fc.constantFrom(...categoryNames), anything, (category, value) => {
      const shown = Array.from(mask(category, value)).filter((letter) => /[\p{L}\p{N}]/u.test(letter));
      // The upper case of one letter may be two: ß is SS.
      assert.ok(shown.length <= charactersMax[category] + (category === "name" ? 4 : 0));
    }),
    { numRuns: 2_000 },
  );
});

const digits = fc.stringMatching(/^\d{4,12}$/);
const letters = fc.stringMatching(/^[a-z]{3,20}$/);

test("two values that differ only in what is hidden look the same", () => {
  fc.assert(
    fc.property(digits, digits, letters, letters, letters, letters, (one, other, a, b, c, d) => {
      const alike: readonly (readonly [Category, string, string])[] = [
        ["phone", `+49${one}12`, `0049 ${other} 12`],
        ["email", `i${a}@b${b}.de`, `i${c}@b${d}.de`],
        ["email", `i${a}@b${b}.x${a}x`, `i${c}@b${d}.y${b}yy`],
        ["name", `I${a} ${b} M${c}`, `I${d} M${a}`],
        ["postalCode", `10${one}`, `10 ${other}`],
        ["trackingNumber", `${one}ABCD`, `${other}-ABCD`],
        ["street", a, b],
      ];
      for (const [category, left, right] of alike) assert.equal(mask(category, left), mask(category, right), category);
    }),
  );
});
