import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const updated = readFileSync(new URL("fixtures/shipment-updated.json", import.meta.url));

codecProperties(codec, [updated]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("teleship", () => {
  test("reads both legs' numbers and the reference", () => {
    const [notice] = noticesOf(updated);
    assert.equal(notice?.trackingNumber, "TELESHIP99999900261");
    assert.deepEqual(notice?.alternativeNumbers, ["9400100000000000000261"]);
    assert.deepEqual(notice?.orderReferences, ["ORDER-261"]);
    assert.equal(notice?.carrier, "teleship");
  });

  test("reads codes in either case, and takes no state for a country", () => {
    assert.deepEqual(
      noticesOf(updated)[0]?.events.map(({ status, code, country }) => [status, code, country]),
      [
        ["delivery_attempt_failed", "DELIVERY_FAILED", null],
        ["unknown", null, null],
      ],
    );
  });

  test("keeps both persons in fields, and a name in a description in the text", () => {
    const [notice] = noticesOf(updated);
    assert.deepEqual(
      notice?.fields.map(({ category, role, value }) => `${role} ${category} ${value}`),
      [
        "recipient name Dorothea Llewellyn",
        "recipient email dorothea@example.org",
        "recipient street 99 Orchard Row",
        "recipient postalCode 97399",
        "recipient city Salem",
        "recipient region OR",
        "sender name Aled Pugh",
        "sender organisation Pugh Pottery",
        "sender postalCode LL32 9ZZ",
        "sender city Conwy",
      ],
    );
    assert.equal(notice?.events[0]?.text, "Nobody home, D. Llewellyn");
  });

  test("reads an answer without an envelope", () => {
    const decoded = decodeJson({ trackingNumber: "T1", status: "out_for_delivery", events: [] });
    assert.ok(decoded.ok);
    assert.equal(decoded.notices[0]?.summary?.status, "out_for_delivery");
  });

  test("accepts webhooks about other things, and refuses a shipment without a number", () => {
    assert.deepEqual(decodeJson({ eventName: "manifest.closed", objectType: "manifest", data: {} }), {
      ok: true,
      messageId: null,
      notices: [],
    });
    assert.deepEqual(decodeJson({ eventName: "shipment.updated", data: {} }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ data: {} }), { ok: false, reason: "unknown-shape" });
  });
});
