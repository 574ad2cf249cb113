import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const localizador = readFileSync(new URL("fixtures/localizador-list.json", import.meta.url));
const search = readFileSync(new URL("fixtures/search-page.json", import.meta.url));

codecProperties(codec, [localizador, search]);

function noticesOf(body: Uint8Array | string) {
  const decoded = codec.decode(Buffer.from(body));
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("correos", () => {
  test("reads events by code, else by words that leave no choice; in the office is not delivered", () => {
    const [notice] = noticesOf(localizador);
    assert.equal(notice?.carrier, "correos");
    assert.equal(notice.trackingNumber, "PQ9999999901ES");
    assert.deepEqual(
      notice.events.map(({ status, code }) => [status, code]),
      [
        ["info_received", "A090000V"],
        ["in_transit", "P040000V"],
        ["in_transit", "P040000V"],
        ["unknown", null],
        ["available_for_pickup", "EN OFICINA"],
      ],
    );
  });

  test("puts day and clock together, day first, in Spanish time that says so", () => {
    const { events } = noticesOf(localizador)[0]!;
    assert.deepEqual(
      events.slice(0, 4).map(({ time }) => time?.local),
      ["2026-11-09T23:03:58", "2026-11-10T15:52:17", "2026-11-10T15:52:17", "2026-11-11T00:00:00"],
    );
    assert.deepEqual([events[0]?.time?.zone, events[0]?.time?.confidence], ["Europe/Madrid", "habit"]);
    assert.equal(events[1]?.identity, events[2]?.identity);
  });

  test("reads the customer and keeps names and numbers in the words", () => {
    const [notice] = noticesOf(localizador);
    assert.deepEqual(notice?.fields, [{ category: "name", role: "recipient", value: "Leocadia Inventada Ruiz" }]);
    assert.equal(notice.events[3]?.text, "Llamada a Leocadia al 699 999 999");
  });

  test("reads one number that is not known among others", () => {
    const [, missing] = noticesOf(localizador);
    assert.equal(missing?.trackingNumber, "PQ9999999902ES");
    assert.deepEqual(missing.summary, { status: "not_found", reason: null, code: "1", time: null });
  });

  test("reads the search page's phases, and its last one only by the words beside it", () => {
    const [notice] = noticesOf(search);
    assert.equal(notice?.trackingNumber, "PQ9999999903ES");
    assert.deepEqual(
      notice.events.map(({ status, code }) => [status, code]),
      [
        ["info_received", "1"],
        ["in_transit", "2"],
        ["out_for_delivery", "OUT FOR DELIVERY"],
        ["unknown", null],
        ["returned", "DEVUELTO"],
      ],
    );
  });

  test("refuses what has no number", () => {
    for (const body of ["{}", "[]", '{"eventos":[]}', '{"shipment":[]}'])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: false, reason: "unknown-shape" });
  });
});
