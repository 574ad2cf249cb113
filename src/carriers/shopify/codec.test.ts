import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const order = readFileSync(new URL("fixtures/order-two-fulfilments.json", import.meta.url));
const fulfilment = readFileSync(new URL("fixtures/fulfilment-update.json", import.meta.url));

codecProperties(codec, [order, fulfilment]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("shopify", () => {
  test("gives one notice per tracking number of each fulfilment", () => {
    const read = noticesOf(order).map(({ kind, carrier, trackingNumber, summary }) => ({
      kind,
      carrier,
      trackingNumber,
      status: summary?.status,
    }));
    assert.deepEqual(read, [
      { kind: "fulfilment", carrier: "postnord", trackingNumber: "00373500000000000017", status: "out_for_delivery" },
      { kind: "fulfilment", carrier: "postnord", trackingNumber: "00373500000000000024", status: "out_for_delivery" },
      { kind: "fulfilment", carrier: null, trackingNumber: "BB-77", status: undefined },
    ]);
    for (const notice of noticesOf(order)) assert.deepEqual(notice.orderReferences, ["6120044177", "#20417"]);
  });

  test("reads recipient, payer and note, and nothing else about the buyer", () => {
    assert.deepEqual(noticesOf(order)[0]?.fields, [
      { category: "name", role: "recipient", value: "Bram Lindqvist" },
      { category: "street", role: "recipient", value: "Storgatan 999" },
      { category: "postalCode", role: "recipient", value: "111 00" },
      { category: "city", role: "recipient", value: "Stockholm" },
      { category: "region", role: "recipient", value: "SE-AB" },
      { category: "phone", role: "recipient", value: "+46700000011" },
      { category: "location", role: "recipient", value: "59.3001,18.0001" },
      { category: "name", role: "payer", value: "Maud Tervoort" },
      { category: "organisation", role: "payer", value: "Tervoort Advies" },
      { category: "street", role: "payer", value: "Kerkbrink 505, 2e verdieping" },
      { category: "postalCode", role: "payer", value: "1211 ZZ" },
      { category: "city", role: "payer", value: "Hilversum" },
      { category: "email", role: "payer", value: "maud.tervoort@example.org" },
      { category: "phone", role: "payer", value: "+31655503310" },
      { category: "customerId", role: "payer", value: "7100220033" },
      { category: "freeText", role: "payer", value: "Graag bij de buren op 12 afgeven" },
    ]);
    const everything = JSON.stringify(noticesOf(order));
    for (const kept of ["203.0.113.77", "0f0e0d0c", "c1-00aa", "00112233", "Visa", "Mozilla", "Bertus"])
      assert.ok(!everything.includes(kept), kept);
  });

  test("reads a fulfilment that comes alone, with the order's name out of its own", () => {
    const notices = noticesOf(fulfilment);
    assert.equal(notices.length, 1);
    const [notice] = notices;
    assert.equal(notice?.kind, "fulfilment");
    assert.equal(notice?.carrier, "dhl-express");
    assert.equal(notice?.trackingNumber, "9900000011");
    assert.deepEqual(notice?.orderReferences, ["6120049911", "#20991"]);
    assert.deepEqual(notice?.summary, { status: "available_for_pickup", reason: null, code: "ready_for_pickup", time: null });
    assert.deepEqual(notice?.fields, [
      { category: "name", role: "recipient", value: "Agnes Bruyneel" },
      { category: "street", role: "recipient", value: "Vlasmarkt 700, bus 3" },
      { category: "postalCode", role: "recipient", value: "2000" },
      { category: "city", role: "recipient", value: "Antwerpen" },
      { category: "region", role: "recipient", value: "Antwerpen" },
      { category: "phone", role: "recipient", value: "+32470000011" },
      { category: "email", role: "payer", value: "agnes.bruyneel@example.org" },
    ]);
  });

  test("reads the same object under its name", () => {
    for (const [name, body] of [
      ["order", order],
      ["fulfillment", fulfilment],
    ] as const) {
      assert.deepEqual(decodeJson({ [name]: JSON.parse(body.toString()) }), codec.decode(body));
    }
  });

  test("gives an order notice where nothing has a number yet", () => {
    const decoded = decodeJson({
      id: 1,
      name: "#1",
      order_number: 1,
      fulfillments: [{ id: 2, shipment_status: "confirmed", tracking_numbers: [] }],
    });
    assert.ok(decoded.ok);
    assert.equal(decoded.notices.length, 1);
    assert.equal(decoded.notices[0]?.kind, "order");
    assert.equal(decoded.notices[0]?.trackingNumber, null);
    assert.equal(decoded.notices[0]?.summary, null);
    assert.deepEqual(decoded.notices[0]?.orderReferences, ["1", "#1"]);
  });

  test("keeps a status that Shopify does not document out of the summary", () => {
    const decoded = decodeJson({ fulfillment: { order_id: 1, tracking_number: "X1", shipment_status: "left with Agnes" } });
    assert.ok(decoded.ok);
    assert.deepEqual(decoded.notices[0]?.summary, { status: "unknown", reason: null, code: null, time: null });
  });

  test("refuses other objects, and too many numbers", () => {
    assert.deepEqual(decodeJson({ id: 1, title: "Lamp", variants: [] }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ order: {} }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson([]), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ fulfillment: { order_id: 1, tracking_numbers: Array.from({ length: 1001 }, (_, at) => at) } }), {
      ok: false,
      reason: "too-many",
    });
    assert.deepEqual(codec.decode(order.subarray(0, 300)), { ok: false, reason: "malformed" });
  });
});
