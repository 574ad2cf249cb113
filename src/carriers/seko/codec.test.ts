import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const two = readFileSync(new URL("fixtures/two-consignments.json", import.meta.url));

codecProperties(codec, [two]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("seko", () => {
  test("reads several consignments, also with a numeric number", () => {
    assert.deepEqual(
      noticesOf(two).map(({ trackingNumber, orderReferences, summary }) => [trackingNumber, orderReferences, summary?.status]),
      [
        ["999990000171", ["#N171"], "delivered"],
        ["999990000188", [], undefined],
      ],
    );
  });

  test("takes a parcel shop for no delivery to the person, and an unknown code for unknown", () => {
    assert.deepEqual(
      noticesOf(two)[0]?.events.map(({ status, reason, code, country }) => [status, reason, code, country]),
      [
        ["delivered", "delivered:neighbour", "OP-73", "NL"],
        ["available_for_pickup", null, "OP-76", "BR"],
        ["unknown", null, null, null],
        ["unknown", null, null, null],
      ],
    );
  });

  test("reads the place's zone where its country has one, and none elsewhere", () => {
    const [notice] = noticesOf(two);
    assert.deepEqual(
      notice?.events.map(({ time }) => [time?.local, time?.zone]),
      [
        ["2026-11-12T13:31:47", "Europe/Amsterdam"],
        ["2026-11-11T06:13:10.043", null],
        ["2026-11-10T06:13:10", null],
        [undefined, undefined],
      ],
    );
    assert.deepEqual([notice?.summary?.time?.local, notice?.summary?.time?.zone], ["2026-11-12T13:31:47", "Europe/Amsterdam"]);
  });

  test("keeps a neighbour's name in the text, and the link out", () => {
    const [notice] = noticesOf(two);
    assert.equal(notice?.events[0]?.text, "Delivered to neighbour Van Houten, no. 9");
    assert.ok(!JSON.stringify(notice).includes("track.example.org"));
  });

  test("reads a webhook with one consignment, and refuses one without a number", () => {
    const one = codec.decode(Buffer.from('{"ConsignmentNo":"A1","Events":[]}'));
    assert.ok(one.ok);
    assert.equal(one.notices[0]?.trackingNumber, "A1");
    assert.deepEqual(codec.decode(Buffer.from('[{"Status":"DELIVERED"}]')), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(codec.decode(Buffer.from("[1]")), { ok: false, reason: "unknown-shape" });
  });
});
