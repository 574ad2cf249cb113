import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const answer = readFileSync(new URL("fixtures/at-pickup-point.xml", import.meta.url));
const delivered = readFileSync(new URL("fixtures/delivered-other-prefixes.xml", import.meta.url));

codecProperties(codec, [answer, delivered]);

function noticeOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices[0]!;
}

describe("bpost", () => {
  test("reads the number, the reference and the planned delivery", () => {
    const notice = noticeOf(answer);
    assert.equal(notice.carrier, "bpost");
    assert.equal(notice.trackingNumber, "323299990000000000112233");
    assert.deepEqual(notice.orderReferences, ["LONT-5521"]);
    assert.equal(notice.estimatedDelivery?.instant, Date.UTC(2026, 10, 5, 12));
    assert.equal(notice.summary, null);
  });

  test("reads states, an unlisted one as unknown and without its code", () => {
    const events = noticeOf(answer).events.map(({ status, reason, code, time }) => [status, reason, code, time?.instant]);
    assert.deepEqual(events, [
      ["in_transit", null, "T00", Date.UTC(2026, 10, 4, 21, 10, 5)],
      ["out_for_delivery", null, "L00", Date.UTC(2026, 10, 5, 6, 2, 11, 250)],
      ["unknown", null, null, null],
      ["available_for_pickup", null, "N74", Date.UTC(2026, 10, 5, 15, 30)],
    ]);
  });

  test("keeps places in the identity and the words in the text", () => {
    const [sorted, , unlisted] = noticeOf(answer).events;
    assert.equal(sorted?.identity, "2026-11-04T22:10:05|T00|BRUSSEL X|Sorted - sorted_out");
    assert.equal(sorted?.country, null);
    assert.equal(unlisted?.text, "Asked for by Odile at the door");
    assert.deepEqual([unlisted?.time?.zone, unlisted?.time?.confidence], ["Europe/Brussels", "habit"]);
  });

  test("reads the people, the pickup point and the id of the public page", () => {
    assert.deepEqual(noticeOf(answer).fields, [
      { category: "name", role: "recipient", value: "Odile Vandenverzinne" },
      { category: "freeText", role: "recipient", value: "bureau 405" },
      { category: "street", role: "recipient", value: "Rue Inventée 777" },
      { category: "postalCode", role: "recipient", value: "4000" },
      { category: "city", role: "recipient", value: "Liège" },
      { category: "email", role: "recipient", value: "odile@example.be" },
      { category: "phone", role: "recipient", value: "+32470000999" },
      { category: "organisation", role: "sender", value: "Kaarsenhuis De Lont & Zoon" },
      { category: "street", role: "sender", value: "Verzonnenlaan 901 B2" },
      { category: "postalCode", role: "sender", value: "9000" },
      { category: "city", role: "sender", value: "Gent" },
      { category: "organisation", role: "pickup_point", value: "Librairie du Conte" },
      { category: "street", role: "pickup_point", value: "Place Fictive 888" },
      { category: "postalCode", role: "pickup_point", value: "4020" },
      { category: "city", role: "pickup_point", value: "Liège" },
      { category: "accessLink", role: "recipient", value: "abcinvented" },
    ]);
  });

  test("reads the same under other prefixes, with CDATA and numeric entities, and leaves an image alone", () => {
    const notice = noticeOf(delivered);
    assert.equal(notice.trackingNumber, "323299990000000000998877");
    assert.deepEqual(notice.orderReferences, []);
    assert.equal(notice.estimatedDelivery, null);
    assert.deepEqual(
      notice.events.map(({ status, time }) => [status, time?.local ?? null]),
      [
        ["delivered", "2026-11-10T10:15:00"],
        ["out_for_delivery", null],
      ],
    );
    assert.deepEqual(notice.fields, [
      { category: "name", role: "recipient", value: "Ghislaine d'Huyvettér" },
      { category: "street", role: "recipient", value: "Luchtkasteeldreef 3" },
      { category: "postalCode", role: "recipient", value: "8000" },
      { category: "city", role: "recipient", value: "Brugge" },
      { category: "phone", role: "recipient", value: "0470000998" },
      { category: "organisation", role: "sender", value: 'Boekbinderij "Rug & Snee"' },
      { category: "street", role: "sender", value: "Fabelstraat 1002" },
      { category: "postalCode", role: "sender", value: "3000" },
      { category: "city", role: "sender", value: "Leuven" },
    ]);
  });

  test("refuses other documents, an item without a number, and a document type", () => {
    const reasonOf = (xml: string) => codec.decode(Buffer.from(xml));
    assert.deepEqual(reasonOf("<businessException><code>X</code></businessException>"), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(reasonOf("<itemTracking><itemCode> </itemCode></itemTracking>"), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(reasonOf("<!DOCTYPE itemTracking><itemTracking><itemCode>1</itemCode></itemTracking>"), {
      ok: false,
      reason: "malformed",
    });
  });

  test("refuses an item with too many states", () => {
    const states = "<stateInfo><stateCode>T00</stateCode></stateInfo>".repeat(501);
    assert.deepEqual(codec.decode(Buffer.from(`<itemTracking><itemCode>1</itemCode>${states}</itemTracking>`)), {
      ok: false,
      reason: "too-many",
    });
  });
});
