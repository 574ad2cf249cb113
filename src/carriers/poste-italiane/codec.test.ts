import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const attempt = readFileSync(new URL("fixtures/attempt-failed.json", import.meta.url));
const returned = readFileSync(new URL("fixtures/returned.json", import.meta.url));

codecProperties(codec, [attempt, returned]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("poste-italiane", () => {
  test("reads the carrier's sentences by their beginnings, and an unknown one as unknown", () => {
    const [notice] = noticesOf(attempt);
    assert.equal(notice?.trackingNumber, "RC999990081IT");
    assert.deepEqual(
      notice?.events.map(({ status, code }) => [status, code]),
      [
        ["in_transit", "la spedizione è stata presa in carico"],
        ["delivery_attempt_failed", "consegna non andata a buon fine"],
        ["available_for_pickup", "disponibile per il ritiro"],
        ["unknown", null],
      ],
    );
  });

  test("reads epoch milliseconds, seconds and digits in a text", () => {
    const instants = noticesOf(attempt)[0]?.events.map(({ time }) => time?.instant);
    assert.deepEqual(instants, [1_794_211_200_000, 1_794_500_000_000, 1_794_560_000_000, undefined]);
  });

  test("keeps a name that stands in a sentence out of the code", () => {
    const event = noticesOf(attempt)[0]?.events[1];
    assert.equal(event?.text, "Consegna non andata a buon fine: citofono Sanna Pinuccia");
    assert.ok(!JSON.stringify([event?.code, event?.status]).includes("Sanna"));
  });

  test("reads the estimate out of Italian words", () => {
    const estimate = noticesOf(attempt)[0]?.estimatedDelivery;
    assert.deepEqual([estimate?.text, estimate?.zone, estimate?.confidence], ["2026-11-13", "Europe/Rome", "habit"]);
  });

  test("takes a delivery on the way back for a return, and a number without a trace for not found", () => {
    const [back, nothing] = noticesOf(returned);
    assert.equal(back?.events[0]?.status, "returned");
    assert.equal(back?.summary?.status, "returned");
    assert.equal(nothing?.summary?.status, "not_found");
  });

  test("refuses an answer without a number", () => {
    assert.deepEqual(codec.decode(Buffer.from('{"esitoRicerca":"2"}')), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(codec.decode(Buffer.from("[]")), { ok: false, reason: "unknown-shape" });
  });
});
