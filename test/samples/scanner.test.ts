import assert from "node:assert/strict";
import { test } from "node:test";
import { leaks } from "./scanner.ts";

function standsIn(value: string, text: string): boolean {
  return leaks({ path: "$.name", value }, new Map([["place", text]])).length > 0;
}

const signature = "wqSo3vKsTMaYQ0w7H8OKnFZ4pTDNTotOAzr2Vn9bXcLLm1RkPu5s6GWd8EyJiC0=";

test("a short name is found in text, in an address and at the end of a path", () => {
  for (const text of [
    '{"name":"Toto"}',
    "dear TOTO,",
    "toto",
    "https://carrier.example/v1/shipments/00340434161094042557/people/toto",
    "name=toto&x=1",
  ])
    assert.ok(standsIn("TOTO", text), text);
});

test("a short name within other letters is found in what is not a long run of base64", () => {
  for (const text of ["xtotox", `— eu.parcelkeep.example/log toto${"!".repeat(50)}`]) assert.ok(standsIn("TOTO", text), text);
});

test("a short name that a signature holds by chance is no leak", () => {
  assert.ok(signature.toLowerCase().includes("toto"));
  assert.equal(standsIn("TOTO", `— eu.parcelkeep.example/log ${signature}\n`), false);
});

test("a long name is found wherever it stands", () => {
  assert.ok(standsIn("Annelore", `${signature.slice(0, 30)}annelore${signature.slice(30)}`));
});
