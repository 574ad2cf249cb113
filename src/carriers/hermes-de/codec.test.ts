import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const several = readFileSync(new URL("fixtures/several-shipments.json", import.meta.url));

codecProperties(codec, [several]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("hermes-de", () => {
  test("reads the number, the reference and the end of the forecast's window in German time", () => {
    const [notice] = noticesOf(several);
    assert.equal(notice?.carrier, "hermes-de");
    assert.equal(notice.trackingNumber, "H9999999999999999901");
    assert.deepEqual(notice.orderReferences, ["NEBEL-301"]);
    assert.deepEqual([notice.estimatedDelivery?.local, notice.estimatedDelivery?.zone], ["2026-11-12T18:00:00", "Europe/Berlin"]);
  });

  test("reads events; ready in the ParcelShop is not delivered, and a wish for a neighbour is no scan", () => {
    const events = noticesOf(several)[0]!.events.map(({ status, reason, code, country }) => [status, reason, code, country]);
    assert.deepEqual(events, [
      ["info_received", null, "0000", "DE"],
      ["out_for_delivery", null, "3000", "DE"],
      ["out_for_delivery", null, "3000", "DE"],
      ["delivery_attempt_failed", "recipient:absent", "3731", null],
      ["available_for_pickup", null, "3410", "DE"],
      ["unknown", null, null, null],
    ]);
  });

  test("gives one scan in two languages one identity, and German time where there is no offset", () => {
    const [, german, english, bare] = noticesOf(several)[0]!.events;
    assert.equal(german?.identity, english?.identity);
    assert.deepEqual([bare?.time?.zone, bare?.time?.confidence], ["Europe/Berlin", "habit"]);
    assert.equal(bare?.text, "Hedwig Erdacht war nicht da.");
  });

  test("reads the recipient's place and the link", () => {
    assert.deepEqual(noticesOf(several)[0]?.fields, [
      { category: "postalCode", role: "recipient", value: "99998" },
      { category: "city", role: "recipient", value: "Weimar" },
      { category: "accessLink", role: "recipient", value: "https://www.myhermes.example/H9999999999999999901" },
    ]);
  });

  test("reads one number that is not known among others, and what is back at the client as returned", () => {
    const [, missing, back] = noticesOf(several);
    assert.deepEqual(missing?.summary, { status: "not_found", reason: null, code: "e001", time: null });
    assert.equal(back?.events[0]?.status, "returned");
  });

  test("keeps a refusal of the whole question to the sealed record and refuses other shapes", () => {
    const refusal = '{"listOfResultCodes":[{"code":"e001","message":"There is no information for the entered value."}]}';
    assert.deepEqual(codec.decode(Buffer.from(refusal)), { ok: true, messageId: null, notices: [] });
    for (const body of ["{}", '{"shipmentinfo":[{"status":[]}]}'])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: false, reason: "unknown-shape" });
  });
});
