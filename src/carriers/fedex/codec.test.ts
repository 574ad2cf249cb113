import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const push = readFileSync(new URL("fixtures/webhook-attempt-and-hold.json", import.meta.url));
const reused = readFileSync(new URL("fixtures/answer-reused-number.json", import.meta.url));

codecProperties(codec, [push, reused]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("fedex", () => {
  test("reads the numbers, references and current status of a push", () => {
    const notices = noticesOf(push);
    assert.equal(notices.length, 1);
    const [notice] = notices;
    assert.equal(notice?.carrier, "fedex");
    assert.equal(notice?.trackingNumber, "794612345678");
    assert.equal(notice?.discriminator, "2461349000~794612345678~FX");
    assert.equal(notice?.parentNumber, "794612345667");
    assert.deepEqual(notice?.alternativeNumbers, []);
    assert.deepEqual(notice?.orderReferences, ["DEPIT-10077", "DEPIT-10078"]);
    assert.deepEqual(notice?.summary, { status: "available_for_pickup", reason: null, code: "HL", time: null });
    assert.equal(notice?.estimatedDelivery?.instant, Date.UTC(2026, 10, 5, 17));
  });

  test("lets the scan's own code go before the derived one and reads why a delivery failed", () => {
    const events = noticesOf(push)[0]?.events.map(({ status, reason, code, country }) => ({ status, reason, code, country }));
    assert.deepEqual(events, [
      { status: "available_for_pickup", reason: null, code: "HL", country: "NL" },
      { status: "delivery_attempt_failed", reason: "recipient:absent", code: "DE", country: "NL" },
      { status: "out_for_delivery", reason: null, code: "OD", country: "NL" },
      { status: "in_transit", reason: "weather:delayed", code: "IT", country: null },
      { status: "in_transit", reason: null, code: "PU", country: "NL" },
      { status: "info_received", reason: null, code: "OC", country: null },
    ]);
  });

  test("takes a missing offset only from the field that states the same fact", () => {
    const times = noticesOf(push)[0]?.events.map(({ time }) => `${time?.local} ${time?.zone}`);
    assert.deepEqual(times?.slice(-2), ["2026-11-03T16:20:00 +01:00", "2026-11-03T09:00:00 null"]);
  });

  test("keeps places in the identity and the carrier's words in the text", () => {
    const attempt = noticesOf(push)[0]?.events[1];
    assert.equal(attempt?.identity, "2026-11-05T11:32:00|DE|08||LEIDEN|2311 ZZ");
    assert.equal(attempt?.text, "Delivery exception: Customer not available or business closed");
  });

  test("reads the people and the place where the parcel waits", () => {
    assert.deepEqual(noticesOf(push)[0]?.fields, [
      { category: "name", role: "recipient", value: "Femke Boersma-Ünal" },
      { category: "phone", role: "recipient", value: "31655500123" },
      { category: "street", role: "recipient", value: "Rapenburg 999" },
      { category: "postalCode", role: "recipient", value: "2311 ZZ" },
      { category: "city", role: "recipient", value: "LEIDEN" },
      { category: "organisation", role: "sender", value: "Kaarsenmakerij De Pit" },
      { category: "street", role: "sender", value: "Industrieweg 4" },
      { category: "postalCode", role: "sender", value: "2802 AA" },
      { category: "city", role: "sender", value: "GOUDA" },
      { category: "freeText", role: "recipient", value: "Cadeau voor Femke" },
      { category: "organisation", role: "pickup_point", value: "Boekhandel Het Anker" },
      { category: "street", role: "pickup_point", value: "Breestraat 1000" },
      { category: "postalCode", role: "pickup_point", value: "2311 XX" },
      { category: "city", role: "pickup_point", value: "LEIDEN" },
    ]);
  });

  test("tells two shipments under one number apart", () => {
    const [recent, old] = noticesOf(reused);
    assert.equal(recent?.trackingNumber, old?.trackingNumber);
    assert.equal(recent?.discriminator, "12026~449044304137821~FDEG");
    assert.equal(old?.discriminator, "12019~449044304137821~FDEG");
    assert.deepEqual(recent?.summary, { status: "delivered", reason: null, code: "DL", time: null });
    assert.deepEqual(old?.summary, { status: "exception", reason: "transit:returning", code: "RS", time: null });
    assert.equal(recent?.events[0]?.time?.instant, Date.UTC(2026, 9, 20, 19, 41, 57));
  });

  test("keeps who received the parcel and where it was left", () => {
    assert.deepEqual(noticesOf(reused)[0]?.fields, [
      { category: "city", role: "recipient", value: "Springfield" },
      { category: "region", role: "recipient", value: "OR" },
      { category: "name", role: "signatory", value: "QPINKWATER" },
      { category: "freeText", role: "recipient", value: "Front Desk" },
    ]);
  });

  test("reads an unknown number as not found and trouble at FedEx as unknown", () => {
    const [, , missing, trouble] = noticesOf(reused);
    assert.equal(missing?.trackingNumber, "794600000001");
    assert.deepEqual(missing?.alternativeNumbers, ["DT999900001111"]);
    assert.deepEqual(missing?.summary, { status: "not_found", reason: null, code: "TRACKING.TRACKINGNUMBER.NOTFOUND", time: null });
    assert.equal(trouble?.trackingNumber, "794600000002");
    assert.deepEqual(trouble?.summary, { status: "unknown", reason: null, code: null, time: null });
  });

  test("accepts a proof of delivery without looking into it", () => {
    const answer = decodeJson({ output: { documentType: "SIGNATURE_PROOF_OF_DELIVERY", documents: ["JVBERi0xLjQK"] } });
    assert.deepEqual(answer, { ok: true, messageId: null, notices: [] });
  });

  test("accepts results without the outer envelope", () => {
    const bare = decodeJson({ trackingNumber: "794612345678", trackResults: [{ latestStatusDetail: { code: "IT" } }] });
    assert.ok(bare.ok);
    assert.equal(bare.notices[0]?.trackingNumber, "794612345678");
  });

  test("refuses a result without any number", () => {
    const nameless = decodeJson({ output: { completeTrackResults: [{ trackResults: [{ scanEvents: [] }] }] } });
    assert.deepEqual(nameless, { ok: false, reason: "unknown-shape" });
  });
});
