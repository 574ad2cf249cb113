import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { attribute, child, children, parseXml, text, xmlNodesMax } from "./xml.ts";

const parse = (xml: string) => parseXml(Buffer.from(xml));
const malformed = { ok: false, reason: "malformed" };

function rootOf(xml: string) {
  const parsed = parse(xml);
  assert.ok(parsed.ok);
  return parsed.value;
}

function nested(depth: number): string {
  return "<a>".repeat(depth) + "</a>".repeat(depth);
}

describe("xml", () => {
  test("reads elements, attributes and text by local name", () => {
    const root = rootOf(
      '\uFEFF<?xml version="1.0" encoding="UTF-8"?><t:list xmlns:t="urn:x" t:id=" 7 "><t:item>one</t:item><!-- no --><item> t<![CDATA[<w]]>o </item></t:list>',
    );
    assert.equal(root.name, "list");
    assert.deepEqual([...root.attributes], [["id", " 7 "]]);
    assert.equal(attribute(root, "id"), "7");
    assert.deepEqual(
      children(root, "item").map((item) => text(item)),
      ["one", "t<wo"],
    );
    assert.equal(text(root, "item"), "one");
    assert.equal(child(root, "none"), null);
    assert.equal(text(child(root, "none"), "item"), null);
  });

  test("reads Latin-1 where it is declared and the bytes are no UTF-8", () => {
    const latin = (declared: string) => parseXml(Buffer.from(`<?xml version="1.0" encoding="${declared}"?><a>M\u00fchle</a>`, "latin1"));
    const read = latin("ISO-8859-1");
    assert.ok(read.ok);
    assert.equal(read.value.text, "Mühle");
    assert.deepEqual(latin("UTF-8"), malformed);
    assert.equal(rootOf('<?xml version="1.0" encoding="ISO-8859-1"?><a>Mühle</a>').text, "Mühle");
  });

  test("knows XML's own and numeric entities only", () => {
    assert.equal(rootOf("<a>&lt;&amp;&gt;&quot;&apos;&#233;&#xE9;</a>").text, "<&>\"'éé");
    for (const entity of ["&eacute;", "&nbsp;", "&constructor;", "&toString;", "&__proto__;", "&#0;", "&#x110000;", "&#xD800;", "&"]) {
      assert.deepEqual(parse(`<a>${entity}</a>`), malformed, entity);
    }
  });

  test("refuses a document type, wherever it stands and whatever is in it", () => {
    assert.deepEqual(parse("<!DOCTYPE a><a/>"), malformed);
    assert.deepEqual(parse('<!doctype a SYSTEM "file:///etc/hostname"><a/>'), malformed);
    assert.deepEqual(parse('<!DOCTYPE a [<!ENTITY x SYSTEM "http://example.com/">]><a>&x;</a>'), malformed);
    assert.deepEqual(parse("<a><!DOCTYPE a></a>"), malformed);
    assert.deepEqual(parse("<a/><!DOCTYPE a>"), malformed);
    assert.deepEqual(parse("<!DOCTYPE a ["), malformed);
    assert.deepEqual(parse("<!ELEMENT a ANY><a/>"), malformed);
  });

  test("refuses an entity bomb before it grows", () => {
    const levels = Array.from({ length: 12 }, (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`);
    assert.deepEqual(parse(`<!DOCTYPE a [<!ENTITY e0 "ha">${levels.join("")}]><a>&e12;</a>`), malformed);
  });

  test("refuses nesting and counts over the bounds", () => {
    assert.equal(parse(nested(64)).ok, true);
    assert.deepEqual(parse(nested(65)), { ok: false, reason: "too-deep" });
    assert.deepEqual(parse("<a>".repeat(300_000)), { ok: false, reason: "too-deep" });
    assert.equal(parse(`<a>${"<b/>".repeat(xmlNodesMax - 1)}</a>`).ok, true);
    assert.deepEqual(parse(`<a>${"<b/>".repeat(xmlNodesMax)}</a>`), { ok: false, reason: "too-many" });
    assert.deepEqual(parse(`<a ${Array.from({ length: xmlNodesMax + 1 }, (_, n) => `b${n}=""`).join(" ")}/>`), {
      ok: false,
      reason: "too-many",
    });
  });

  test("reads the encodings that a mark or a declaration names", () => {
    const xml = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?><a>Zoë Straße</a>`;
    const utf16 = Buffer.from(`\uFEFF${xml("UTF-16")}`, "utf16le");
    const payloads = [
      Buffer.from(xml("ISO-8859-1"), "latin1"),
      Buffer.from(xml("windows-1252"), "latin1"),
      Buffer.from(xml("iso-8859-15"), "latin1"),
      utf16,
      Buffer.from(utf16).swap16(),
      Buffer.from(xml("utf-16"), "utf16le"),
      // Recoded by a system that left the declaration.
      Buffer.from(xml("UTF-16")),
      Buffer.from(`\uFEFF${xml("ISO-8859-1")}`),
      Buffer.from(xml("UTF-8")),
    ];
    for (const payload of payloads) {
      const parsed = parseXml(payload);
      assert.ok(parsed.ok, payload.toString("latin1"));
      assert.equal(text(parsed.value), "Zoë Straße");
    }
    for (const encoding of ["EBCDIC-CP-BE", "utf-7", ""]) assert.deepEqual(parseXml(Buffer.from(xml(encoding), "latin1")), malformed);
  });

  test("refuses a document type in every encoding", () => {
    const bomb = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>';
    for (const bytes of [Buffer.from(`\uFEFF${bomb}`, "utf16le"), Buffer.from(`\uFEFF${bomb}`, "utf16le").swap16()])
      assert.deepEqual(parseXml(bytes), malformed);
  });

  test("refuses what is not well-formed or not of its encoding", () => {
    for (const xml of [
      "",
      "  ",
      "text",
      "{}",
      "<a>",
      "<a></b>",
      "<a/><b/>",
      "<a/>text",
      "<a b=c/>",
      "<a b/>",
      "<a",
      "</a>",
      "<a><![CDATA[x</a>",
    ]) {
      assert.deepEqual(parse(xml), malformed, xml);
    }
    assert.deepEqual(parseXml(Buffer.from("<a>é</a>", "latin1")), malformed);
    assert.deepEqual(parseXml(Buffer.from('<?xml version="1.0" encoding="utf-8"?><a>é</a>', "latin1")), malformed);
    assert.deepEqual(parseXml(Buffer.concat([Buffer.from("\uFEFF<a>x</a>", "utf16le"), Buffer.from("x")])), malformed);
  });

  test("keeps text of any length but reads no value beyond 4,096 characters", () => {
    const root = rootOf(`<a>${"x".repeat(200_000)}</a>`);
    assert.equal(root.text.length, 200_000);
    assert.equal(text(root), null);
  });

  test("never throws", () => {
    const piece = fc.constantFrom(
      "<a>",
      "</a>",
      "<b c='d'/>",
      "<!DOCTYPE",
      "[",
      "]>",
      "<![CDATA[",
      "]]>",
      "&",
      "&amp;",
      "&#",
      ";",
      "<?",
      "?>",
      "<!--",
      "-->",
      "__proto__",
      "<__proto__ __proto__='x'>",
      "=",
      '"',
      "\0",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 6 })), { maxLength: 30 }), (pieces) => void parse(pieces.join(""))),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseXml(bytes)));
  });
});
