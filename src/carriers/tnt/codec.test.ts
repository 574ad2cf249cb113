import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const twice = readFileSync(new URL("fixtures/number-used-twice.xml", import.meta.url));

codecProperties(codec, [twice]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("tnt", () => {
  test("tells two consignments under one number apart, and leaves a number of its own alone", () => {
    assert.deepEqual(
      noticesOf(twice).map(({ trackingNumber, discriminator, summary }) => [trackingNumber, discriminator, summary?.status]),
      [
        ["999990181", "20261109|NBE", "delivered"],
        ["999990181", "20261103|FDX", "in_transit"],
        ["999990198", null, "not_found"],
      ],
    );
  });

  test("reads days and clocks without separators, and invents no zone", () => {
    const [notice] = noticesOf(twice);
    assert.deepEqual(
      notice?.events.map(({ time }) => [time?.local, time?.zone]),
      [
        ["2026-11-12T08:41:00", null],
        ["2026-11-11T09:10:00", null],
        [undefined, undefined],
      ],
    );
    assert.equal(notice?.summary?.time?.local, "2026-11-12T08:41:00");
  });

  test("reads codes, then the beginnings of descriptions", () => {
    assert.deepEqual(
      noticesOf(twice)[0]?.events.map(({ status, reason, code }) => [status, reason, code]),
      [
        ["delivered", null, "OK"],
        ["delivery_attempt_failed", "recipient:absent", "receiver not in"],
        ["unknown", null, null],
      ],
    );
  });

  test("keeps persons in fields and texts, and the proof of delivery out", () => {
    const [notice] = noticesOf(twice);
    assert.deepEqual(
      notice?.fields.map(({ category, role, value }) => `${role} ${category} ${value}`),
      [
        "recipient city KESWICK",
        "signatory name birkett",
        "recipient name Rowena Birkett",
        "recipient name Rowena",
        "recipient street 99 Fell Lane",
        "recipient street Flat 2",
        "recipient postalCode CA12 9ZZ",
        "recipient phone 01768000181",
        "sender organisation Glashütte Arendt",
        "sender city NUERNBERG",
      ],
    );
    assert.ok(!JSON.stringify(notice).includes("/9j/"));
  });

  test("accepts an error, and refuses a consignment without a number and other documents", () => {
    const error = codec.decode(Buffer.from("<TrackResponse><Error><Code>9000</Code></Error></TrackResponse>"));
    assert.deepEqual(error, { ok: true, messageId: null, notices: [] });
    for (const xml of ["<TrackResponse><Consignment/></TrackResponse>", "<TrackResponse/>", "<Other/>"])
      assert.deepEqual(codec.decode(Buffer.from(xml)), { ok: false, reason: "unknown-shape" });
  });
});
