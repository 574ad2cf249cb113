import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const waiting = readFileSync(new URL("fixtures/pickup-available.xml", import.meta.url));

codecProperties(codec, [waiting]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("landmark", () => {
  test("reads both numbers and the reference", () => {
    const [notice, unassigned] = noticesOf(waiting);
    assert.equal(notice?.trackingNumber, "JJFI99999900000161");
    assert.deepEqual(notice?.alternativeNumbers, ["LTN99999161N1"]);
    assert.deepEqual(notice?.orderReferences, ["ORDER-161"]);
    assert.equal(unassigned?.trackingNumber, "LTN99999178N1");
    assert.deepEqual(unassigned?.alternativeNumbers, []);
  });

  test("reads the month first on a clock of twelve hours, in the place's zone where its country has one", () => {
    const times = noticesOf(waiting)[0]?.events.map(({ time }) => [time?.local, time?.zone, time?.confidence]);
    assert.deepEqual(times, [
      ["2026-11-12T00:05:00", "Europe/Helsinki", "place"],
      ["2026-11-09T12:30:00", null, "none"],
      [undefined, undefined, undefined],
    ]);
  });

  test("reads codes, and keeps a name in the text only", () => {
    const [notice] = noticesOf(waiting);
    assert.deepEqual(
      notice?.events.map(({ status, reason, code, country }) => [status, reason, code, country]),
      [
        ["available_for_pickup", null, "410", "FI"],
        ["exception", "customs:held", "135", "US"],
        ["unknown", null, null, null],
      ],
    );
    assert.equal(notice?.events[0]?.text, "Item available for pickup by Aino Lehtimäki");
  });

  test("accepts an error, and refuses other documents", () => {
    const error = codec.decode(Buffer.from("<TrackResponse><Errors><Error><ErrorCode>1</ErrorCode></Error></Errors></TrackResponse>"));
    assert.deepEqual(error, { ok: true, messageId: null, notices: [] });
    assert.deepEqual(codec.decode(Buffer.from("<TrackResponse/>")), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(codec.decode(Buffer.from("<Other/>")), { ok: false, reason: "unknown-shape" });
  });
});
