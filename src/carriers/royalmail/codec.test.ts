import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const events = readFileSync(new URL("fixtures/events-at-post-office.json", import.meta.url));
const several = readFileSync(new URL("fixtures/summary-of-several.json", import.meta.url));

codecProperties(codec, [events, several]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("royalmail", () => {
  test("reads the barcode, the piece's own id and the estimate", () => {
    const [notice] = noticesOf(events);
    assert.equal(notice?.carrier, "royalmail");
    assert.equal(notice.trackingNumber, "XX999999995GB");
    assert.deepEqual(notice.alternativeNumbers, ["090999999000000AA0A0A"]);
    assert.equal(notice.estimatedDelivery?.instant, Date.UTC(2026, 10, 12, 11));
  });

  test("takes what was delivered to the Post Office for waiting there, whatever the category says", () => {
    const [notice] = noticesOf(events);
    assert.deepEqual([notice?.summary?.status, notice?.summary?.code], ["available_for_pickup", "EVKLS"]);
    assert.deepEqual(
      notice?.events.map(({ status, reason, code, time }) => [status, reason, code, time?.confidence]),
      [
        ["available_for_pickup", null, "EVKLS", "stated"],
        ["out_for_delivery", null, "EVGPD", "stated"],
        ["unknown", null, null, "habit"],
        ["in_transit", "carrier:misrouted", "EVNMI", "stated"],
      ],
    );
    assert.equal(notice.events[3]?.time?.instant, Date.UTC(2026, 9, 20, 9, 4));
  });

  test("reads who signed, and neither the image's id nor the line with a name", () => {
    const [notice] = noticesOf(events);
    assert.deepEqual(notice?.fields, [{ category: "name", role: "signatory", value: "W Imaginary" }]);
    assert.equal(notice.events[0]?.identity, "2026-11-12T10:04:00|EVKLS|Nowhere-on-Sea PO");
    assert.equal(notice.events[2]?.text, "Call Winifred on 07700 900999");
  });

  test("reads a list of summaries, each with its last event, one number that is not known among them", () => {
    const [known, missing, trouble] = noticesOf(several);
    assert.deepEqual(
      known?.events.map(({ status, reason, code }) => [status, reason, code]),
      [["delivered", "delivered:neighbour", "EVKNS"]],
    );
    assert.equal(known.summary?.status, "delivered");
    assert.deepEqual([known.estimatedDelivery?.local, known.estimatedDelivery?.zone], ["2026-11-12T00:00:00", "Europe/London"]);
    assert.equal(missing?.trackingNumber, "XX999999973GB");
    assert.deepEqual(missing.summary, { status: "not_found", reason: null, code: "E1142", time: null });
    assert.deepEqual(trouble?.summary, { status: "unknown", reason: null, code: null, time: null });
  });

  test("falls back on the category where the last event's code is not known", () => {
    const summary = { oneDBarcode: "XX999999956GB", lastEventCode: "EVZZZ", statusCategory: "Delivery attempted" };
    const [notice] = noticesOf(Buffer.from(JSON.stringify({ mailPieces: { mailPieceId: "XX999999956GB", summary } })));
    assert.deepEqual([notice?.summary?.status, notice?.summary?.code], ["delivery_attempt_failed", "DELIVERY ATTEMPTED"]);
  });

  test("refuses an error answer and a piece without a number", () => {
    for (const body of ['{"httpCode":"404","errors":[{"errorCode":"E1142"}]}', '{"mailPieces":[{"events":[]}]}', '{"mailPieces":[]}'])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: false, reason: "unknown-shape" });
  });
});
