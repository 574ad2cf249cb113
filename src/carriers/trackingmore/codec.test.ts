import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const webhook = readFileSync(new URL("fixtures/webhook-delivered.json", import.meta.url));
const page = readFileSync(new URL("fixtures/answer-page-old-names.json", import.meta.url));

codecProperties(codec, [webhook, page]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("trackingmore", () => {
  test("reads numbers, reference and the current status", () => {
    const [notice] = noticesOf(webhook);
    assert.equal(notice?.trackingNumber, "RR999900027PH");
    assert.equal(notice?.carrier, null);
    assert.deepEqual(notice?.alternativeNumbers, ["LX999900027IE"]);
    assert.deepEqual(notice?.orderReferences, ["#8127"]);
    assert.equal(notice?.summary?.status, "delivered");
    assert.equal(notice?.summary?.reason, "delivered:neighbour");
    assert.equal(notice?.summary?.time?.local, "2026-11-12T12:11:00");
    assert.equal(notice?.estimatedDelivery?.text, "2026-11-13");
  });

  test("reads the checkpoints of both countries", () => {
    const events = noticesOf(webhook)[0]?.events.map(({ status, code, country, time }) => [status, code, country, time?.zone]);
    assert.deepEqual(events, [
      ["in_transit", "transit007", "PH", "+08:00"],
      ["delivered", "delivered004", "IE", null],
      ["out_for_delivery", "pickup", "IE", null],
    ]);
  });

  test("keeps persons in fields and texts", () => {
    const [notice] = noticesOf(webhook);
    assert.deepEqual(notice?.fields, [
      { category: "name", role: "recipient", value: "Caoimhe Ní Bhriain" },
      { category: "email", role: "recipient", value: "caoimhe@example.org" },
      { category: "phone", role: "recipient", value: "+353 85 000 0027" },
      { category: "postalCode", role: "recipient", value: "V92 9ZZ9" },
      { category: "city", role: "recipient", value: "Dingle" },
      { category: "region", role: "recipient", value: "Kerry" },
      { category: "city", role: "sender", value: "Manila" },
      { category: "name", role: "signatory", value: "Seán Ó Cinnéide" },
      { category: "freeText", role: "recipient", value: "Leave with Seán in the shop" },
    ]);
    assert.equal(notice?.events[1]?.text, "Delivered to Seán Ó Cinnéide");
    assert.ok(!JSON.stringify(notice).includes("Dingle, 2026-11-12 12:11"));
  });

  test("tells ready for collection from out for delivery, and a number without any trace", () => {
    const [ready, nothing] = noticesOf(page);
    assert.equal(ready?.carrier, "usps");
    assert.equal(ready?.events[0]?.status, "available_for_pickup");
    assert.equal(ready?.events[0]?.time?.local, "2026-11-03T17:11:00");
    assert.equal(nothing?.summary?.status, "not_found");
  });

  test("refuses a page with one tracking that has no number", () => {
    assert.deepEqual(decodeJson({ meta: {}, data: [{ tracking_number: "1" }, {}] }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ meta: { code: 4101 }, data: null }), { ok: false, reason: "unknown-shape" });
  });
});
