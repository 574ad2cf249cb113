import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const tracked = readFileSync(new URL("fixtures/tracker-updated.json", import.meta.url));
const bought = readFileSync(new URL("fixtures/shipment-purchased.json", import.meta.url));

codecProperties(codec, [tracked, bought]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("karrio", () => {
  test("reads status and reason of events, and the code that gave them", () => {
    const [notice] = noticesOf(tracked);
    assert.equal(notice?.carrier, "canadapost");
    assert.equal(notice?.trackingNumber, "7023210099999061");
    assert.deepEqual(notice?.orderReferences, ["O-61"]);
    assert.deepEqual(
      notice?.events.map(({ status, reason, code }) => [status, reason, code]),
      [
        ["delivery_attempt_failed", "recipient:absent", "delivery_failed"],
        ["in_transit", null, "in_transit"],
        ["unknown", null, null],
      ],
    );
  });

  test("does not believe the Z that karrio puts behind local times", () => {
    const times = noticesOf(tracked)[0]?.events.map(({ time }) => [time?.local, time?.zone, time?.instant]);
    assert.deepEqual(times, [
      ["2026-11-12T14:45:00", null, null],
      ["2026-11-11T00:05:00", null, null],
      ["2026-11-10T00:00:00", null, null],
    ]);
  });

  test("keeps persons in fields and texts, and images, coordinates and metadata out", () => {
    const [notice] = noticesOf(tracked);
    assert.deepEqual(notice?.fields, [
      { category: "name", role: "recipient", value: "Mireille Thériault" },
      { category: "postalCode", role: "recipient", value: "G1V 9Z9" },
      { category: "postalCode", role: "sender", value: "H2H 2S2" },
      { category: "freeText", role: "recipient", value: "Sonner deux fois" },
      { category: "accessLink", role: "recipient", value: "https://track.example.org/7023210099999061" },
    ]);
    const everything = JSON.stringify(notice);
    for (const kept of ["iVBOR", "46.7", "for Mireille"]) assert.ok(!everything.includes(kept), kept);
  });

  test("reads a label that was bought with both parties", () => {
    const [notice] = noticesOf(bought);
    assert.equal(notice?.kind, "fulfilment");
    assert.equal(notice?.carrier, "ups");
    assert.deepEqual(notice?.orderReferences, ["O-62"]);
    assert.deepEqual(
      notice?.fields.map(({ role, value }) => [role, value]),
      [
        ["recipient", "Gwenaëlle Le Bihan"],
        ["recipient", "999 quai des Mouettes"],
        ["recipient", "29999"],
        ["recipient", "Concarneau"],
        ["recipient", "+33 6 00 00 00 61"],
        ["recipient", "gwen@example.org"],
        ["sender", "Verrerie du Lac"],
        ["sender", "9 rue du Port"],
        ["sender", "74999"],
        ["sender", "Annecy"],
      ],
    );
  });

  test("reads an order, events written with a point, a bare tracker and a page of them", () => {
    const order = decodeJson({ event: "order_created", data: { order_id: "O-63", shipping_to: { person_name: "Iwan Kerbrat" } } });
    assert.ok(order.ok);
    assert.deepEqual([order.notices[0]?.kind, order.notices[0]?.fields[0]?.value], ["order", "Iwan Kerbrat"]);
    const bare = { tracking_number: "X1", carrier_name: "ups", status: "delivered", events: [] };
    for (const body of [{ event: "tracker.updated", data: bare }, bare, { count: 1, results: [bare] }]) {
      const decoded = decodeJson(body);
      assert.ok(decoded.ok);
      assert.equal(decoded.notices[0]?.summary?.status, "delivered");
    }
  });

  test("accepts other events, and refuses a tracker without a number", () => {
    assert.deepEqual(decodeJson({ event: "batch_completed", data: {} }), { ok: true, messageId: null, notices: [] });
    assert.deepEqual(decodeJson({ event: "tracker_updated", data: { status: "delivered" } }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ event: "tracker_updated" }), { ok: false, reason: "unknown-shape" });
  });
});
