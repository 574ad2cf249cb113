import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isPlaceholder, withoutEntities } from "./plain-text.ts";

test("what systems write for nothing is nothing, in any case", () => {
  for (const text of [
    "",
    "-",
    "--",
    "N/A",
    "n.a.",
    "NULL",
    "null",
    "None",
    "undefined",
    "string",
    "{}",
    "[]",
    "0001-01-01",
    "0001-01-01T00:00:00Z",
  ])
    assert.ok(isPlaceholder(text), text);
});

test("what is something stays: Namibia, a zero, a short name, a word that holds a placeholder", () => {
  for (const text of ["NA", "0", "O", "Ng", "Nils", "Nullmeier", "A-1", "stringer", "2026-01-01"]) assert.ok(!isPlaceholder(text), text);
});

test("reads entities by name, in decimal and in hexadecimal digits", () => {
  assert.equal(
    withoutEntities("M&uuml;ller &amp; S&#246;hne, Stra&#xDF;e &quot;Zur Br&uuml;cke&quot; &euro;&nbsp;5"),
    'Müller & Söhne, Straße "Zur Brücke" €\u00a05',
  );
});

test("reads them once, and leaves what is none", () => {
  assert.equal(withoutEntities("M&amp;amp;M"), "M&amp;M");
  for (const text of ["R&B", "a & b; c", "&constructor;", "&#0;", "&#xD800;", "&#x110000;", "&#27;", "&;", "&#;"])
    assert.equal(withoutEntities(text), text);
});

test("never makes a text longer, and none of any text into something that is no text", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from("&#x;aAmpuml0123456789 ")) }), (text) => {
      const read = withoutEntities(text);
      assert.ok(read.length <= text.length && read.isWellFormed());
    }),
  );
});
