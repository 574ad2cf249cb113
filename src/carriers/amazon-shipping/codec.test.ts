import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const neighbour = readFileSync(new URL("fixtures/delivered-to-neighbour.json", import.meta.url));
const returned = readFileSync(new URL("fixtures/returned.json", import.meta.url));

codecProperties(codec, [neighbour, returned]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("amazon-shipping", () => {
  test("reads numbers, events and the detail that fits the status", () => {
    const [notice] = noticesOf(neighbour);
    assert.equal(notice?.trackingNumber, "QA9999990151");
    assert.deepEqual(notice?.alternativeNumbers, ["QA9999990152"]);
    assert.deepEqual(notice?.summary, { status: "delivered", reason: "delivered:neighbour", code: "Delivered", time: null });
    assert.deepEqual(
      notice?.events.map(({ status, code, country }) => [status, code, country]),
      [
        ["delivered", "Delivered", "GB"],
        ["delivery_attempt_failed", "DeliveryAttempted", "GB"],
        ["unknown", null, null],
      ],
    );
    assert.equal(notice?.estimatedDelivery?.instant, Date.UTC(2026, 10, 11, 20));
  });

  test("keeps who received it and where in fields, and the image's link out", () => {
    const [notice] = noticesOf(neighbour);
    assert.deepEqual(notice?.fields, [
      { category: "name", role: "signatory", value: "Ottoline Frith" },
      { category: "location", role: "recipient", value: "53.7443,-0.3325" },
    ]);
    assert.ok(!JSON.stringify(notice).includes("pod.example.org"));
  });

  test("takes a delivery on the way back for a return", () => {
    const [notice] = noticesOf(returned);
    assert.deepEqual(
      notice?.events.map(({ status }) => status),
      ["returned", "exception"],
    );
    assert.equal(notice?.summary?.status, "returned");
  });

  test("accepts an error, and refuses an answer without a number", () => {
    assert.deepEqual(decodeJson({ errors: [{ code: "NotFound" }] }), { ok: true, messageId: null, notices: [] });
    assert.deepEqual(decodeJson({ payload: { eventHistory: [] } }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson([]), { ok: false, reason: "unknown-shape" });
  });
});
