import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const several = readFileSync(new URL("fixtures/several-numbers.json", import.meta.url));
const returned = readFileSync(new URL("fixtures/chronopost-returned.json", import.meta.url));

codecProperties(codec, [several, returned]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("laposte", () => {
  test("reads the number, the partner's and the estimate", () => {
    const [notice] = noticesOf(several);
    assert.equal(notice?.carrier, "laposte");
    assert.equal(notice.trackingNumber, "6A99999999901");
    assert.deepEqual(notice.alternativeNumbers, ["LX123456789ES"]);
    assert.equal(notice.estimatedDelivery?.instant, Date.UTC(2026, 10, 14, 11));
    assert.equal(notice.summary, null);
  });

  test("reads events; waiting at the counter is not delivered, and a code that is not known says nothing", () => {
    const events = noticesOf(several)[0]!.events.map(({ status, code }) => [status, code]);
    assert.deepEqual(events, [
      ["available_for_pickup", "AG1"],
      ["delivery_attempt_failed", "ND1"],
      ["out_for_delivery", "MD2"],
      ["in_transit", "ET1"],
      ["in_transit", "ET1"],
      ["unknown", null],
      ["info_received", "DR1"],
    ]);
  });

  test("assumes French time where there is no offset and says so, and gives a repeated event one identity", () => {
    const [, , , first, second, undated] = noticesOf(several)[0]!.events;
    assert.deepEqual([first?.time?.zone, first?.time?.confidence, first?.time?.instant], ["Europe/Paris", "habit", null]);
    assert.equal(first?.identity, "2026-11-12T23:13:12|ET1|102");
    assert.equal(second?.identity, first.identity);
    assert.equal(undated?.time, null);
  });

  test("keeps names in the words and reads the counter and the link, nothing else", () => {
    const [notice] = noticesOf(several);
    assert.match(notice?.events[0]?.text ?? "", /Mme Inventée/);
    assert.deepEqual(notice?.fields, [
      { category: "organisation", role: "pickup_point", value: "TABAC LE CONTE" },
      { category: "accessLink", role: "recipient", value: "https://www.laposte.example/suivi?code=6A99999999901" },
    ]);
  });

  test("reads one number that is not known among others, and trouble at La Poste as unknown", () => {
    const [, missing, trouble] = noticesOf(several);
    assert.equal(missing?.trackingNumber, "6A99999999902");
    assert.deepEqual(missing.summary, { status: "not_found", reason: null, code: "404", time: null });
    assert.deepEqual(trouble?.summary, { status: "unknown", reason: null, code: null, time: null });
  });

  test("reads a single answer, of a parcel that Chronopost carries, delivered to its sender", () => {
    const [notice] = noticesOf(returned);
    assert.equal(notice?.carrier, "chronopost");
    assert.equal(notice.estimatedDelivery, null);
    assert.deepEqual(
      notice.events.map(({ status, reason, country }) => [status, reason, country]),
      [
        ["returned", null, "FR"],
        ["exception", "transit:returning", "FR"],
      ],
    );
    assert.deepEqual(notice.fields, []);
  });

  test("refuses what is neither a shipment nor a number without one", () => {
    for (const body of ["{}", '{"returnCode":401,"returnMessage":"Unauthorized"}', '[{"shipment":{"event":[]}}]', "7"])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: false, reason: "unknown-shape" });
  });
});
