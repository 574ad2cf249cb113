import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "./canonical-json.ts";
import { entryBytesMax, entryOf, entryTypes } from "./entry.ts";

const draft = { id: "0e7a63c2-57d1-4f4e-9f5e-4b7a3f9c1d00", at: new Date("2026-11-26T12:00:00.123Z"), tenant: null };

suite("an entry", () => {
  test("is the canonical JSON of its type's facts", () => {
    const { type, bytes } = entryOf({ ...draft, type: "tenant.created", tenant: "t", facts: { subject: "s1" } });
    assert.equal(type, "tenant.created");
    assert.equal(
      bytes.toString(),
      `{"at":"2026-11-26T12:00:00.123Z","id":"${draft.id}","subject":"s1","tenant":"t","type":"tenant.created","v":1}`,
    );
  });

  const unfit: readonly (readonly [what: string, type: string, facts: Record<string, unknown>])[] = [
    ["a type that is not in the list", "something.else", {}],
    ["a type that every object has", "toString", {}],
    ["a fact that its type does not have", "tenant.created", { name: "n" }],
    ["an e-mail address", "tenant.created", { subject: "jan@example.org" }],
    ["a name beyond ASCII", "tenant.created", { subject: "Zoë" }],
    ["a nested object", "tenant.created", { subject: { name: "x" } }],
    ["a fraction", "egress.refused", { count: 0.5 }],
    ["more than fits", "transfer.requested", { fields: Array.from({ length: 9000 }, () => "x") }],
  ];
  for (const [what, type, facts] of unfit) {
    test(`with ${what} becomes a digest of itself`, () => {
      const entry = entryOf({ ...draft, type, facts: facts as Record<string, never> });
      assert.equal(entry.type, "log.unfit");
      const parsed = JSON.parse(entry.bytes.toString()) as Record<string, unknown>;
      assert.deepEqual(Object.keys(parsed), ["at", "id", "sha256", "type", "v"]);
    });
  }

  test("of any facts is canonical, short and of a known type", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...Object.keys(entryTypes)), fc.string()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (type, facts) => {
          const { bytes } = entryOf({ ...draft, type, facts: facts as Record<string, never> });
          assert.ok(bytes.length <= entryBytesMax);
          const parsed = JSON.parse(bytes.toString()) as { type: string };
          assert.ok(Object.hasOwn(entryTypes, parsed.type));
          assert.equal(canonicalJson(parsed), bytes.toString());
        },
      ),
    );
  });
});

suite("the closed list", () => {
  test("has no type that nobody writes", async () => {
    const root = join(import.meta.dirname, "..");
    const writers = await Promise.all(
      globSync("**/*.{ts,sql}", { cwd: root, exclude: (name) => name.endsWith(".test.ts") || name === "entry.ts" }).map((name) =>
        readFile(join(root, name), "utf8"),
      ),
    );
    const text = writers.join("\n");
    // Some are put together where they are written.
    const beginnings = Array.from(text.matchAll(/audit\('([a-z-]+\.)' \|\|/g), ([, beginning]) => beginning!);
    const isWritten = (type: string): boolean =>
      type === "log.unfit" || text.includes(`'${type}'`) || text.includes(`"${type}"`) || beginnings.some((each) => type.startsWith(each));
    assert.deepEqual(
      Object.keys(entryTypes).filter((type) => !isWritten(type)),
      [],
    );
  });
});
