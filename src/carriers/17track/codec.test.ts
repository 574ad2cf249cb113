import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const webhook = readFileSync(new URL("fixtures/webhook-attempt-failed.json", import.meta.url));
const answer = readFileSync(new URL("fixtures/answer-one-rejected.json", import.meta.url));

codecProperties(codec, [webhook, answer]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("17track", () => {
  test("reads numbers, references and the current status", () => {
    const [notice, ...others] = noticesOf(webhook);
    assert.deepEqual(others, []);
    assert.equal(notice?.trackingNumber, "RR999900019CN");
    assert.equal(notice?.carrier, "china-post");
    assert.deepEqual(notice?.alternativeNumbers, ["LX999900019PT"]);
    assert.deepEqual(notice?.orderReferences, ["SO-7719", "REF-19"]);
    assert.equal(notice?.summary?.status, "delivery_attempt_failed");
    assert.equal(notice?.summary?.reason, "recipient:absent");
    assert.equal(notice?.estimatedDelivery?.text, "2026-11-13");
  });

  test("reads the events of every provider, by sub-status where it is known and by stage elsewhere", () => {
    const events = noticesOf(webhook)[0]?.events.map(({ status, code, country }) => ({ status, code, country }));
    assert.deepEqual(events, [
      { status: "in_transit", code: "InTransit_PickedUp", country: "CN" },
      { status: "delivery_attempt_failed", code: "DeliveryFailure_NoBody", country: "PT" },
      { status: "in_transit", code: "Arrival", country: null },
    ]);
  });

  test("believes an offset, and the Z of time_utc only where there is nothing else", () => {
    const times = noticesOf(webhook)[0]?.events.map(({ time }) => `${time?.local} ${time?.zone} ${time?.confidence}`);
    assert.deepEqual(times, ["2026-11-02T09:00:00 +08:00 stated", "2026-11-12T11:20:00 null none", "2026-11-11T23:59:00 Z stated"]);
  });

  test("keeps the address in fields and a name in the text", () => {
    const [notice] = noticesOf(webhook);
    assert.deepEqual(notice?.fields, [
      { category: "street", role: "recipient", value: "Rua da Salina 991" },
      { category: "postalCode", role: "recipient", value: "8800-999" },
      { category: "city", role: "recipient", value: "Tavira" },
      { category: "region", role: "recipient", value: "Faro" },
      { category: "location", role: "recipient", value: "37.1200,-7.6500" },
      { category: "city", role: "sender", value: "Ningbo" },
    ]);
    assert.equal(notice?.events[1]?.text, "Não atendido: Sra. Benedita Falcão");
    assert.ok(!JSON.stringify(notice).includes("autumn gifts"));
  });

  test("reads an answer with one number that it has nothing about", () => {
    const [returned, rejected] = noticesOf(answer);
    assert.equal(returned?.summary?.status, "returned");
    assert.equal(returned?.carrier, "ups");
    assert.equal(rejected?.trackingNumber, "99999");
    assert.equal(rejected?.summary?.status, "not_found");
  });

  test("accepts that tracking stopped and refuses an update without a number", () => {
    assert.deepEqual(decodeJson({ event: "TRACKING_STOPPED", data: { number: "X1", carrier: 3011 } }), {
      ok: true,
      messageId: null,
      notices: [],
    });
    assert.deepEqual(decodeJson({ event: "TRACKING_UPDATED", data: { carrier: 3011 } }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ code: 0, data: {} }), { ok: false, reason: "unknown-shape" });
  });
});
