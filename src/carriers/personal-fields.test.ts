import assert from "node:assert/strict";
import { test } from "node:test";
import { personalField } from "../domain/personal.ts";
import { personalFields } from "./personal-fields.ts";

test("keeps a value once per category and role and drops what is absent", () => {
  const city = personalField("city", "recipient", "Leiden");
  const fields = personalFields(city, null, personalField("city", "recipient", " Leiden "), personalField("city", "sender", "Leiden"));
  assert.deepEqual(fields, [
    { category: "city", role: "recipient", value: "Leiden" },
    { category: "city", role: "sender", value: "Leiden" },
  ]);
});
