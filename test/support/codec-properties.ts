import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { eventsMax, noticesMax, type Codec } from "../../src/carriers/codec.ts";
import { isCarrierId } from "../../src/domain/carrier.ts";
import { categoryNames } from "../../src/domain/category.ts";
import { countryCode } from "../../src/domain/country.ts";
import type { Notice } from "../../src/domain/notice.ts";
import { fieldCharsMax } from "../../src/domain/personal.ts";
import { statuses, statusReasons } from "../../src/domain/status.ts";
import type { CarrierTime } from "../../src/domain/time.ts";
import { changedPayload } from "./changed-payload.ts";

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

/** What the vault turns into tokens is there and within its bounds: an empty value would be a token for nothing. */
function assertTokenisable({ trackingNumber, parentNumber, alternativeNumbers, orderReferences, fields }: Notice): void {
  for (const value of [trackingNumber ?? "-", parentNumber ?? "-", ...alternativeNumbers, ...orderReferences])
    assert.ok(value.trim() !== "" && value.length <= fieldCharsMax);
  for (const { category, value } of fields) {
    assert.ok(categoryNames.includes(category));
    assert.ok(value.trim() !== "" && value.length <= fieldCharsMax);
  }
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
 * @param fixtures payloads that the codec decodes; they are also changed part by part.
 */
export function codecProperties(codec: Codec, fixtures: readonly Uint8Array[]): void {
  const holds = (body: Uint8Array): void => {
    const decoded = codec.decode(body);
    if (!decoded.ok) return;
    assert.ok(decoded.notices.length <= noticesMax);
    for (const notice of decoded.notices) {
      assertAllowListed(codec, notice);
      assertTokenisable(notice);
    }
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
    fc.assert(fc.property(fc.oneof(...fixtures.map(changedPayload)), holds), { numRuns: 400 });
  });
  test(`${codec.source}: keeps to its allow-list whatever bytes stand in its fixtures`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...fixtures), fc.nat(), fc.string({ maxLength: 12 }), (fixture, at, junk) =>
        holds(spliced(fixture, at, junk)),
      ),
    );
  });
}

function spliced(fixture: Uint8Array, at: number, junk: string): Buffer {
  const place = at % (fixture.length + 1);
  return Buffer.concat([fixture.subarray(0, place), Buffer.from(junk), fixture.subarray(place)]);
}
