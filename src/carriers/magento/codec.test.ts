import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const order = readFileSync(new URL("fixtures/order-with-shipment.json", import.meta.url));
const shipment = readFileSync(new URL("fixtures/shipment.json", import.meta.url));
const placing = readFileSync(new URL("fixtures/place-order.json", import.meta.url));

codecProperties(codec, [order, shipment, placing]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("magento", () => {
  test("reads an order of a page with its shipment", () => {
    const [notice, ...others] = noticesOf(order);
    assert.deepEqual(others, []);
    assert.equal(notice?.kind, "fulfilment");
    assert.equal(notice?.trackingNumber, "00340434161099999071");
    assert.equal(notice?.carrier, "dhl-parcel-de");
    assert.deepEqual(notice?.orderReferences, ["000004471", "4471"]);
  });

  test("tells the recipient from who pays, and keeps the rest out", () => {
    assert.deepEqual(noticesOf(order)[0]?.fields, [
      { category: "name", role: "recipient", value: "Korbinian Aigner" },
      { category: "street", role: "recipient", value: "Innkai 99" },
      { category: "postalCode", role: "recipient", value: "94999" },
      { category: "city", role: "recipient", value: "Passau" },
      { category: "phone", role: "recipient", value: "+49 851 000044" },
      { category: "name", role: "payer", value: "Ottilie Brandstetter" },
      { category: "organisation", role: "payer", value: "Brandstetter OG" },
      { category: "street", role: "payer", value: "Fabrikstraße 99, Stiege 2" },
      { category: "postalCode", role: "payer", value: "4499" },
      { category: "city", role: "payer", value: "Steyr" },
      { category: "region", role: "payer", value: "Oberösterreich" },
      { category: "phone", role: "payer", value: "+43 7252 00044" },
      { category: "email", role: "payer", value: "ottilie.brandstetter@example.org" },
      { category: "customerId", role: "payer", value: "817" },
      { category: "freeText", role: "payer", value: "Bitte beim Nachbarn klingeln" },
    ]);
    const everything = JSON.stringify(noticesOf(order));
    for (const kept of ["1961-04-05", "203.0.113.44", "hat angerufen", "O Brandstetter"]) assert.ok(!everything.includes(kept), kept);
  });

  test("reads a shipment under its order's id, each number once", () => {
    const [notice, ...others] = noticesOf(shipment);
    assert.deepEqual(others, []);
    assert.equal(notice?.carrier, "ups");
    assert.deepEqual(notice?.orderReferences, ["4472"]);
    assert.ok(!JSON.stringify(notice).includes("Aigner"));
  });

  test("reads the placing of an order, which has no number yet", () => {
    const [notice] = noticesOf(placing);
    assert.equal(notice?.kind, "order");
    assert.deepEqual(notice?.orderReferences, []);
    assert.deepEqual(
      notice?.fields.map(({ category, role }) => `${role} ${category}`),
      ["payer name", "payer street", "payer postalCode", "payer city", "payer region", "payer phone", "payer email"],
    );
  });

  test("reads an order in the envelopes that extensions and events use, and knows a guest", () => {
    const plain = { increment_id: "9", entity_id: 9, customer_id: 5, customer_is_guest: 1, billing_address: { firstname: "Alva" } };
    for (const body of [plain, { order: plain }, { entity: plain }, { event: { value: plain } }]) {
      const decoded = decodeJson(body);
      assert.ok(decoded.ok);
      assert.deepEqual(decoded.notices[0]?.fields, [{ category: "name", role: "payer", value: "Alva" }]);
    }
  });

  test("refuses products, customers and other objects", () => {
    assert.deepEqual(decodeJson({ id: 5, sku: "L1", name: "Lampe" }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ items: [{ sku: "L1" }], search_criteria: {} }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson("text"), { ok: false, reason: "unknown-shape" });
  });
});
