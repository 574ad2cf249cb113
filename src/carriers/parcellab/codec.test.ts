import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const ready = readFileSync(new URL("fixtures/pickup-ready.json", import.meta.url));
const flat = readFileSync(new URL("fixtures/delivered-flat.json", import.meta.url));

codecProperties(codec, [ready, flat]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("parcellab", () => {
  test("takes a parcel at a shop for one that can be fetched, not for a delivered one", () => {
    const [notice] = noticesOf(ready);
    assert.equal(notice?.trackingNumber, "00340434161099999053");
    assert.equal(notice?.carrier, "dhl-parcel-de");
    assert.deepEqual(notice?.orderReferences, ["A-5521"]);
    assert.equal(notice?.events[0]?.status, "available_for_pickup");
    assert.equal(notice?.events[0]?.time?.instant, Date.UTC(2026, 10, 12, 9, 15));
  });

  test("keeps the recipient apart from the shop, and names out of everything but the text", () => {
    const [notice] = noticesOf(ready);
    assert.deepEqual(notice?.fields, [
      { category: "name", role: "recipient", value: "Friedegund Ahlers" },
      { category: "email", role: "recipient", value: "friedegund@example.org" },
      { category: "phone", role: "recipient", value: "+49 151 0000053" },
      { category: "street", role: "recipient", value: "Deichweg 99" },
      { category: "postalCode", role: "recipient", value: "25899" },
      { category: "city", role: "recipient", value: "Niebüll" },
      { category: "customerId", role: "recipient", value: "K-77" },
      { category: "accessLink", role: "recipient", value: "https://track.example.org/?s=abc" },
      { category: "organisation", role: "pickup_point", value: "Kiosk Petersen" },
      { category: "street", role: "pickup_point", value: "Hauptstraße 1" },
      { category: "postalCode", role: "pickup_point", value: "25899" },
      { category: "city", role: "pickup_point", value: "Niebüll" },
    ]);
    assert.equal(notice?.events[0]?.text, "Abholbereit bei Kiosk Petersen für Friedegund Ahlers");
    assert.ok(!JSON.stringify(notice).includes("Bademantel"));
  });

  test("reads a flat message, epoch seconds and several at once", () => {
    const [delivered, created] = noticesOf(flat);
    assert.equal(delivered?.carrier, "ups");
    assert.equal(delivered?.events[0]?.status, "delivered");
    assert.equal(delivered?.events[0]?.time?.instant, 1_794_500_000_000);
    assert.equal(created?.kind, "order");
    assert.deepEqual(
      created?.fields.map(({ value }) => value),
      ["Ubbo Harms", "Leer"],
    );
  });

  test("tells two scans of one kind apart by their time", () => {
    const at = (timestamp: string) => {
      const decoded = decodeJson({ event: "onOutForDelivery", timestamp, data: { tracking_number: "X1" } });
      assert.ok(decoded.ok);
      return decoded.notices[0]?.events[0]?.identity;
    };
    assert.notEqual(at("2026-11-12T06:00:00Z"), at("2026-11-13T06:00:00Z"));
  });

  test("says nothing of progress where data were only changed", () => {
    const decoded = decodeJson({ event: "onUpdated", timestamp: "2026-11-12T06:00:00Z", data: { tracking_number: "X1" } });
    assert.ok(decoded.ok);
    assert.deepEqual(decoded.notices[0]?.events, []);
  });

  test("refuses a message without an event or without a number and a reference", () => {
    assert.deepEqual(decodeJson({ event: "onDelivered", data: { courier: "ups" } }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ data: { tracking_number: "X1" } }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson([]), { ok: false, reason: "unknown-shape" });
  });
});
