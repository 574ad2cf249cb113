import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { eventsMax, noticesMax, type Codec } from "../../src/carriers/codec.ts";
import { isCarrierId } from "../../src/domain/carrier.ts";
import { countryCode } from "../../src/domain/country.ts";
import type { Notice } from "../../src/domain/notice.ts";
import { statuses, statusReasons } from "../../src/domain/status.ts";
import type { CarrierTime } from "../../src/domain/time.ts";

/** A time's text holds digits, signs and the letters of a date-time; what a person wrote there would not pass. */
const TIME_TEXT = /^[\d\-:./,+ TZAPMapm]{8,40}$/;
const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?$/;
const ZONE = /^(Z|[+-]\d{2}:\d{2}|[A-Z][A-Za-z]+\/[A-Za-z_]+)$/;

/** Holds every clear-text position of a notice against its closed list. */
export function assertAllowListed(codec: Codec, notice: Notice): void {
  assert.ok(["tracking", "order", "fulfilment"].includes(notice.kind));
  assert.ok(notice.carrier === null || isCarrierId(notice.carrier));
  assert.ok(notice.events.length <= eventsMax);
  for (const stated of notice.summary === null ? notice.events : [...notice.events, notice.summary]) {
    assert.ok(statuses.includes(stated.status));
    assert.ok(stated.reason === null || statusReasons.includes(stated.reason));
    assert.ok(stated.code === null || codec.codes.has(stated.code), "a code outside the codec's tables");
    assertTime(stated.time);
  }
  for (const { country } of notice.events) assert.ok(country === null || countryCode(country) === country);
  assertTime(notice.estimatedDelivery);
}

function assertTime(time: CarrierTime | null): void {
  if (time === null) return;
  assert.match(time.text, /^\d{9,14}$/.test(time.text) ? /^\d+$/ : TIME_TEXT);
  assert.match(time.local, LOCAL);
  if (time.zone !== null) assert.match(time.zone, ZONE);
  assert.equal(time.instant === null, time.confidence !== "stated");
}

/**
 * What must hold for every codec: it never throws, and it never emits a value outside its allow-list, whatever it is fed.
 * @param fixtures payloads that the codec decodes; they are also mutated leaf by leaf.
 */
export function codecProperties(codec: Codec, fixtures: readonly Uint8Array[]): void {
  const holds = (body: Uint8Array): void => {
    const decoded = codec.decode(body);
    if (!decoded.ok) return;
    assert.ok(decoded.notices.length <= noticesMax);
    for (const notice of decoded.notices) assertAllowListed(codec, notice);
  };
  const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value) ?? "null");

  test(`${codec.source}: decodes its fixtures within the allow-list`, () => {
    for (const fixture of fixtures) {
      assert.equal(codec.decode(fixture).ok, true);
      holds(fixture);
    }
  });
  test(`${codec.source}: never throws on arbitrary bytes`, () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), holds));
  });
  test(`${codec.source}: never throws on arbitrary JSON`, () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => holds(bytesOf(value))));
  });
  test(`${codec.source}: keeps to its allow-list however its fixtures are changed`, () => {
    const parsed = fixtures.flatMap((fixture) => {
      try {
        return [JSON.parse(Buffer.from(fixture).toString("utf8")) as unknown];
      } catch {
        return [];
      }
    });
    if (parsed.length === 0) {
      fc.assert(fc.property(fc.constantFrom(...fixtures), fc.nat(), fc.string({ maxLength: 12 }), (fixture, at, junk) => holds(spliced(fixture, at, junk))));
      return;
    }
    fc.assert(
      fc.property(fc.constantFrom(...parsed), fc.nat(), fc.oneof(fc.string(), fc.constantFrom<unknown>("Ida Musterweg", null, 0, -1, 1e300, [], {}, [[[]]], "x".repeat(5000), "2026-13-45", true), fc.jsonValue({ maxDepth: 2 })), (value, at, junk) =>
        holds(bytesOf(withLeaf(value, at, junk))),
      ),
      { numRuns: 300 },
    );
  });
}

function spliced(fixture: Uint8Array, at: number, junk: string): Buffer {
  const place = at % (fixture.length + 1);
  return Buffer.concat([fixture.subarray(0, place), Buffer.from(junk), fixture.subarray(place)]);
}

/** The value with its n-th node (counted round) replaced. */
function withLeaf(value: unknown, n: number, junk: unknown): unknown {
  const total = count(value);
  let left = n % total;
  const walk = (node: unknown): unknown => {
    if (left-- === 0) return junk;
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node === "object" && node !== null) return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, walk(child)]));
    return node;
  };
  return walk(value);
}

function count(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, child) => sum + count(child), 1);
  if (typeof value === "object" && value !== null) return Object.values(value).reduce((sum: number, child) => sum + count(child), 1);
  return 1;
}
