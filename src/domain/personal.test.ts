import assert from "node:assert/strict";
import { test } from "node:test";
import type { Category } from "./category.ts";
import { fieldCharsMax, personalField } from "./personal.ts";

test("a field is trimmed; a number is one too", () => {
  assert.deepEqual(personalField("name", "recipient", "  Ida "), { category: "name", role: "recipient", value: "Ida" });
  assert.equal(personalField("name", "recipient", "M&uuml;ller &amp; S&#246;hne")?.value, "Müller & Söhne");
  assert.equal(personalField("postalCode", "recipient", 10115)?.value, "10115");
});

const none: readonly (readonly [Category, unknown])[] = [
  ["name", undefined],
  ["name", " "],
  ["name", "{}"],
  ["name", "x".repeat(fieldCharsMax + 1)],
  ["name", "-"],
  ["city", "..."],
  ["street", "--"],
  ["phone", "n/a"],
  ["phone", "-"],
  ["phone", "000000"],
  ["name", "Unknown"],
  ["name", "null"],
  ["street", "string"],
  ["customerId", 0],
  ["email", "none"],
  ["email", "@"],
  ["trackingNumber", "---"],
];
for (const [category, value] of none) {
  test(`${JSON.stringify(value)?.slice(0, 20)} is no ${category}`, () => assert.equal(personalField(category, "recipient", value), null));
}
