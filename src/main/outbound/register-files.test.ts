import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { categoryNames } from "../../domain/category.ts";
import { readRegisterFiles, registerFolder, RegisterFileError } from "./register-files.ts";
import { codecs } from "../intake/sources.ts";

test("every source with a codec stands in the register", () => {
  const registered = new Set(readRegisterFiles().map((entry) => entry.source));
  assert.deepEqual(
    [...codecs.keys()].filter((source) => !registered.has(source)),
    [],
  );
});

test("the schema knows the categories of personal fields and no others", () => {
  const schema = JSON.parse(readFileSync(join(registerFolder, "carrier.schema.json"), "utf8")) as {
    readonly properties: { readonly fieldsAllowed: { readonly items: { readonly enum: readonly string[] } } };
  };
  assert.deepEqual(schema.properties.fieldsAllowed.items.enum, [...categoryNames]);
});

const breaches: readonly (readonly [what: string, change: Readonly<Record<string, unknown>>])[] = [
  ["a host with a scheme", { hosts: ["https://api.gls-group.net"] }],
  ["a host that is an address", { hosts: ["10.0.0.1"] }],
  ["a host with a wildcard", { hosts: ["*.gls-group.net"] }],
  ["a category that does not exist", { fieldsAllowed: ["shoeSize"] }],
  ["a key that the schema does not know", { remark: "none" }],
  ["an unknown seat that needs no transfer tool", { country: "ZZ" }],
  ["a day that is none", { sources: [{ what: "host", where: "a page", read: "2026-13-40" }] }],
  ["no sources", { sources: [] }],
  ["the name of another source", { source: "dpd" }],
];

for (const [what, change] of breaches) {
  test(`refuses a file with ${what}`, (t) => {
    const folder = copyOfRegister(t);
    const path = join(folder, "gls.json");
    const entry = JSON.parse(readFileSync(path, "utf8")) as object;
    writeFileSync(path, JSON.stringify({ ...entry, ...change }));
    assert.throws(() => readRegisterFiles(folder), RegisterFileError);
  });
}

function copyOfRegister(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "register-"));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(registerFolder, folder, { recursive: true });
  return folder;
}
