import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const tracking = readFileSync(new URL("fixtures/tracking-two-consignments.json", import.meta.url));
const cast = readFileSync(new URL("fixtures/event-cast-ready.json", import.meta.url));

codecProperties(codec, [tracking, cast]);

function decoded(body: Uint8Array) {
  const answer = codec.decode(body);
  assert.ok(answer.ok);
  return answer;
}

describe("bring", () => {
  test("reads each package, the only one of a consignment under both numbers, and passes over an error among them", () => {
    const { notices } = decoded(tracking);
    assert.deepEqual(
      notices.map(({ trackingNumber, alternativeNumbers, parentNumber }) => [trackingNumber, alternativeNumbers, parentNumber]),
      [
        ["370799999999999901", ["70799999999999901"], null],
        ["370799999999999902", [], "70799999999999902"],
        ["370799999999999903", ["370799999999999904"], "70799999999999902"],
      ],
    );
    assert.equal(notices[0]?.carrier, "bring");
    assert.deepEqual(notices[0]?.orderReferences, ["ULL-88"]);
    assert.deepEqual([notices[0]?.estimatedDelivery?.local, notices[0]?.estimatedDelivery?.confidence], ["2026-11-13T00:00:00", "habit"]);
  });

  test("reads events; ready at the pickup point is not delivered, and a message to the recipient is no scan", () => {
    const statuses = decoded(tracking).notices.map(({ events }) => events.map(({ status, reason, code }) => [status, reason, code]));
    assert.deepEqual(statuses, [
      [
        ["available_for_pickup", null, "READY_FOR_PICKUP"],
        ["unknown", null, "NOTIFICATION_SENT"],
        ["in_transit", null, "TERMINAL"],
        ["unknown", null, null],
      ],
      [["delivered", null, "DELIVERED"]],
      [["exception", "transit:returning", "RETURN"]],
    ]);
  });

  test("takes the displayed time, which is Norwegian, only where there is no other", () => {
    const times = decoded(tracking).notices[0]!.events.map(({ time }) => time && [time.local, time.zone, time.confidence]);
    assert.deepEqual(times, [
      ["2026-11-12T09:04:00", "+01:00", "stated"],
      ["2026-11-12T09:05:00", "+01:00", "stated"],
      ["2026-11-11T22:10:00", "Europe/Oslo", "habit"],
      null,
    ]);
  });

  test("reads the people and who signed, and not the code that fetches the parcel", () => {
    const [first, second] = decoded(tracking).notices;
    assert.deepEqual(first?.fields, [
      { category: "name", role: "recipient", value: "Øystein Oppdiktet" },
      { category: "street", role: "recipient", value: "Eventyrgata 7, H0201" },
      { category: "postalCode", role: "recipient", value: "9999" },
      { category: "city", role: "recipient", value: "BÅTSFJORD" },
      { category: "organisation", role: "sender", value: "Ullbutikken Oppdikt" },
      { category: "street", role: "sender", value: "Fantasiveien 2" },
      { category: "postalCode", role: "sender", value: "0199" },
      { category: "city", role: "sender", value: "OSLO" },
    ]);
    assert.deepEqual(second?.fields, [
      { category: "name", role: "signatory", value: "Ø OPPDIKTET" },
      { category: "accessLink", role: "signatory", value: "https://tracking.bring.example/sign/1" },
    ]);
  });

  test("gives an event of Event Cast the identity that the Tracking API's has", () => {
    const { notices, messageId } = decoded(cast);
    assert.equal(messageId, null);
    assert.equal(notices[0]?.trackingNumber, "370799999999999901");
    assert.equal(notices[0].parentNumber, "70799999999999901");
    assert.equal(notices[0].events[0]?.status, "available_for_pickup");
    assert.equal(notices[0].events[0].time?.instant, Date.UTC(2026, 10, 12, 8, 4));
    assert.equal(notices[0].events[0].identity, decoded(tracking).notices[0]?.events[0]?.identity);
  });

  test("reads a message that Bring has no such parcel", () => {
    const [notice] = decoded(
      Buffer.from('{"status":"NOT_REGISTERED","shipment":"70799999999999905","created":"2026-11-12T08:04:00+0000"}'),
    ).notices;
    assert.deepEqual([notice?.trackingNumber, notice?.events[0]?.status], ["70799999999999905", "not_found"]);
  });

  test("accepts an answer of errors alone and refuses what is neither form", () => {
    assert.deepEqual(codec.decode(Buffer.from('{"consignmentSet":[{"error":{"code":404}}]}')), { ok: true, messageId: null, notices: [] });
    for (const body of ["{}", '{"status":"DELIVERED"}', '{"consignmentSet":[{"packageSet":[{"eventSet":[]},{}]}]}'])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: false, reason: "unknown-shape" });
  });
});
