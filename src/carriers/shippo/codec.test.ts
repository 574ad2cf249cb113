import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const tracked = readFileSync(new URL("fixtures/track-updated-notice-left.json", import.meta.url));
const bought = readFileSync(new URL("fixtures/transaction-created.json", import.meta.url));

codecProperties(codec, [tracked, bought]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("shippo", () => {
  test("reads the sub-status where it is known and the status elsewhere", () => {
    const [notice] = noticesOf(tracked);
    assert.equal(notice?.carrier, "deutsche-post");
    assert.equal(notice?.trackingNumber, "LX999900041DE");
    assert.equal(notice?.summary?.status, "delivery_attempt_failed");
    assert.equal(notice?.summary?.reason, "recipient:absent");
    assert.equal(notice?.estimatedDelivery?.text, "2026-11-14T00:00:00Z");
    const events = notice?.events.map(({ status, code, country }) => [status, code, country]);
    assert.deepEqual(events, [
      ["info_received", "information_received", null],
      ["delivery_attempt_failed", "notice_left", "AT"],
      ["in_transit", "TRANSIT", null],
    ]);
  });

  test("keeps a name in the text, addresses in fields, and leaves what the merchant wrote", () => {
    const [notice] = noticesOf(tracked);
    assert.equal(notice?.events[1]?.text, "Benachrichtigt: Kirchebner, Haus 9");
    assert.deepEqual(notice?.fields, [
      { category: "postalCode", role: "recipient", value: "6599" },
      { category: "city", role: "recipient", value: "Nauders" },
      { category: "region", role: "recipient", value: "Tirol" },
      { category: "postalCode", role: "sender", value: "23599" },
      { category: "city", role: "sender", value: "Lübeck" },
    ]);
    assert.ok(!JSON.stringify(notice).includes("Order 4417"));
  });

  test("gives an event the same identity when Shippo makes its object anew", () => {
    const again = Buffer.from(tracked.toString().replaceAll(/"(dd44|ee55)"/g, '"other"'));
    const identities = (body: Uint8Array) => noticesOf(body)[0]?.events.map(({ identity }) => identity);
    assert.deepEqual(identities(again), identities(tracked));
  });

  test("reads a label that was bought as announced", () => {
    const [notice] = noticesOf(bought);
    assert.equal(notice?.trackingNumber, "1ZX999990000000041");
    assert.equal(notice?.carrier, "ups");
    assert.equal(notice?.summary?.status, "info_received");
    const everything = JSON.stringify(notice);
    for (const kept of ["Ilse", "deliver.example.org"]) assert.ok(!everything.includes(kept), kept);
  });

  test("reads an answer without a history", () => {
    const decoded = decodeJson({
      carrier: "usps",
      tracking_number: "9400100000000000000041",
      tracking_status: { status: "DELIVERED", status_date: "2026-11-13T10:40:00Z", location: { country: "US" } },
      tracking_history: [],
    });
    assert.ok(decoded.ok);
    assert.equal(decoded.notices[0]?.events[0]?.status, "delivered");
    assert.equal(decoded.notices[0]?.events[0]?.country, "US");
  });

  test("accepts other webhooks and a label that was refused, and refuses a tracking without a number", () => {
    assert.deepEqual(decodeJson({ event: "batch_purchased", data: {} }), { ok: true, messageId: null, notices: [] });
    assert.deepEqual(decodeJson({ event: "transaction_updated", data: { status: "ERROR" } }), { ok: true, messageId: null, notices: [] });
    assert.deepEqual(decodeJson({ event: "track_updated", data: { carrier: "usps" } }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ carrier: "usps" }), { ok: false, reason: "unknown-shape" });
  });
});
