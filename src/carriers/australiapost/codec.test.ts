import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const answer = readFileSync(new URL("fixtures/consignment-and-error.json", import.meta.url));

codecProperties(codec, [answer]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("australiapost", () => {
  test("gives one notice for each article and one for a number that is invalid", () => {
    assert.deepEqual(
      noticesOf(answer).map(({ trackingNumber, parentNumber, summary }) => [trackingNumber, parentNumber, summary?.status, summary?.code]),
      [
        ["NO-SUCH", null, "not_found", "ESB-10001"],
        ["33ZZZ999913101", "33ZZZ9999131", undefined, undefined],
        ["33ZZZ999913102", "33ZZZ9999131", "in_transit", "In transit"],
        ["ZZ999990131AU", null, "delivered", "Delivered"],
      ],
    );
  });

  test("takes a locker for no delivery to the person, and keeps a name out of the code", () => {
    const [locker, van] = noticesOf(answer)[1]!.events;
    assert.deepEqual([locker?.status, locker?.code], ["available_for_pickup", "delivered to parcel locker"]);
    assert.equal(locker?.text, "Delivered to Parcel Locker - Willa Treloar");
    assert.equal(van?.status, "out_for_delivery");
  });

  test("reads the country behind a place, and leaves unknown words and times", () => {
    const [departed, strange] = noticesOf(answer)[2]!.events;
    assert.deepEqual([departed?.country, departed?.time?.zone], ["NZ", "+13:00"]);
    assert.deepEqual([strange?.status, strange?.time, strange?.country], ["unknown", null, null]);
  });

  test("does not count the events of the consignment twice", () => {
    assert.equal(noticesOf(answer)[3]?.events.length, 1);
  });

  test("keeps the number that was asked for where its only article has another", () => {
    const decoded = decodeJson({
      tracking_results: [{ tracking_id: "A", trackable_items: [{ article_id: "B", events: [], status: "In transit" }] }],
    });
    assert.ok(decoded.ok);
    assert.equal(decoded.notices[0]?.trackingNumber, "A");
    assert.deepEqual(decoded.notices[0]?.alternativeNumbers, ["B"]);
  });

  test("refuses an answer with a result that has no number", () => {
    assert.deepEqual(decodeJson({ tracking_results: [{ errors: [] }] }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ errors: [] }), { ok: false, reason: "unknown-shape" });
  });
});
