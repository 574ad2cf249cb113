import assert from "node:assert/strict";
import { test } from "node:test";
import { countryByName } from "./country-name.ts";

test("reads a country by its code or its name in a carrier's language", () => {
  for (const name of ["DE", "DEU", "Germany", "Deutschland", "Allemagne", " NIEMCY "]) assert.equal(countryByName(name), "DE");
  assert.equal(countryByName("Norge"), "NO");
});

test("reads nothing into other words", () => {
  for (const name of ["Bremen", "", null, 49, "Germany, c/o Wilhelmine", "constructor"]) assert.equal(countryByName(name), null);
});
