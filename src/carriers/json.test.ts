import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { depthMax, isRecord, list, oneOrMany, parseJson, record, text } from "./json.ts";

const parse = (json: string) => parseJson(Buffer.from(json));

describe("json", () => {
  test("reads what JSON.stringify writes, and whole numbers that cannot be held as their digits", () => {
    const asDigits = (_key: string, value: unknown): unknown =>
      Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(String(value)) ? String(value) : value;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const json = JSON.stringify(value);
        assert.deepEqual(parse(json), { ok: true, value: JSON.parse(json, asDigits) });
      }),
    );
  });

  test("passes over a byte order mark", () => {
    assert.deepEqual(parse("\uFEFF[1]"), { ok: true, value: [1] });
  });

  test("reads whole numbers as they stand, however large", () => {
    for (const json of ['{"id": 820982911946154508}', '{"id":\t9400111202544843610364, "a": 1}', '{"a":[{"id":-9007199254740993}]}']) {
      const parsed = parse(json);
      assert.ok(parsed.ok);
      const value = parsed.value as { id?: unknown; a?: { id: unknown }[] };
      assert.equal(text(value.id ?? value.a![0]!.id), /-?\d{16,}/.exec(json)![0]);
    }
    const others = ["9007199254740991", "0.1234567890123456789", "12345678901234567890.5", "1e300"];
    assert.deepEqual(parse(`[${others.join(", ")}]`), { ok: true, value: others.map(Number) });
    assert.deepEqual(parse("12345678901234567890"), { ok: true, value: "12345678901234567890" });
    assert.equal(parse('{"__proto__": 12345678901234567890}').ok, true);
  });

  test("reads a large whole number as its digits wherever in the payload it stands", () => {
    const large = fc.bigInt({ min: 10n ** 15n, max: 10n ** 30n }).filter((number) => number > BigInt(Number.MAX_SAFE_INTEGER));
    fc.assert(
      fc.property(fc.string(), large, fc.string(), (before, number, after) => {
        const json = `[${JSON.stringify(before)},${number},${JSON.stringify(after)}]`;
        assert.deepEqual(parse(json), { ok: true, value: [before, String(number), after] });
      }),
    );
  });

  test("refuses what is not JSON or not UTF-8", () => {
    for (const json of ["", " ", "{", "[1,]", "'a'", "NaN", "<a/>", "{}{}"])
      assert.deepEqual(parse(json), { ok: false, reason: "malformed" }, json);
    assert.deepEqual(parseJson(Buffer.from('"é"', "latin1")), { ok: false, reason: "malformed" });
    assert.deepEqual(parseJson(Buffer.from("[1]", "utf16le")), { ok: false, reason: "malformed" });
  });

  test("refuses nesting over the bound, in lists and objects, however deep", () => {
    const lists = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    assert.equal(parse(lists(depthMax)).ok, true);
    assert.deepEqual(parse(lists(depthMax + 1)), { ok: false, reason: "too-deep" });
    assert.deepEqual(parse(lists(500_000)), { ok: false, reason: "too-deep" });
    assert.deepEqual(parse('{"a":'.repeat(depthMax + 1) + "1" + "}".repeat(depthMax + 1)), { ok: false, reason: "too-deep" });
  });

  test("keeps a key named after the prototype a plain key", () => {
    const parsed = parse('{"__proto__": {"polluted": true}}');
    assert.ok(parsed.ok);
    assert.equal(record(parsed.value)["polluted"], undefined);
    assert.equal(record({})["polluted"], undefined);
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseJson(bytes)));
  });

  test("gives an empty object or list for anything else", () => {
    for (const value of [null, undefined, 1, "a", true, []]) assert.deepEqual(record(value), {});
    for (const value of [null, undefined, 1, "a", true, {}]) assert.deepEqual(list(value), []);
    assert.equal(isRecord([]), false);
    assert.deepEqual(record({ a: 1 }), { a: 1 });
    assert.deepEqual(list([1]), [1]);
  });

  test("takes one object for a list of one, and an empty one for none", () => {
    assert.deepEqual(oneOrMany({ a: 1 }), [{ a: 1 }]);
    assert.deepEqual(oneOrMany([{ a: 1 }, 2]), [{ a: 1 }, 2]);
    for (const value of [{}, null, "{}", 1]) assert.deepEqual(oneOrMany(value), []);
  });

  test("reads texts trimmed and numbers as written, and nothing for blanks, the placeholder, other types and what is too long", () => {
    assert.equal(text("  a b "), "a b");
    assert.equal(text(7), "7");
    assert.equal(text(0), "0");
    assert.equal(text(1.5), "1.5");
    // A number of 22 digits is not held exactly: its last digits would be another parcel's.
    assert.equal(text(JSON.parse("9400111202544843610364")), null);
    assert.equal(text(1e21), null);
    assert.equal(text(Number.MAX_SAFE_INTEGER), "9007199254740991");
    assert.equal(text("x".repeat(4096))?.length, 4096);
    for (const value of ["", " \n", "{}", " {} ", "x".repeat(4097), null, undefined, true, {}, [], Number.NaN, Infinity])
      assert.equal(text(value), null);
  });
});
