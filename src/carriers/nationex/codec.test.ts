import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const two = readFileSync(new URL("fixtures/two-parcels.json", import.meta.url));

codecProperties(codec, [two]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("nationex", () => {
  test("gives a notice for the shipment and one for each parcel under it", () => {
    assert.deepEqual(
      noticesOf(two).map(({ trackingNumber, parentNumber, orderReferences, summary }) => [
        trackingNumber,
        parentNumber,
        orderReferences,
        summary?.status,
      ]),
      [
        ["109999251", null, ["CX251"], "out_for_delivery"],
        ["50999925101", "109999251", ["JDI251"], "info_received"],
        ["50999925102", "109999251", [], "out_for_delivery"],
      ],
    );
  });

  test("leaves a parcel's status without a time, so that its scans decide", () => {
    const parcel = noticesOf(two)[1];
    assert.equal(parcel?.summary?.time, null);
    const [attempt, strange] = parcel!.events;
    assert.deepEqual(
      [attempt?.status, attempt?.reason, attempt?.code],
      ["delivery_attempt_failed", "recipient:absent", "unavailable consignee"],
    );
    assert.deepEqual(
      [attempt?.time?.local, attempt?.time?.zone, attempt?.time?.confidence],
      ["2026-11-12T13:31:00", "America/Toronto", "habit"],
    );
    assert.equal(attempt?.identity, "3099992511");
    assert.deepEqual([strange?.status, strange?.code], ["unknown", null]);
    assert.equal(parcel?.estimatedDelivery?.local, "2026-11-13T13:15:00");
  });

  test("reads the shipment's history", () => {
    assert.deepEqual(
      noticesOf(two)[0]?.events.map(({ status, code, time }) => [status, code, time?.zone]),
      [
        ["info_received", "DataReceived", "Z"],
        ["unknown", null, "America/Toronto"],
      ],
    );
  });

  test("keeps persons in fields and texts, numeric phones too, and pictures and positions out", () => {
    const notices = noticesOf(two);
    assert.deepEqual(
      notices[1]?.fields.map(({ category, role, value }) => `${role} ${category} ${value}`),
      [
        "recipient name Philomène Tessier",
        "recipient street 9999 rang du Nord",
        "recipient street Appartement 3",
        "recipient street 3 9999 rang du Nord",
        "recipient postalCode G5R9Z9",
        "recipient city Cacouna",
        "recipient region QC",
        "recipient phone 4180000251",
        "recipient email philomene@example.org",
        "recipient freeText Laisser sous l'escalier",
        "sender name Léopold",
        "sender organisation Torréfaction Boréale",
        "sender street 1 rue Un",
        "sender postalCode J3Y9Z9",
        "sender city St-Hubert",
        "sender phone 4500000251",
      ],
    );
    assert.equal(notices[1]?.events[0]?.text, "Unavailable consignee - Mme Tessier absent");
    const everything = JSON.stringify(notices);
    for (const kept of ["iVBOR", "-69.5"]) assert.ok(!everything.includes(kept), kept);
  });

  test("refuses a shipment or a parcel without a number", () => {
    for (const body of ['{"ShipmentStatus":"Transit"}', '{"ShipmentId":1,"Parcels":[{}]}', "[1]"])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: false, reason: "unknown-shape" });
  });
});
