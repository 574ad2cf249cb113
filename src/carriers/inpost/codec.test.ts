import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}.json`, import.meta.url));
const webhook = fixture("shipx-status-changed");
const tracking = fixture("shipx-tracking");
const push = fixture("group-push-delivered");
const answer = fixture("group-answer");

codecProperties(codec, [webhook, tracking, push, answer]);

function decoded(body: Uint8Array) {
  const result = codec.decode(body);
  assert.ok(result.ok);
  return result;
}

describe("inpost", () => {
  test("reads a webhook of ShipX: a number and a status, and nobody", () => {
    const [notice] = decoded(webhook).notices;
    assert.equal(notice?.carrier, "inpost");
    assert.equal(notice.trackingNumber, "699999999999999999999901");
    assert.deepEqual(
      notice.events.map(({ status, code, time }) => [status, code, time?.instant]),
      [["available_for_pickup", "ready_to_pickup", Date.UTC(2026, 10, 12, 8, 4, 5)]],
    );
    assert.deepEqual(notice.fields, []);
  });

  test("reads an answer of ShipX, and gives what the webhook told the same identity", () => {
    const [notice] = decoded(tracking).notices;
    assert.deepEqual(notice?.summary, { status: "delivered", reason: null, code: "delivered", time: null });
    assert.deepEqual(
      notice.events.map(({ status, time }) => [status, time?.zone ?? null, time?.confidence]),
      [
        ["delivered", "+01:00", "stated"],
        ["available_for_pickup", "+01:00", "stated"],
        ["in_transit", "Europe/Warsaw", "habit"],
        ["unknown", null, undefined],
      ],
    );
    assert.equal(notice.events[1]?.identity, decoded(webhook).notices[0]?.events[0]?.identity);
  });

  test("takes the locker for the person's pickup point and leaves its coordinates alone", () => {
    assert.deepEqual(decoded(tracking).notices[0]?.fields, [
      { category: "organisation", role: "pickup_point", value: "ZMY99A" },
      { category: "street", role: "pickup_point", value: "Zmyślona 7" },
      { category: "city", role: "pickup_point", value: "99-999 Bajkowo" },
    ]);
  });

  test("reads a push of the Group by its event id; the number that it goes back under is another parcel's", () => {
    const { messageId, notices } = decoded(push);
    assert.equal(messageId, "f0000000-2d8c-41da-94c4-3bd93f1451a1#EOL.1004");
    const [notice] = notices;
    assert.equal(notice?.trackingNumber, "699999999999999902");
    assert.deepEqual(notice.alternativeNumbers, []);
    assert.deepEqual(notice.orderReferences, ["ZAM-771"]);
    assert.deepEqual(
      notice.events.map(({ status, reason, country, identity }) => [status, reason, country, identity]),
      [["delivered", "delivered:neighbour", "PL", messageId]],
    );
  });

  test("reads who took it, the courier's note and the address where it was", () => {
    assert.deepEqual(decoded(push).notices[0]?.fields, [
      { category: "name", role: "signatory", value: "Zenon Sąsiad" },
      { category: "freeText", role: "recipient", value: "u sąsiada pod 5" },
      { category: "name", role: "recipient", value: "Zofia Zmyślona" },
      { category: "street", role: "recipient", value: "Bajkowa 3/4" },
      { category: "postalCode", role: "recipient", value: "99-999" },
      { category: "city", role: "recipient", value: "Bajkowo" },
      { category: "freeText", role: "recipient", value: "domofon 44" },
    ]);
  });

  test("reads several pushes in one body", () => {
    const { messageId, notices } = decoded(Buffer.from(`[${push.toString()},${push.toString()}]`));
    assert.equal(messageId, null);
    assert.deepEqual(
      notices.map(({ events }) => events[0]?.identity),
      Array(2).fill("f0000000-2d8c-41da-94c4-3bd93f1451a1#EOL.1004"),
    );
  });

  test("reads an answer of the Group; a redirection to a locker is not the parcel in it", () => {
    const [first, second] = decoded(answer).notices;
    assert.deepEqual(
      first?.events.map(({ status, reason, code, time }) => [status, reason, code, time?.confidence]),
      [
        ["info_received", null, "CRE.1001", "stated"],
        ["in_transit", "transit:forwarded", "LMD.3014", "place"],
        ["available_for_pickup", null, "LMD.1005", "stated"],
        ["unknown", null, null, undefined],
      ],
    );
    assert.deepEqual(first.summary?.code, "LMD.1005");
    assert.equal(first.fields[0]?.value, "ZMY99A");
    assert.deepEqual([second?.summary?.status, second?.events[0]?.status], ["exception", "returned"]);
  });

  test("accepts a message about offers and refuses what is none of these", () => {
    const offers = '{"event_ts":"2026-11-12 09:04:05 +0100","event":"offers_prepared","payload":{"shipment_id":4999,"offers":[]}}';
    assert.deepEqual(codec.decode(Buffer.from(offers)), { ok: true, messageId: null, notices: [] });
    for (const body of [
      "{}",
      "[]",
      "[{}]",
      '{"event":"x"}',
      '{"eventCode":"EOL.1001"}',
      '{"parcels":[{"events":[]}]}',
      '{"tracking_details":[]}',
    ])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: false, reason: "unknown-shape" });
  });
});
