import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const delivered = readFileSync(new URL("fixtures/track-event-delivered.json", import.meta.url));
const notYet = readFileSync(new URL("fixtures/answer-not-yet.json", import.meta.url));

codecProperties(codec, [delivered, notYet]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("shipengine", () => {
  test("reads number, carrier, status and the time of delivery", () => {
    const [notice] = noticesOf(delivered);
    assert.equal(notice?.trackingNumber, "9400100000000000000024");
    assert.equal(notice?.carrier, "usps");
    assert.equal(notice?.summary?.status, "delivered");
    assert.equal(notice?.summary?.reason, "delivered:neighbour");
    assert.equal(notice?.summary?.time?.instant, Date.UTC(2026, 10, 9, 17, 14));
    assert.equal(notice?.estimatedDelivery?.text, "2026-11-09T20:00:00Z");
  });

  test("reads the detail where it is known and the code elsewhere", () => {
    const events = noticesOf(delivered)[0]?.events.map(({ status, code, country }) => ({ status, code, country }));
    assert.deepEqual(events, [
      { status: "delivered", code: "DELIVERED_TO_NEIGHBOUR", country: "US" },
      { status: "out_for_delivery", code: "OUT_FOR_DELIVERY", country: null },
      { status: "info_received", code: "AC", country: "US" },
    ]);
  });

  test("invents no zone where only the carrier's clock is given", () => {
    const time = noticesOf(delivered)[0]?.events[2]?.time;
    assert.deepEqual([time?.local, time?.zone, time?.instant], ["2026-11-05T18:40:00", null, null]);
  });

  test("keeps the neighbour's name in the text and the signer's as a field", () => {
    const [notice] = noticesOf(delivered);
    assert.equal(notice?.events[0]?.text, "Delivered, left with Odalys Fenwick");
    assert.deepEqual(notice?.fields, [{ category: "name", role: "signatory", value: "O FENWICK" }]);
    const everything = JSON.stringify(notice);
    for (const kept of ["at 10:14 am", "TrackConfirmAction", "43.615"]) assert.ok(!everything.includes(kept), kept);
  });

  test("reads an answer about a parcel that is not in the carrier's system", () => {
    const [notice] = noticesOf(notYet);
    assert.deepEqual(notice?.summary, { status: "not_found", reason: null, code: "NY", time: null });
    assert.equal(notice?.carrier, "ups");
    assert.equal(notice?.estimatedDelivery?.confidence, "none");
  });

  test("takes a collection location for no delivery to the person", () => {
    const decoded = decodeJson({ tracking_number: "X1", status_code: "SP", carrier_code: "evri" });
    assert.ok(decoded.ok);
    assert.equal(decoded.notices[0]?.summary?.status, "available_for_pickup");
    assert.equal(decoded.notices[0]?.carrier, "evri");
  });

  test("accepts webhooks about other things and refuses a tracking without a number", () => {
    const batch = decodeJson({ resource_url: "https://api.shipengine.com/v1/batches/se-1", resource_type: "API_BATCH" });
    assert.deepEqual(batch, { ok: true, messageId: null, notices: [] });
    assert.deepEqual(decodeJson({ resource_type: "API_TRACK", data: { status_code: "DE" } }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ data: {} }), { ok: false, reason: "unknown-shape" });
  });
});
