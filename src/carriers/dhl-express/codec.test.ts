import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const myDhl = readFileSync(new URL("fixtures/my-dhl-two-pieces.json", import.meta.url));
const xmlPi = readFileSync(new URL("fixtures/xml-pi-several-waybills.xml", import.meta.url));
const unknownShape = { ok: false, reason: "unknown-shape" };

codecProperties(codec, [myDhl, xmlPi]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("dhl-express", () => {
  test("reads a shipment of MyDHL, and each of several pieces as a parcel of it", () => {
    const notices = noticesOf(myDhl);
    assert.deepEqual(
      notices.map(({ trackingNumber, parentNumber, alternativeNumbers }) => [trackingNumber, parentNumber, alternativeNumbers]),
      [
        ["8899001133", null, []],
        ["JD019999999999999901", "8899001133", []],
        ["JD019999999999999902", "8899001133", []],
        ["8899001144", null, ["JD019999999999999903"]],
      ],
    );
    assert.equal(notices[0]?.carrier, "dhl-express");
    assert.deepEqual(notices[0]?.orderReferences, ["NEBEL-91"]);
    assert.deepEqual(
      [notices[0]?.estimatedDelivery?.local, notices[0]?.estimatedDelivery?.zone],
      ["2026-11-12T00:00:00", "Atlantic/Reykjavik"],
    );
  });

  test("does not take one delivered piece for the whole shipment", () => {
    const statuses = noticesOf(myDhl).map(({ events }) => events.map(({ status, reason, code }) => [status, reason, code]));
    assert.deepEqual(statuses, [
      [
        ["in_transit", null, "PU"],
        ["out_for_delivery", null, "WC"],
        ["delivered", "delivered:partial", "PD"],
      ],
      [["delivered", null, "OK"]],
      [
        ["exception", null, "OH"],
        ["unknown", null, null],
      ],
      [["available_for_pickup", null, "CC"]],
    ]);
  });

  test("takes an offset where there is one, else the zone of a country that has one, else none", () => {
    const times = [noticesOf(myDhl)[0]!, noticesOf(myDhl)[2]!].flatMap(({ events }) =>
      events.map(({ time, country }) => [time?.zone, time?.confidence, country]),
    );
    assert.deepEqual(times, [
      ["+01:00", "stated", "DE"],
      ["Atlantic/Reykjavik", "place", "IS"],
      ["Atlantic/Reykjavik", "place", "IS"],
      [null, "none", "US"],
      [null, "none", null],
    ]);
  });

  test("reads the people and who signed; a name in the words stays in the words", () => {
    const [notice] = noticesOf(myDhl);
    assert.deepEqual(notice?.fields, [
      { category: "name", role: "recipient", value: "Ragnheiður Uppspuni" },
      { category: "city", role: "recipient", value: "Kópavogur" },
      { category: "postalCode", role: "recipient", value: "200" },
      { category: "organisation", role: "sender", value: "Papiermühle Nebel" },
      { category: "city", role: "sender", value: "Weimar" },
      { category: "postalCode", role: "sender", value: "99998" },
      { category: "name", role: "signatory", value: "RAGNHEIDUR U" },
    ]);
    assert.equal(notice.events[2]?.text, "Partial delivery - Signed for by : RAGNHEIDUR U");
    assert.equal(notice.events[2]?.identity, "2026-11-12T10:11:00|PD|RKV|");
  });

  test("reads waybills of the older XML, one of them not known to DHL", () => {
    const [known, missing] = noticesOf(xmlPi);
    assert.equal(known?.trackingNumber, "8899001155");
    assert.deepEqual(known.orderReferences, ["LOFT-5"]);
    assert.deepEqual(
      known.events.map(({ status, country, time }) => [status, country, time?.local, time?.zone, time?.confidence]),
      [
        ["in_transit", "JM", "2026-11-10T09:42:00", "America/Jamaica", "place"],
        ["delivered", "US", "2026-11-13T11:05:00", null, "none"],
      ],
    );
    assert.equal(known.estimatedDelivery?.instant, Date.UTC(2026, 10, 14, 4, 59));
    assert.equal(missing?.trackingNumber, "8899001166");
    assert.deepEqual(missing.summary, { status: "not_found", reason: null, code: "No Shipments Found", time: null });
  });

  test("reads the people of the older XML", () => {
    assert.deepEqual(noticesOf(xmlPi)[0]?.fields, [
      { category: "name", role: "recipient", value: "OTTOLINE INVENTED" },
      { category: "city", role: "recipient", value: "BROOKLYN" },
      { category: "region", role: "recipient", value: "NY" },
      { category: "postalCode", role: "recipient", value: "11299" },
      { category: "organisation", role: "sender", value: "Lantern Loft & Sons" },
      { category: "city", role: "sender", value: "Kingston 10" },
      { category: "freeText", role: "recipient", value: "paper lantern for Ottoline" },
      { category: "name", role: "signatory", value: "O INVENTED" },
    ]);
  });

  test("refuses an error answer, a shipment without a number, and another document", () => {
    const error = { instance: "/expressapi/shipments/1/tracking", detail: "No data found", title: "Not Found", status: "404" };
    for (const body of [JSON.stringify(error), '{"shipments":[{"events":[]}]}', "<TrackingResponse/>", "<other/>"])
      assert.deepEqual(codec.decode(Buffer.from(body)), unknownShape);
    assert.deepEqual(codec.decode(Buffer.from("neither")), { ok: false, reason: "malformed" });
  });
});
