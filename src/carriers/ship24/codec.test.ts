import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const webhook = readFileSync(new URL("fixtures/webhook-new-events.json", import.meta.url));
const answer = readFileSync(new URL("fixtures/answer-delivered-signed.json", import.meta.url));

codecProperties(codec, [webhook, answer]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("ship24", () => {
  test("reads a webhook with the tracker's number first and the others beside it", () => {
    const decoded = codec.decode(webhook);
    assert.ok(decoded.ok);
    assert.equal(decoded.messageId, "8d0b4c5e-12ab-4f77-a0a4-5d0d7e9b1c20");
    const [notice] = decoded.notices;
    assert.equal(notice?.carrier, "china-post");
    assert.equal(notice?.trackingNumber, "LX999900017CN");
    assert.deepEqual(notice?.alternativeNumbers, ["9400100000000000000017"]);
    assert.deepEqual(notice?.orderReferences, ["#5530"]);
    assert.deepEqual(notice?.summary, { status: "delivery_attempt_failed", reason: null, code: "delivery_attempted", time: null });
    assert.deepEqual(notice?.fields, []);
  });

  test("reads the status code where it is known and the milestone elsewhere", () => {
    const events = noticesOf(webhook)[0]?.events.map(({ status, reason, code }) => ({ status, reason, code }));
    assert.deepEqual(events, [
      { status: "delivery_attempt_failed", reason: null, code: "delivery_attempted" },
      { status: "out_for_delivery", reason: null, code: "out_for_delivery" },
      { status: "exception", reason: "customs:held", code: "customs_exception" },
      { status: "unknown", reason: null, code: null },
    ]);
  });

  test("believes an offset, and a Z only beside an offset", () => {
    const times = noticesOf(webhook)[0]?.events.map(({ time }) => `${time?.local} ${time?.zone} ${time?.confidence}`);
    assert.deepEqual(times, [
      "2026-11-09T10:12:57 Z stated",
      "2026-11-09T07:01:00 null none",
      "2026-11-05T07:01:00 +08:00 stated",
      "2026-11-04T00:00:00 null none",
    ]);
    assert.equal(noticesOf(webhook)[0]?.estimatedDelivery?.confidence, "none");
  });

  test("identifies an event by Ship24's id, else by what it says", () => {
    const identities = noticesOf(webhook)[0]?.events.map(({ identity }) => identity);
    assert.deepEqual(identities, ["e1", "e2", "2026-11-05T07:01:00+08:00|LX999900017CN|Shanghai|Held by customs", "e4"]);
  });

  test("reads the recipient and who signed", () => {
    const decoded = codec.decode(answer);
    assert.ok(decoded.ok);
    assert.equal(decoded.messageId, null);
    assert.deepEqual(decoded.notices[0], {
      kind: "tracking",
      carrier: "royalmail",
      trackingNumber: "JJD000999900000000017",
      discriminator: null,
      alternativeNumbers: [],
      parentNumber: null,
      orderReferences: ["5531"],
      events: [
        {
          status: "delivered",
          reason: null,
          code: "delivery_delivered",
          time: { text: "2026-11-02T10:14:00", local: "2026-11-02T10:14:00", zone: null, confidence: "none", instant: null },
          country: null,
          identity: "e9",
          text: "Delivered and signed for by O RIAIN",
        },
      ],
      summary: { status: "delivered", reason: null, code: "delivery_delivered", time: null },
      estimatedDelivery: { text: "2026-11-02T11:00:00", local: "2026-11-02T11:00:00", zone: null, confidence: "none", instant: null },
      fields: [
        { category: "name", role: "recipient", value: "Siobhán Ó Riain" },
        { category: "street", role: "recipient", value: "999 Quay Lane" },
        { category: "postalCode", role: "recipient", value: "BS1 9ZZ" },
        { category: "city", role: "recipient", value: "Bristol" },
        { category: "name", role: "signatory", value: "Siobhán Ó Riain" },
      ],
    });
    assert.deepEqual(decoded.notices[1]?.summary, { status: "not_found", reason: null, code: "pending", time: null });
  });

  test("refuses all trackings when one has no number", () => {
    const half = decodeJson({ trackings: [{ tracker: { trackingNumber: "1" } }, { tracker: {} }] });
    assert.deepEqual(half, { ok: false, reason: "unknown-shape" });
  });
});
