import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const soap = readFileSync(new URL("fixtures/soap-at-parcelshop.xml", import.meta.url));
const scans = readFileSync(new URL("fixtures/life-cycle-scans.json", import.meta.url));

codecProperties(codec, [soap, scans]);

function noticeOf(body: Uint8Array | string) {
  const decoded = codec.decode(Buffer.from(body));
  assert.ok(decoded.ok);
  return decoded.notices[0]!;
}

function steps(...dates: readonly string[]) {
  const statusInfo = dates.map((date) => ({ status: "ACCEPTED", statusHasBeenReached: true, location: "Weimar (DE)", date }));
  return noticeOf(JSON.stringify({ parcelLifeCycleData: { shipmentInfo: {}, statusInfo } })).events.map(({ time }) => time?.local ?? null);
}

describe("dpd", () => {
  test("reads the steps that have been reached; handed to the ParcelShop is not delivered", () => {
    const notice = noticeOf(soap);
    assert.equal(notice.carrier, "dpd");
    assert.deepEqual(
      notice.events.map(({ status, code, country }) => [status, code, country]),
      [
        ["in_transit", "BetweenDepots", "BE"],
        ["delivery_attempt_failed", "DeliveryFailure", null],
        ["available_for_pickup", "ParcelShop", "BE"],
      ],
    );
    assert.deepEqual([notice.summary?.status, notice.summary?.code], ["available_for_pickup", "ParcelShop"]);
  });

  test("says nothing of a number that the SOAP answer does not repeat", () => {
    assert.equal(noticeOf(soap).trackingNumber, null);
  });

  test("reads American dates in the place's time", () => {
    const times = noticeOf(soap).events.map(({ time }) => [time?.local, time?.zone, time?.confidence]);
    assert.deepEqual(times, [
      ["2026-03-04T19:11:26", "Europe/Brussels", "place"],
      ["2026-03-05T11:00:00", null, "none"],
      ["2026-03-05T16:15:56", "Europe/Brussels", "place"],
    ]);
  });

  test("takes the order of a day and a month from a date that can be read in one way only, and reads none without one", () => {
    assert.deepEqual(steps("03/04/2026", "17/04/2026"), ["2026-04-03T00:00:00", "2026-04-17T00:00:00"]);
    assert.deepEqual(steps("04/17/2026", "03/04/2026"), ["2026-04-17T00:00:00", "2026-03-04T00:00:00"]);
    assert.deepEqual(steps("03.04.2026"), ["2026-04-03T00:00:00"]);
    assert.deepEqual(steps("03/04/2026", "05/06/2026"), [null, null]);
  });

  test("keeps a name in the words, all of which are one text", () => {
    const { events, fields } = noticeOf(soap);
    assert.equal(events[1]?.text, "Delivery not possible Nobody home at Odile Verzonnen's See the card");
    assert.equal(events[1]?.identity, "2026-03-05T11:00:00|DeliveryFailure|Nergens (ZZ)");
    assert.deepEqual(fields, []);
  });

  test("reads the number, the reference and the scans of the JSON form", () => {
    const notice = noticeOf(scans);
    assert.equal(notice.trackingNumber, "01999999999901");
    assert.deepEqual(notice.orderReferences, ["NEBEL-401"]);
    assert.deepEqual(
      notice.events.map(({ status, code, country, time }) => [status, code, country, time?.zone ?? null]),
      [
        ["in_transit", "05", "DE", "Europe/Berlin"],
        ["out_for_delivery", "03", "DE", "Europe/Berlin"],
        ["delivered", "13", null, "+01:00"],
        ["unknown", null, null, null],
      ],
    );
    assert.equal(notice.events[2]?.text, "Delivered Signed by W. Erdacht");
    assert.deepEqual([notice.summary?.status, notice.summary?.time?.local], ["delivered", "2026-11-12T00:00:00"]);
  });

  test("accepts an answer about a number that is not known and refuses a fault and other shapes", () => {
    const none = '{"parcellifecycleResponse":{"parcelLifeCycleData":null}}';
    assert.deepEqual(codec.decode(Buffer.from(none)), { ok: true, messageId: null, notices: [] });
    for (const body of ["<Envelope><Body><Fault/></Body></Envelope>", "{}", '{"trackingresult":{}}', "<trackingresult/>"])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: false, reason: "unknown-shape" });
  });
});
