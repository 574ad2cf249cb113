import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const station = readFileSync(new URL("fixtures/at-station.json", import.meta.url));

codecProperties(codec, [station]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("cainiao", () => {
  test("takes a station's signature for a parcel that waits there", () => {
    const [notice] = noticesOf(station);
    assert.equal(notice?.summary?.status, "available_for_pickup");
    assert.deepEqual(
      notice?.events.map(({ status, reason, code }) => [status, reason, code]),
      [
        ["available_for_pickup", null, "GTMS_STA_SIGNED"],
        ["in_transit", "customs:processing", "CC_IM_START"],
        ["in_transit", null, "LH_DEPART"],
        ["unknown", null, null],
      ],
    );
  });

  test("reads the local carrier's number out of its display text, and never its name", () => {
    assert.deepEqual(noticesOf(station)[0]?.alternativeNumbers, ["323299999059988141"]);
    const unnumbered = decodeJson({ module: [{ mailNo: "LP1", realMailNo: "POSTNL INTERNATIONAL", detailList: [] }] });
    assert.ok(unnumbered.ok);
    assert.deepEqual(unnumbered.notices[0]?.alternativeNumbers, []);
  });

  test("reads milliseconds, seconds and digits in a text, and the clock only without them", () => {
    const times = noticesOf(station)[0]?.events.map(({ time }) => time?.instant);
    assert.deepEqual(times, [1_794_600_000_000, 1_794_400_000_000, Date.UTC(2026, 10, 8, 1, 30), 1_794_100_000_000]);
    assert.equal(noticesOf(station)[0]?.estimatedDelivery?.instant, 1_794_800_000_000);
  });

  test("keeps a name in the text only", () => {
    const [notice] = noticesOf(station);
    assert.equal(notice?.events[0]?.text, "Signed by station, Mw. Verstraete");
    assert.deepEqual(notice?.fields, []);
  });

  test("reads a number without a trace as not found beside one with", () => {
    const [, silent] = noticesOf(station);
    assert.equal(silent?.trackingNumber, "LP00999990000158");
    assert.equal(silent?.summary?.status, "not_found");
  });

  test("refuses an answer without a list or with a parcel without a number", () => {
    assert.deepEqual(decodeJson({ success: false }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ module: [{ detailList: [] }] }), { ok: false, reason: "unknown-shape" });
  });
});
