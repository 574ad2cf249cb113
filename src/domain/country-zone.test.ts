import assert from "node:assert/strict";
import { test } from "node:test";
import { countryZone } from "./country-zone.ts";
import { zoneOffsetMs } from "./zone-offset.ts";

test("knows the zone of a country with one time, and of one whose zones agree", () => {
  assert.equal(countryZone("JM"), "America/Jamaica");
  assert.equal(countryZone("DE"), "Europe/Berlin");
});

test("knows nothing of a country with several times, and of what is no country", () => {
  for (const country of ["US", "ES", "PT", "AU", "XX", "constructor", "", null]) assert.equal(countryZone(country), undefined);
});

test("names zones that exist", () => {
  const letters = Array.from({ length: 26 }, (_, at) => String.fromCharCode(65 + at));
  for (const first of letters)
    for (const second of letters) {
      const zone = countryZone(first + second);
      if (zone !== undefined) assert.equal(typeof zoneOffsetMs(Date.UTC(2026, 0, 1), zone), "number");
    }
});
