import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const results = readFileSync(new URL("fixtures/results-shop-and-return.json", import.meta.url));

codecProperties(codec, [results]);

function noticesOf(body: Uint8Array | string) {
  const decoded = codec.decode(Buffer.from(body));
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("evri", () => {
  test("reads events by stage; in the shop is not delivered", () => {
    const [notice] = noticesOf(results);
    assert.equal(notice?.carrier, "evri");
    assert.equal(notice.trackingNumber, "H00XXA9999999901");
    assert.deepEqual(
      notice.events.map(({ status, code }) => [status, code]),
      [
        ["available_for_pickup", "4_SHOP"],
        ["out_for_delivery", "4_COURIER"],
        ["in_transit", "2"],
        ["unknown", null],
      ],
    );
  });

  test("reads times with an offset, as epoch milliseconds, and as British ones that say so", () => {
    const times = noticesOf(results)[0]!.events.map(({ time }) => time && [time.instant, time.zone, time.confidence]);
    assert.deepEqual(times, [
      [Date.UTC(2026, 10, 12, 12), "Z", "stated"],
      [null, "Europe/London", "habit"],
      [1794391200000, "Z", "stated"],
      null,
    ]);
    assert.equal(noticesOf(results)[0]?.estimatedDelivery?.instant, Date.UTC(2026, 6, 12, 13));
  });

  test("reads the people and the shop, and keeps a name in the words", () => {
    const [notice] = noticesOf(results);
    assert.deepEqual(notice?.fields, [
      { category: "name", role: "recipient", value: "Winifred Imaginary" },
      { category: "street", role: "recipient", value: "7 Make-Believe Mews" },
      { category: "city", role: "recipient", value: "Nowhere" },
      { category: "postalCode", role: "recipient", value: "ZZ99 9ZZ" },
      { category: "organisation", role: "sender", value: "Lantern Loft" },
      { category: "organisation", role: "pickup_point", value: "Corner Shop of Dreams" },
    ]);
    assert.equal(notice.events[0]?.text, "Waiting for Winifred");
    assert.equal(notice.events[0].identity, "2026-11-12T12:00:00|4_SHOP|ARRIVED_PARCELSHOP");
  });

  test("takes a return that is delivered for returned", () => {
    assert.deepEqual(
      noticesOf(results)[1]?.events.map(({ status }) => status),
      ["returned"],
    );
  });

  test("reads one parcel and a list alike, and says nothing of a number that is not there", () => {
    const parcel = { trackingEvents: [] };
    assert.equal(noticesOf(JSON.stringify(parcel))[0]?.trackingNumber, null);
    assert.equal(noticesOf(JSON.stringify([{ ...parcel, barcode: "H00XXA9999999903" }]))[0]?.trackingNumber, "H00XXA9999999903");
  });

  test("refuses what has no events", () => {
    for (const body of ["{}", '{"results":[{"barcode":"H"}]}', '{"errors":[{"message":"Not found"}]}'])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: false, reason: "unknown-shape" });
  });
});
