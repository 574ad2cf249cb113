import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const delivered = readFileSync(new URL("fixtures/delivered-and-unknown.xml", import.meta.url));
const returned = readFileSync(new URL("fixtures/at-branch-and-returned.xml", import.meta.url));

codecProperties(codec, [delivered, returned]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("dhl-parcel-de", () => {
  test("reads the numbers, references and current status", () => {
    const notice = noticesOf(delivered)[0]!;
    assert.equal(notice.carrier, "dhl-parcel-de");
    assert.equal(notice.trackingNumber, "00399999990000000086");
    assert.deepEqual(notice.alternativeNumbers, ["LT123456785DE"]);
    assert.deepEqual(notice.orderReferences, ["NEBEL-77"]);
    assert.deepEqual(
      [notice.summary?.status, notice.summary?.reason, notice.summary?.code],
      ["delivered", "delivered:neighbour", "DLVRD_NGHBR"],
    );
  });

  test("reads events by event, reason and standard event, and nothing into a message to the recipient", () => {
    const events = noticesOf(delivered)[0]!.events.map(({ status, code, country }) => [status, code, country]);
    assert.deepEqual(events, [
      ["info_received", "PARCV", null],
      ["in_transit", "LDTMV", "AT"],
      ["out_for_delivery", "SRTED_NRQRD_PO", "DE"],
      ["out_for_delivery", "SRTED_NRQRD_PO", "DE"],
      ["unknown", null, "DE"],
      ["delivered", "DLVRD_NGHBR", "DE"],
    ]);
  });

  test("gives an event that is listed twice one identity", () => {
    const { events } = noticesOf(delivered)[0]!;
    assert.equal(events[2]!.identity, "2026-11-18T08:15:00|SRTED|NRQRD|PO|Weimar|");
    assert.equal(events[3]!.identity, events[2]!.identity);
  });

  test("assumes German time for what happened in Germany and none abroad", () => {
    const times = noticesOf(delivered)[0]!
      .events.slice(0, 3)
      .map(({ time }) => time && [time.local, time.zone, time.confidence]);
    assert.deepEqual(times, [
      ["2026-11-16T09:12:00", "Europe/Berlin", "habit"],
      ["2026-11-17T04:31:00", null, "none"],
      ["2026-11-18T08:15:00", "Europe/Berlin", "habit"],
    ]);
  });

  test("reads the people, and neither the routing code that holds the address nor the sentence that stands for no sender", () => {
    const { fields } = noticesOf(delivered)[0]!;
    assert.deepEqual(fields, [
      { category: "name", role: "recipient", value: "Erdacht-Şahin" },
      { category: "street", role: "recipient", value: "Erfundene Gasse 7" },
      { category: "city", role: "recipient", value: "99998 Weimar" },
      { category: "freeText", role: "signatory", value: "Nachbar: O. Niemand, 2. Stock" },
      { category: "name", role: "recipient", value: "Wilhelmine Erdacht-Şahin" },
      { category: "postalCode", role: "recipient", value: "99998" },
      { category: "street", role: "recipient", value: "Erfundene Gasse 7 99998 Weimar" },
    ]);
  });

  test("reads one number that DHL does not know among others that it does", () => {
    const notices = noticesOf(delivered);
    assert.equal(notices.length, 2);
    assert.equal(notices[1]!.trackingNumber, "00399999990000000093");
    assert.deepEqual(notices[1]!.summary, { status: "not_found", reason: null, code: "100", time: null });
  });

  test("takes what lies at a branch for waiting there, by the standard event where the finer one is not known", () => {
    const notice = noticesOf(returned)[0]!;
    assert.deepEqual([notice.summary?.status, notice.summary?.code], ["available_for_pickup", "ZF"]);
    assert.deepEqual(
      notice.events.map(({ status, text }) => [status, text]),
      [["available_for_pickup", 'The shipment is ready for pick-up at Kiosk "Zur Mauer"']],
    );
    assert.deepEqual(notice.alternativeNumbers, ["399999990000000109"]);
    assert.deepEqual(notice.fields, [{ category: "name", role: "recipient", value: "Hedwig O'Nirgends" }]);
  });

  test("takes a delivery to the sender for returned", () => {
    const notice = noticesOf(returned)[1]!;
    assert.deepEqual([notice.summary?.status, notice.events.map(({ status }) => status)], ["returned", ["exception", "returned"]]);
    assert.deepEqual(notice.fields, [{ category: "organisation", role: "sender", value: "Papiermühle Nebel" }]);
  });

  test("reads an answer of events alone", () => {
    const event = '<data name="piece-event" event-timestamp="01.12.2026 08:00" ice="ULFMV" ric="UNLDD" standard-event-code="EE"/>';
    const [notice] = noticesOf(Buffer.from(`<data name="piece-event-list" piece-identifier="399999990000000123">${event}</data>`));
    assert.equal(notice?.trackingNumber, "399999990000000123");
    assert.deepEqual(
      notice.events.map(({ status, code }) => [status, code]),
      [["in_transit", "ULFMV"]],
    );
  });

  test("keeps a refusal of the whole question, and the image of a signature, to the sealed record", () => {
    for (const xml of [
      '<data name="piece-shipment-list" code="100" error="no data found"/>',
      '<data name="signaturelist" code="0"><data name="signature" image="47494638"/></data>',
    ])
      assert.deepEqual(codec.decode(Buffer.from(xml)), { ok: true, messageId: null, notices: [] });
  });

  test("refuses other documents and a piece without a number", () => {
    for (const xml of [
      "<data/>",
      "<shipment/>",
      '<data name="piece-shipment-list"><data name="piece-shipment" error-status="0" piece-code=" "/></data>',
    ])
      assert.deepEqual(codec.decode(Buffer.from(xml)), { ok: false, reason: "unknown-shape" });
  });
});
