import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const answer = readFileSync(new URL("fixtures/answer-shop-and-errors.json", import.meta.url));
const consumer = readFileSync(new URL("fixtures/consumer-underway.json", import.meta.url));

codecProperties(codec, [answer, consumer]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("gls", () => {
  test("reads the number, the one that was asked for and the current status", () => {
    const notice = noticesOf(answer)[0];
    assert.equal(notice?.carrier, "gls");
    assert.equal(notice?.trackingNumber, "51230000417");
    assert.deepEqual(notice?.alternativeNumbers, ["7QK4ZM2P"]);
    assert.equal(notice?.summary?.status, "available_for_pickup");
    assert.equal(notice?.summary?.code, "DELIVEREDPS");
    assert.equal(notice?.summary?.time?.instant, Date.UTC(2026, 10, 12, 14, 13, 46));
  });

  test("reads events by code, by family, and nothing into a code that it does not know", () => {
    const events = noticesOf(answer)[0]?.events.map(({ status, code, country, time }) => ({
      status,
      code,
      country,
      time: time?.instant ?? null,
    }));
    assert.deepEqual(events, [
      { status: "available_for_pickup", code: "DELIVD.PARCELSHOP", country: "DE", time: Date.UTC(2026, 10, 12, 14, 13, 40) },
      { status: "out_for_delivery", code: "OUTDEL", country: "DE", time: Date.UTC(2026, 10, 12, 7, 2) },
      { status: "unknown", code: null, country: null, time: null },
      { status: "in_transit", code: "INTIAL.NORMAL", country: "DE", time: Date.UTC(2026, 10, 11, 17, 20, 5) },
    ]);
  });

  test("keeps places in the identity and the carrier's words in the text", () => {
    const event = noticesOf(answer)[0]?.events[0];
    assert.equal(event?.identity, "2026-11-12T15:13:40|DELIVD.PARCELSHOP|Kassel|34117");
    assert.equal(event?.text, "Left at the ParcelShop for Annelore Quitzow.");
  });

  test("reads an unknown number as not found and trouble at GLS as unknown", () => {
    const [, missing, trouble] = noticesOf(answer);
    assert.equal(missing?.trackingNumber, "51230000999");
    assert.deepEqual(missing?.summary, { status: "not_found", reason: null, code: "E_404_01", time: null });
    assert.deepEqual(missing?.events, []);
    assert.deepEqual(trouble?.summary, { status: "unknown", reason: null, code: null, time: null });
    assert.deepEqual(trouble?.events, []);
  });

  test("takes a status without an event list as one event", () => {
    const events = noticesOf(answer)[3]?.events;
    assert.equal(events?.length, 1);
    assert.equal(events?.[0]?.status, "out_for_delivery");
    assert.equal(events?.[0]?.time?.instant, Date.UTC(2026, 10, 12, 6, 41));
  });

  test("reads the Dutch consumer answer", () => {
    const [notice] = noticesOf(consumer);
    assert.equal(notice?.trackingNumber, "0085100000042");
    assert.deepEqual(notice?.summary, { status: "out_for_delivery", reason: null, code: "3", time: null });
    assert.equal(notice?.estimatedDelivery?.local, "2026-11-13T12:00:00");
    assert.deepEqual(notice?.fields, [
      { category: "name", role: "recipient", value: "Wietske van Oldenzaal" },
      { category: "organisation", role: "sender", value: "Theehuis De Kraanvogel" },
    ]);
    const events = notice?.events.map(({ status, code }) => `${status} ${code}`);
    assert.deepEqual(events, ["info_received 0", "in_transit 1", "out_for_delivery 3", "unknown null"]);
  });

  test("assumes Dutch time where the consumer answer gives none and says so", () => {
    assert.deepEqual(noticesOf(consumer)[0]?.events[0]?.time, {
      text: "2026-11-11T10:38:50",
      local: "2026-11-11T10:38:50",
      zone: "Europe/Amsterdam",
      confidence: "habit",
      instant: null,
    });
  });

  test("reads the shop where the parcel waits, given by name or as an object", () => {
    for (const parcelShop of ["Kiosk De Zwaluw", { name: "Kiosk De Zwaluw" }]) {
      const decoded = decodeJson({ parcelNo: "0085100000043", deliveryScanInfo: { parcelShop } });
      assert.ok(decoded.ok);
      assert.deepEqual(decoded.notices[0]?.fields, [{ category: "organisation", role: "pickup_point", value: "Kiosk De Zwaluw" }]);
    }
  });

  test("refuses what is neither answer", () => {
    assert.deepEqual(decodeJson({}), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ parcels: [{ status: "INTRANSIT" }] }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ parcelNo: null, scans: [] }), { ok: false, reason: "unknown-shape" });
  });
});
