import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const shipped = readFileSync(new URL("fixtures/order-shipped.json", import.meta.url));
const guest = readFileSync(new URL("fixtures/order-guest.json", import.meta.url));
const order = JSON.parse(shipped.toString()) as Record<string, unknown>;

codecProperties(codec, [shipped, guest]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("woocommerce", () => {
  test("gives one notice per tracking item, in a list or in what PHP makes of one", () => {
    const read = noticesOf(shipped).map(({ kind, carrier, trackingNumber, orderReferences, summary }) => ({
      kind,
      carrier,
      trackingNumber,
      orderReferences,
      summary,
    }));
    assert.deepEqual(read, [
      { kind: "fulfilment", carrier: "dpd", trackingNumber: "01999000000017", orderReferences: ["90417", "LAMP-417"], summary: null },
      {
        kind: "fulfilment",
        carrier: "deutsche-post",
        trackingNumber: "RZ000000017DE",
        orderReferences: ["90417", "LAMP-417"],
        summary: null,
      },
    ]);
    const asList = decodeJson({
      ...order,
      meta_data: [{ key: "_wc_shipment_tracking_items", value: [{ tracking_number: "X1" }, { tracking_number: "X1" }, {}, "X2", null] }],
    });
    assert.ok(asList.ok);
    assert.deepEqual(
      asList.notices.map(({ trackingNumber }) => trackingNumber),
      ["X1"],
    );
  });

  test("reads recipient, payer and note, and nothing else about the buyer", () => {
    assert.deepEqual(noticesOf(shipped)[0]?.fields, [
      { category: "name", role: "recipient", value: "Ottokar Falkenrath" },
      { category: "street", role: "recipient", value: "Am Speicher 99" },
      { category: "postalCode", role: "recipient", value: "23966" },
      { category: "city", role: "recipient", value: "Wismar" },
      { category: "phone", role: "recipient", value: "+49 3841 000022" },
      { category: "name", role: "payer", value: "Heidrun Falkenrath" },
      { category: "organisation", role: "payer", value: "Falkenrath & Töchter" },
      { category: "street", role: "payer", value: "Lindenallee 808, Hinterhaus" },
      { category: "postalCode", role: "payer", value: "02826" },
      { category: "city", role: "payer", value: "Görlitz" },
      { category: "region", role: "payer", value: "DE-SN" },
      { category: "phone", role: "payer", value: "+49 3581 000011" },
      { category: "email", role: "payer", value: "heidrun.falkenrath@example.org" },
      { category: "customerId", role: "payer", value: "3117" },
      { category: "freeText", role: "payer", value: "Hinter dem Gartentor ablegen" },
    ]);
    const everything = JSON.stringify(noticesOf(shipped));
    for (const kept of ["203.0.113.78", "wc_order_", "TX-0001", "Mozilla"]) assert.ok(!everything.includes(kept), kept);
  });

  test("gives an order notice for an order that has not shipped, and knows a guest", () => {
    const decoded = decodeJson({ ...order, number: "90417", customer_id: 0, meta_data: [] });
    assert.ok(decoded.ok);
    const [notice] = decoded.notices;
    assert.equal(decoded.notices.length, 1);
    assert.equal(notice?.kind, "order");
    assert.equal(notice?.trackingNumber, null);
    assert.deepEqual(notice?.orderReferences, ["90417"]);
    assert.ok(notice?.fields.every(({ category }) => category !== "customerId"));
  });

  test("reads a guest who gave one address and a number in the note", () => {
    const [notice, ...others] = noticesOf(guest);
    assert.deepEqual(others, []);
    assert.equal(notice?.kind, "order");
    assert.deepEqual(notice?.orderReferences, ["90502"]);
    assert.deepEqual(notice?.fields, [
      { category: "name", role: "payer", value: "Ragnhild" },
      { category: "street", role: "payer", value: "Förde\u00ADweg 5" },
      { category: "postalCode", role: "payer", value: "24103" },
      { category: "city", role: "payer", value: "Kiel" },
      { category: "email", role: "payer", value: "ragnhild@example.org" },
      { category: "freeText", role: "payer", value: "Klingel „Sørensen“ geht nicht,\r\nbitte Tel. 0431 000077" },
    ]);
    const everything = JSON.stringify(notice);
    for (const kept of ["2001:db8", "1971-02-03", "Für Ragnhild"]) assert.ok(!everything.includes(kept), kept);
  });

  test("accepts the ping and an order's deletion", () => {
    const nothing = { ok: true, messageId: null, notices: [] };
    assert.deepEqual(codec.decode(Buffer.from("webhook_id=123")), nothing);
    assert.deepEqual(decodeJson({ id: 90417 }), nothing);
  });

  test("refuses other forms and objects", () => {
    assert.deepEqual(codec.decode(Buffer.from("webhook_id=123&name=Heidrun")), { ok: false, reason: "malformed" });
    assert.deepEqual(codec.decode(shipped.subarray(0, 300)), { ok: false, reason: "malformed" });
    assert.deepEqual(decodeJson({ id: 5, name: "Lampe", sku: "L1" }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson([]), { ok: false, reason: "unknown-shape" });
  });
});
