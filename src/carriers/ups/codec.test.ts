import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const alert = readFileSync(new URL("fixtures/track-alert-delivered.json", import.meta.url));
const answer = readFileSync(new URL("fixtures/track-answer-two-packages.json", import.meta.url));

codecProperties(codec, [alert, answer]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("ups", () => {
  test("reads a delivery push with its instant and who took the parcel", () => {
    assert.deepEqual(codec.decode(alert), {
      ok: true,
      messageId: null,
      notices: [
        {
          kind: "tracking",
          carrier: "ups",
          trackingNumber: "1Z8V92A70367203024",
          discriminator: null,
          alternativeNumbers: ["1RAB1234567890CD"],
          parentNumber: null,
          orderReferences: [],
          events: [
            {
              status: "delivered",
              reason: null,
              code: "FS",
              time: {
                text: "20261104T130512Z",
                local: "2026-11-04T13:05:12",
                zone: "Z",
                confidence: "stated",
                instant: Date.UTC(2026, 10, 4, 13, 5, 12),
              },
              country: "NL",
              identity: "20261104|140512|D|FS|UTRECHT|NL",
              text: "Delivered",
            },
          ],
          summary: null,
          estimatedDelivery: { text: "20261104T150000", local: "2026-11-04T15:00:00", zone: null, confidence: "none", instant: null },
          fields: [{ category: "name", role: "signatory", value: "VAN DER ZANDEN" }],
        },
      ],
    });
  });

  test("reads the packages of a shipment, the second as a piece of the first", () => {
    const [first, second] = noticesOf(answer);
    assert.equal(first?.trackingNumber, "1Z8V92A70367203024");
    assert.equal(first?.parentNumber, null);
    assert.deepEqual(first?.alternativeNumbers, ["92419900000000000000000017"]);
    assert.deepEqual(first?.orderReferences, ["BESTELLING-5521"]);
    assert.deepEqual(first?.summary, { status: "out_for_delivery", reason: null, code: "OT", time: null });
    assert.equal(first?.estimatedDelivery?.local, "2026-11-04T15:00:00");
    assert.equal(second?.trackingNumber, "1Z8V92A70367203033");
    assert.equal(second?.parentNumber, "1Z8V92A70367203024");
    assert.deepEqual(second?.summary, { status: "info_received", reason: null, code: "MP", time: null });
    assert.deepEqual(second?.events, []);
  });

  test("takes one object for a list of one, as systems that make JSON out of XML write it", () => {
    const activity = { date: "20261104", time: "140512", gmtDate: "20261104", gmtTime: "13:05:12", status: { type: "D", code: "FS" } };
    const item = { trackingNumber: "1Z8V92A70367203024", activity };
    const one = decodeJson({ trackResponse: { shipment: { inquiryNumber: "1Z8V92A70367203024", package: item } } });
    const many = decodeJson({
      trackResponse: { shipment: [{ inquiryNumber: "1Z8V92A70367203024", package: [{ ...item, activity: [activity] }] }] },
    });
    assert.deepEqual(one, many);
    assert.ok(one.ok);
    assert.deepEqual(
      one.notices.flatMap(({ events }) => events.map(({ status, time }) => [status, time?.instant])),
      [["delivered", Date.UTC(2026, 10, 4, 13, 5, 12)]],
    );
  });

  test("names only codes that it knows and goes down to the coarser one", () => {
    const events = noticesOf(answer)[0]?.events.map(({ status, reason, code, country }) => ({ status, reason, code, country }));
    assert.deepEqual(events, [
      { status: "out_for_delivery", reason: null, code: "021", country: "NL" },
      { status: "exception", reason: "customs:held", code: "058", country: "DE" },
      { status: "unknown", reason: null, code: null, country: null },
    ]);
  });

  test("fixes an instant by the GMT pair or by an offset and by nothing else", () => {
    const times = noticesOf(answer)[0]?.events.map(({ time }) => ({ local: time?.local, zone: time?.zone, confidence: time?.confidence }));
    assert.deepEqual(times, [
      { local: "2026-11-04T05:47:00", zone: "Z", confidence: "stated" },
      { local: "2026-11-03T22:15:00", zone: null, confidence: "none" },
      { local: "2026-11-02T18:00:00", zone: "+01:00", confidence: "stated" },
    ]);
  });

  test("gives each side of the shipment its own fields and drops the sandbox's placeholder", () => {
    assert.deepEqual(noticesOf(answer)[0]?.fields, [
      { category: "name", role: "sender", value: "Magazijn" },
      { category: "organisation", role: "sender", value: "Kaarsenmakerij De Pit" },
      { category: "street", role: "sender", value: "Industrieweg 4" },
      { category: "postalCode", role: "sender", value: "2802 AA" },
      { category: "city", role: "sender", value: "Gouda" },
      { category: "name", role: "recipient", value: "Jolanda Verweij" },
      { category: "street", role: "recipient", value: "Oudegracht 999, 2e bel" },
      { category: "postalCode", role: "recipient", value: "3511 ZZ" },
      { category: "city", role: "recipient", value: "Utrecht" },
      { category: "region", role: "recipient", value: "UT" },
      { category: "freeText", role: "recipient", value: "Front Door" },
    ]);
  });

  test("reports a number that UPS does not know as not found", () => {
    const notice = noticesOf(answer)[2];
    assert.equal(notice?.trackingNumber, "1Z8V92A70367209999");
    assert.deepEqual(notice?.summary, { status: "not_found", reason: null, code: null, time: null });
  });

  test("gives a scan the same identity in a push and in an answer", () => {
    const status = { type: "I", code: "OT", description: "Out for Delivery" };
    const push = decodeJson({
      trackingNumber: "1Z8V92A70367203024",
      localActivityDate: "20261104",
      localActivityTime: "064700",
      activityLocation: { city: "Nieuwegein", country: "NL" },
      activityStatus: status,
    });
    const polled = decodeJson({
      trackResponse: {
        shipment: [
          {
            inquiryNumber: "1Z8V92A70367203024",
            package: [
              { activity: [{ date: "20261104", time: "64700", location: { address: { city: "NIEUWEGEIN", countryCode: "NL" } }, status }] },
            ],
          },
        ],
      },
    });
    assert.ok(push.ok && polled.ok);
    assert.equal(push.notices[0]?.events[0]?.identity, polled.notices[0]?.events[0]?.identity);
  });

  test("reads an array of pushes, and none of them when one is not a push", () => {
    const push: unknown = JSON.parse(alert.toString());
    const both = decodeJson([push, push]);
    assert.ok(both.ok);
    assert.equal(both.notices.length, 2);
    assert.deepEqual(decodeJson([push, { trackingNumber: "1Z8V92A70367203024" }]), { ok: false, reason: "unknown-shape" });
  });

  test("refuses a package without any number", () => {
    assert.deepEqual(decodeJson({ trackResponse: { shipment: [{ package: [{ activity: [] }] }] } }), {
      ok: false,
      reason: "unknown-shape",
    });
  });
});
