import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const complete = readFileSync(new URL("fixtures/complete-status.json", import.meta.url));
const updated = readFileSync(new URL("fixtures/updated-shipments.json", import.meta.url));

codecProperties(codec, [complete, updated]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("postnl", () => {
  test("reads the numbers, the reference and the current status", () => {
    const [notice] = noticesOf(complete);
    assert.equal(notice?.carrier, "postnl");
    assert.equal(notice?.trackingNumber, "3SPKTS0000101");
    assert.equal(notice?.parentNumber, "3SPKTS0000100");
    assert.deepEqual(notice?.orderReferences, ["SCHUIM-2041"]);
    assert.equal(notice?.summary?.status, "delivered");
    assert.equal(notice?.summary?.code, "11");
    assert.equal(notice?.summary?.time?.local, "2026-11-14T11:02:41");
  });

  test("reads why and how out of the event codes, and nothing into a code that it does not know", () => {
    const events = noticesOf(complete)[0]?.events.map(({ status, reason, code }) => `${status} ${reason} ${code}`);
    assert.deepEqual(events, [
      "info_received null A01",
      "in_transit null J01",
      "delivery_attempt_failed recipient:absent Y02",
      "unknown null null",
      "delivered delivered:neighbour I10",
    ]);
  });

  test("reads dashes day first and slashes month first, in Dutch time by habit", () => {
    const [notice] = noticesOf(complete);
    assert.deepEqual(notice?.events[0]?.time, {
      text: "12-11-2026 19:10:28",
      local: "2026-11-12T19:10:28",
      zone: "Europe/Amsterdam",
      confidence: "habit",
      instant: null,
    });
    assert.equal(notice?.estimatedDelivery?.local, "2026-11-14T12:00:00");
  });

  test("keeps the location in the identity and PostNL's words in the text", () => {
    const event = noticesOf(complete)[0]?.events[4];
    assert.equal(event?.identity, "2026-11-14T11:02:41|I10|156791");
    assert.equal(event?.text, "Zending is bezorgd bij de buren op 905");
    assert.equal(event?.country, null);
  });

  test("reads people and places by address type and passes over the empty marks", () => {
    assert.deepEqual(noticesOf(complete)[0]?.fields, [
      { category: "name", role: "recipient", value: "Jurriaan Tesselschade" },
      { category: "street", role: "recipient", value: "Nieuwstad 907 b 3 hoog" },
      { category: "postalCode", role: "recipient", value: "7201ZZ" },
      { category: "city", role: "recipient", value: "Zutphen" },
      { category: "freeText", role: "recipient", value: "Bel bij Tesselschade" },
      { category: "organisation", role: "sender", value: "Zeepziederij Schuim" },
      { category: "street", role: "sender", value: "Ketelweg 12" },
      { category: "postalCode", role: "sender", value: "2627ZZ" },
      { category: "city", role: "sender", value: "Delft" },
      { category: "organisation", role: "pickup_point", value: "Sigarenhuis De Pijp" },
      { category: "street", role: "pickup_point", value: "Beukerstraat 1001" },
      { category: "postalCode", role: "pickup_point", value: "7201XX" },
      { category: "city", role: "pickup_point", value: "Zutphen" },
    ]);
  });

  test("takes each updated shipment's status as one event", () => {
    const read = noticesOf(updated).map(({ trackingNumber, events }) => [
      trackingNumber,
      events.map(({ status, code, time }) => `${status} ${code} ${time?.local}`),
    ]);
    assert.deepEqual(read, [
      ["3SPKTS0000202", ["in_transit 5 2026-11-13T02:17:49"]],
      ["3SPKTS0000203", ["available_for_pickup 12 2026-11-13T16:40:00"]],
      ["3SPKTS0000204", ["unknown null 2026-11-13T16:41:00"]],
    ]);
  });

  test("joins the current status to the old ones once", () => {
    const accepted = { TimeStamp: "13-11-2026 13:56:26", StatusCode: "2" };
    const announced = { TimeStamp: "12-11-2026 10:57:31", StatusCode: "1" };
    for (const OldStatus of [[announced], [accepted, announced]]) {
      const decoded = decodeJson({ CompleteStatus: { Shipment: [{ Barcode: "3SPKTS0000300", Status: accepted, OldStatus }] } });
      assert.ok(decoded.ok);
      assert.deepEqual(
        decoded.notices[0]?.events.map(({ code }) => code),
        ["2", "1"],
      );
    }
  });

  test("reads a scan, an address and a status that stand alone without list brackets", () => {
    const Event = { Code: "J05", Description: "Bezorger is onderweg", TimeStamp: "14-11-2026 09:12:00" };
    const Address = { AddressType: "01", LastName: "Tesselschade", Zipcode: "7201ZZ" };
    const decoded = decodeJson({ CompleteStatus: { Shipment: { Barcode: "3SPKTS0000302", Event, Address, OldStatus: {} } } });
    assert.ok(decoded.ok);
    const [notice] = decoded.notices;
    assert.deepEqual(
      notice?.events.map(({ status, code }) => [status, code]),
      [["out_for_delivery", "J05"]],
    );
    assert.deepEqual(notice?.fields, [
      { category: "name", role: "recipient", value: "Tesselschade" },
      { category: "postalCode", role: "recipient", value: "7201ZZ" },
    ]);
  });

  test("accepts a warning in place of a shipment", () => {
    const answer = decodeJson({ CurrentStatus: {}, Warnings: [{ Message: "Nothing found", Code: "2" }] });
    assert.deepEqual(answer, { ok: true, messageId: null, notices: [] });
  });

  test("accepts a signature without looking into it", () => {
    const answer = decodeJson({
      Signature: { Barcode: "3SPKTS0000301", SignatureDate: "2026-11-14T11:02:41", SignatureImage: "iVBORw0KGgo=" },
    });
    assert.deepEqual(answer, { ok: true, messageId: null, notices: [] });
  });

  test("refuses a shipment without a barcode and what is no answer", () => {
    assert.deepEqual(decodeJson([{ Status: { StatusCode: "5" } }]), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ CurrentStatus: {} }), { ok: false, reason: "unknown-shape" });
  });
});
