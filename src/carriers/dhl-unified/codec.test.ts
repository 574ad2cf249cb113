import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const answer = readFileSync(new URL("fixtures/answer-out-for-delivery.json", import.meta.url));
const push = readFileSync(new URL("fixtures/push-delivered.json", import.meta.url));
const inLocker = readFileSync(new URL("fixtures/answer-parcel-in-locker.json", import.meta.url));
const unknownShape = { ok: false, reason: "unknown-shape" };

codecProperties(codec, [answer, push, inLocker]);

function noticeOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices[0]!;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("dhl-unified", () => {
  test("reads the numbers, references and current status of an answer", () => {
    const notice = noticeOf(answer);
    assert.equal(notice.carrier, "dhl-unified");
    assert.equal(notice.trackingNumber, "8899001122");
    assert.deepEqual(notice.alternativeNumbers, ["JD010000000000000001"]);
    assert.deepEqual(notice.orderReferences, ["DEPIT-20044"]);
    assert.equal(notice.summary?.status, "out_for_delivery");
    assert.equal(notice.summary?.code, "OUT FOR DELIVERY");
    assert.equal(notice.summary?.time?.instant, Date.UTC(2026, 10, 5, 6, 41, 10));
    assert.equal(notice.estimatedDelivery?.instant, Date.UTC(2026, 10, 5, 16));
  });

  test("lets a status word refine its code, never contradict it", () => {
    const read = (body: Uint8Array) => noticeOf(body).events.map(({ status, reason, code, country }) => [status, reason, code, country]);
    assert.deepEqual(read(answer), [
      ["out_for_delivery", null, "OUT FOR DELIVERY", "DE"],
      ["in_transit", null, "transit", "DE"],
      ["info_received", null, "pre-transit", null],
      ["unknown", null, null, null],
    ]);
    assert.deepEqual(read(push), [
      ["delivered", null, "DELIVERED", null],
      ["delivery_attempt_failed", null, "DELIVERY ATTEMPTED", null],
      ["returned", null, "RETURNED TO SENDER", null],
    ]);
  });

  test("takes a missing offset only from a status block with the same digits", () => {
    const times = noticeOf(answer).events.map(({ time }) => time && [time.text, time.zone, time.confidence]);
    assert.deepEqual(times, [
      ["2026-11-05T07:41:10+01:00", "+01:00", "stated"],
      ["2026-11-04T23:05:00", null, "none"],
      ["2026-11-03T10:00:00Z", "Z", "stated"],
      null,
    ]);
  });

  test("keeps places in the identity and DHL's words in the text", () => {
    const [first, second] = noticeOf(answer).events;
    assert.equal(first?.identity, "2026-11-05T07:41:10|transit|Out for delivery|DE|04435|LEIPZIG|With the courier for Wilhelmine");
    assert.equal(first?.text, "With the courier for Wilhelmine");
    assert.equal(second?.text, "Arrived at the hub of Wilhelmine");
  });

  test("reads the people, a street inside a locality, and links", () => {
    assert.deepEqual(noticeOf(answer).fields, [
      { category: "name", role: "recipient", value: "Wilhelmine Erdacht-Şahin" },
      { category: "street", role: "recipient", value: "Erfundene Gasse 7, WEIMAR" },
      { category: "postalCode", role: "recipient", value: "99998" },
      { category: "organisation", role: "sender", value: "Kaarsenmakerij De Pit" },
      { category: "street", role: "sender", value: "Verzonnenkade 12, ZAANDAM" },
      { category: "postalCode", role: "sender", value: "1999 ZZ" },
      { category: "accessLink", role: "recipient", value: "https://www.dhl.example/track?id=8899001122" },
      { category: "accessLink", role: "recipient", value: "https://www.dhl.example/track?id=8899001122&tab=reroute" },
    ]);
  });

  test("reads a push: who signed, several references, pieces left alone", () => {
    const notice = noticeOf(push);
    assert.equal(notice.trackingNumber, "00399999990000000017");
    assert.deepEqual(notice.alternativeNumbers, ["LT123456785DE"]);
    assert.deepEqual(notice.orderReferences, ["B-881"]);
    assert.equal(notice.estimatedDelivery?.instant, Date.UTC(2026, 10, 6, 14));
    assert.deepEqual(notice.fields, [
      { category: "city", role: "recipient", value: "WEIMAR" },
      { category: "postalCode", role: "recipient", value: "99998" },
      { category: "name", role: "signatory", value: "Ottokar Niemand" },
      { category: "accessLink", role: "recipient", value: "https://pod.dhl.example/17" },
    ]);
  });

  test("reads DHL Paket's own event where the status code does not contradict it", () => {
    const notice = noticeOf(inLocker);
    assert.deepEqual(
      notice.events.map(({ status, reason, code }) => [status, reason, code]),
      [
        ["available_for_pickup", null, "HLDCC"],
        ["delivery_attempt_failed", "recipient:absent", "NTDEL_NHOME"],
        ["out_for_delivery", null, "SRTED_NRQRD_PO"],
        ["in_transit", null, "MVARR"],
        ["in_transit", null, "transit"],
        ["in_transit", null, "transit"],
        ["info_received", null, "pre-transit"],
      ],
    );
    assert.deepEqual([notice.summary?.status, notice.summary?.code], ["available_for_pickup", "HLDCC"]);
  });

  test("does not read DHL Paket's events into another division's answer", () => {
    const other = decodeJson({ id: "1234567890", service: "express", status: { statusCode: "transit", statusDetailed: "HLDCC_LDPCK_LA" } });
    assert.ok(other.ok);
    assert.equal(other.notices[0]?.summary?.status, "in_transit");
  });

  test("reads addresses of people and the locker, and leaves the routing code and account numbers alone", () => {
    const notice = noticeOf(inLocker);
    assert.deepEqual(notice.orderReferences, ["NEBEL-77"]);
    assert.deepEqual(notice.alternativeNumbers, []);
    assert.deepEqual(notice.fields, [
      { category: "name", role: "recipient", value: "Hedwig Erdacht" },
      { category: "street", role: "recipient", value: "Luftschlossweg" },
      { category: "postalCode", role: "recipient", value: "99998" },
      { category: "street", role: "recipient", value: "Luftschlossweg, Hinterhaus" },
      { category: "city", role: "recipient", value: "Weimar" },
      { category: "region", role: "recipient", value: "Thüringen" },
      { category: "organisation", role: "sender", value: "Papiermühle Nebel" },
      { category: "organisation", role: "pickup_point", value: "Packstation 998" },
      { category: "accessLink", role: "pickup_point", value: "https://www.dhl.example/orte?address=99998:998" },
    ]);
  });

  test("takes an estimate at midnight for a day and its zone for nothing", () => {
    const { estimatedDelivery } = noticeOf(inLocker);
    assert.deepEqual(
      [estimatedDelivery?.local, estimatedDelivery?.zone, estimatedDelivery?.confidence],
      ["2026-11-12T00:00:00", null, "none"],
    );
  });

  test("reads a delivery to the sender as returned and a return on its way as returning", () => {
    const returning = (statusCode: string) => {
      const status = { timestamp: "2026-11-12T12:08:00", statusCode };
      const decoded = decodeJson({ shipments: [{ id: "00399999990000000031", returnFlag: true, status, events: [status] }] });
      assert.ok(decoded.ok);
      const { summary, events } = decoded.notices[0]!;
      return [summary, events[0]].map((stated) => [stated?.status, stated?.reason]);
    };
    assert.deepEqual(returning("delivered"), [
      ["returned", null],
      ["returned", null],
    ]);
    assert.deepEqual(returning("transit"), [
      ["exception", "transit:returning"],
      ["in_transit", null],
    ]);
  });

  test("accepts a message about the subscription without looking into it", () => {
    const message = decodeJson({ scope: "subscription.failure", secret: "geheim", failure: { status: 404 } });
    assert.deepEqual(message, { ok: true, messageId: null, notices: [] });
  });

  test("accepts a bare shipment and an empty list", () => {
    const bare = decodeJson({ id: "1234567890", status: { statusCode: "transit" } });
    assert.ok(bare.ok);
    assert.deepEqual(bare.notices[0]?.summary, { status: "in_transit", reason: null, code: "transit", time: null });
    assert.deepEqual(decodeJson({ shipments: [] }), { ok: true, messageId: null, notices: [] });
  });

  test("reads a number without its quotes as it stands", () => {
    const decoded = codec.decode(Buffer.from('{"id":340434161094015902999,"events":[]}'));
    assert.ok(decoded.ok);
    assert.equal(decoded.notices[0]!.trackingNumber, "340434161094015902999");
  });

  test("refuses a shipment without a number and an error answer", () => {
    assert.deepEqual(decodeJson({ shipments: [{ events: [] }] }), unknownShape);
    assert.deepEqual(decodeJson({ id: "x", title: "No result found", status: 404 }), unknownShape);
  });
});

