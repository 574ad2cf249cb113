import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const delivered = readFileSync(new URL("fixtures/delivered-to-individual.json", import.meta.url));
const several = readFileSync(new URL("fixtures/list-one-error.json", import.meta.url));

codecProperties(codec, [delivered, several]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("usps", () => {
  test("takes the destination's ZIP code off the number", () => {
    const [notice] = noticesOf(delivered);
    assert.equal(notice?.trackingNumber, "9400100000000000000098");
    assert.equal(notice?.estimatedDelivery?.text, "2026-11-12");
  });

  test("leaves a number that only begins with 420 as it is", () => {
    const decoded = decodeJson({ trackingNumber: "42012345678", trackingEvents: [] });
    assert.ok(decoded.ok);
    assert.equal(decoded.notices[0]?.trackingNumber, "42012345678");
  });

  test("reads codes and words together", () => {
    const [notice] = noticesOf(delivered);
    assert.deepEqual(
      notice?.events.map(({ status, reason, code }) => [status, reason, code]),
      [
        ["delivered", null, "delivered, left with individual"],
        ["delivery_attempt_failed", "recipient:absent", "notice left (no authorized recipient available)"],
        ["in_transit", null, "A1"],
        ["out_for_delivery", null, "delivered, to agent"],
        ["unknown", null, null],
      ],
    );
    assert.equal(notice?.summary?.status, "delivered");
  });

  test("reads the instant, else the local clock with its offset, else the clock alone", () => {
    const times = noticesOf(delivered)[0]?.events.map(({ time }) => [time?.local, time?.zone]);
    assert.deepEqual(times, [
      ["2026-11-12T19:02:41", "Z"],
      ["2026-11-11T10:40:00", "-08:00"],
      ["2026-11-10T03:13:00", null],
      ["2026-11-09T03:13:00", null],
      [undefined, undefined],
    ]);
  });

  test("keeps names of events, ZIP codes and cities in fields, with HTML entities read, and the sentence out", () => {
    const [notice] = noticesOf(delivered);
    assert.deepEqual(
      notice?.fields.map(({ category, role, value }) => `${role} ${category} ${value}`),
      [
        "recipient city ASTORIA",
        "recipient region OR",
        "recipient postalCode 97199",
        "sender city DULUTH",
        "sender region MN",
        "sender postalCode 55899",
        "signatory name T OSTRANDER",
        "signatory organisation O'HALLORAN & SONS",
      ],
    );
    assert.ok(!JSON.stringify(notice).includes("Your item was"));
  });

  test("reads a list with one number that is not known", () => {
    const [moving, missing] = noticesOf(several);
    assert.equal(moving?.summary?.code, "In Transit");
    assert.equal(missing?.summary?.status, "not_found");
  });

  test("accepts an error about no number, and refuses other objects", () => {
    assert.deepEqual(decodeJson({ apiVersion: "v3", error: { code: "401" } }), { ok: true, messageId: null, notices: [] });
    assert.deepEqual(decodeJson({ statusCategory: "Delivered" }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson([1]), { ok: false, reason: "unknown-shape" });
  });
});
