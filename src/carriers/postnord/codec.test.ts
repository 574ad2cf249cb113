import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const answer = readFileSync(new URL("fixtures/answer-at-service-point.json", import.meta.url));
const twoItems = readFileSync(new URL("fixtures/shipment-two-items.json", import.meta.url));

codecProperties(codec, [answer, twoItems]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("postnord", () => {
  test("reads a shipment of one item under both numbers", () => {
    const [notice, ...others] = noticesOf(answer);
    assert.equal(others.length, 0);
    assert.equal(notice?.carrier, "postnord");
    assert.equal(notice.trackingNumber, "99999999901SE");
    assert.deepEqual(notice.alternativeNumbers, ["00379999999999999901"]);
    assert.deepEqual(notice.orderReferences, ["ORD-5512"]);
    assert.deepEqual([notice.estimatedDelivery?.local, notice.estimatedDelivery?.confidence], ["2026-11-13T15:00:00", "none"]);
    assert.deepEqual(notice.summary, { status: "in_transit", reason: null, code: "EN_ROUTE", time: null });
  });

  test("reads events by status, made finer by the one code that says more; at the service point is not delivered", () => {
    const events = noticesOf(answer)[0]!.events.map(({ status, code, country }) => [status, code, country]);
    assert.deepEqual(events, [
      ["available_for_pickup", "AVAILABLE_FOR_DELIVERY", "DK"],
      ["out_for_delivery", "113", "DK"],
      ["in_transit", "EN_ROUTE", null],
      ["in_transit", "EN_ROUTE", null],
      ["unknown", null, null],
    ]);
  });

  test("takes an offset where there is one, else the place's zone, else none; the same scan in another language is the same", () => {
    const { events } = noticesOf(answer)[0]!;
    assert.deepEqual(
      events.map(({ time }) => [time?.zone, time?.confidence]),
      [
        ["Europe/Copenhagen", "place"],
        ["Europe/Copenhagen", "place"],
        ["Z", "stated"],
        ["Z", "stated"],
        [null, "none"],
      ],
    );
    assert.equal(events[2]?.identity, events[3]?.identity);
  });

  test("reads the people and the service point, and not the code that fetches the parcel", () => {
    assert.deepEqual(noticesOf(answer)[0]?.fields, [
      { category: "name", role: "recipient", value: "Åsa Påhittsson" },
      { category: "name", role: "recipient", value: "Åsa" },
      { category: "phone", role: "recipient", value: "+4520999999" },
      { category: "email", role: "recipient", value: "asa@example.dk" },
      { category: "street", role: "recipient", value: "Fantasigatan 7, lgh 1102" },
      { category: "postalCode", role: "recipient", value: "8999" },
      { category: "city", role: "recipient", value: "Århus" },
      { category: "organisation", role: "sender", value: "Snickeriet Påhittet" },
      { category: "street", role: "sender", value: "Sagovägen 3" },
      { category: "postalCode", role: "sender", value: "90399" },
      { category: "city", role: "sender", value: "Umeå" },
      { category: "organisation", role: "pickup_point", value: "Kiosken Eventyret" },
      { category: "street", role: "pickup_point", value: "Eventyrvej 9" },
      { category: "postalCode", role: "pickup_point", value: "8999" },
      { category: "city", role: "pickup_point", value: "Århus" },
    ]);
  });

  test("reads several items as parcels of the shipment, none of which decides for the others", () => {
    const [shipment, delivered, refused] = noticesOf(twoItems);
    assert.deepEqual([shipment?.trackingNumber, shipment?.events, shipment?.summary?.status], ["99999999902SE", [], "in_transit"]);
    assert.deepEqual([delivered?.trackingNumber, delivered?.parentNumber], ["00379999999999999902", "99999999902SE"]);
    assert.deepEqual(
      [delivered?.summary?.status, delivered?.fields],
      ["delivered", [{ category: "name", role: "signatory", value: "J. Keksitty" }]],
    );
    assert.deepEqual(
      [refused?.summary?.status, refused?.events[0]?.status, refused?.events[0]?.reason],
      ["returned", "delivery_attempt_failed", "recipient:refused"],
    );
  });

  test("accepts an answer without a shipment and refuses anything else", () => {
    const none = { TrackingInformationResponse: { compositeFault: { faults: [{ faultCode: "404" }] }, shipments: [] } };
    assert.deepEqual(codec.decode(Buffer.from(JSON.stringify(none))), { ok: true, messageId: null, notices: [] });
    for (const body of ["{}", '{"shipments":[{"status":"DELIVERED"}]}', '{"message":"No API key"}'])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: false, reason: "unknown-shape" });
  });
});