describe("dhl-unified: the divisions' own codes", () => {
  const statusOf = (service: string, part: object) => {
    const decoded = codec.decode(Buffer.from(JSON.stringify({ id: "99990000012", service, status: part, events: [] })));
    assert.ok(decoded.ok);
    const { status, reason, code } = decoded.notices[0]!.summary!;
    return [status, reason, code];
  };

  test("says more than the statusCode, in whichever field the code stands", () => {
    assert.deepEqual(statusOf("ecommerce", { statusCode: "transit", status: "597" }), ["out_for_delivery", null, "597"]);
    assert.deepEqual(statusOf("parcel-nl", { statusCode: "failure", statusDetailed: "NOT_HOME" }), [
      "delivery_attempt_failed",
      "recipient:absent",
      "NOT_HOME",
    ]);
    assert.deepEqual(statusOf("express", { statusCode: "OH", status: "On hold" }), ["exception", null, "OH"]);
  });

  test("takes what was handed to a shop or locker for waiting there, though DHL counts it as delivered", () => {
    assert.deepEqual(statusOf("ecommerce-europe", { statusCode: "delivered", status: "44" }), ["available_for_pickup", null, "44"]);
  });

  test("does not deliver by a code what the statusCode says is on its way, nor read one division's code as another's", () => {
    assert.deepEqual(statusOf("ecommerce", { statusCode: "transit", status: "600" }), ["in_transit", null, "transit"]);
    assert.deepEqual(statusOf("freight", { statusCode: "transit", status: "597" }), ["in_transit", null, "transit"]);
  });
});
