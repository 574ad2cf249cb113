import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const enRoute = readFileSync(new URL("fixtures/en-route.json", import.meta.url));

codecProperties(codec, [enRoute]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("boxknight", () => {
  test("reads id, reference and status, and the end of the window in seconds or milliseconds", () => {
    const [notice] = noticesOf(enRoute);
    assert.equal(notice?.trackingNumber, "00000000-0000-4000-8000-000000000241");
    assert.deepEqual(notice?.orderReferences, ["shop-241"]);
    assert.deepEqual(notice?.summary, { status: "out_for_delivery", reason: null, code: "DELIVERY_EN_ROUTE", time: null });
    assert.equal(notice?.estimatedDelivery?.instant, 1_794_510_000_000);
  });

  test("tells recipient, shop and driver apart, reads numeric phones, and leaves labels", () => {
    const [notice] = noticesOf(enRoute);
    assert.deepEqual(
      notice?.fields.map(({ category, role, value }) => `${role} ${category} ${value}`),
      [
        "recipient name Marguerite Sauvé",
        "recipient phone 15140000241",
        "recipient email marguerite@example.org",
        "recipient freeText Interphone brisé",
        "recipient street 9999 rue Cartier",
        "recipient postalCode H2K 9Z9",
        "recipient city Montréal",
        "recipient region Plateau",
        "recipient region Quebec",
        "recipient location 45.53,-73.56",
        "recipient freeText Laisser derrière la clôture verte",
        "sender street 1 rue du Marché",
        "sender postalCode H7A 9Z9",
        "sender city Laval",
        "sender organisation Boutique Sauvagine",
        "driver name Yvon Gadbois",
        "driver phone +1 514 000 0242",
      ],
    );
    assert.ok(!JSON.stringify(notice).includes("label.example.org"));
  });

  test("reads an order in an envelope or a list, and an unknown status as none", () => {
    for (const body of [{ order: { id: "a", orderStatus: "CREATED" } }, [{ id: "a", orderStatus: "CREATED" }]]) {
      const decoded = decodeJson(body);
      assert.ok(decoded.ok);
      assert.equal(decoded.notices[0]?.summary?.status, "info_received");
    }
    const strange = decodeJson({ id: "a", orderStatus: "OF_NEXT_YEAR" });
    assert.ok(strange.ok);
    assert.equal(strange.notices[0]?.summary, null);
  });

  test("refuses an order without id or status", () => {
    assert.deepEqual(decodeJson({ id: "a" }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ orderStatus: "CREATED" }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson([1]), { ok: false, reason: "unknown-shape" });
  });
});
