import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const event = readFileSync(new URL("fixtures/event-delivered.json", import.meta.url));
const failure = readFileSync(new URL("fixtures/tracker-failure.json", import.meta.url));

codecProperties(codec, [event, failure]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("easypost", () => {
  test("reads a webhook event about a tracker", () => {
    const decoded = codec.decode(event);
    assert.ok(decoded.ok);
    assert.equal(decoded.messageId, "evt_7f2a90c1d3");
    const [notice] = decoded.notices;
    assert.equal(notice?.carrier, "ups");
    assert.equal(notice?.trackingNumber, "1Z8V92A70367203024");
    assert.deepEqual(notice?.alternativeNumbers, ["92419900000000000000000017"]);
    assert.deepEqual(notice?.summary, { status: "delivered", reason: null, code: "arrived_at_destination", time: null });
    assert.deepEqual(notice?.fields, [
      { category: "name", role: "signatory", value: "O. VAN DIJK-ØSTBY" },
      { category: "city", role: "recipient", value: "UTRECHT" },
      { category: "region", role: "recipient", value: "UT" },
      { category: "postalCode", role: "recipient", value: "3511 ZZ" },
      { category: "accessLink", role: "recipient", value: "https://track.example.com/djE6dHJrXzkwYWExMQ" },
    ]);
  });

  test("reads the scans, oldest first as EasyPost sends them", () => {
    const events = noticesOf(event)[0]?.events;
    assert.deepEqual(
      events?.map(({ status, code, country }) => ({ status, code, country })),
      [
        { status: "info_received", code: "label_created", country: "NL" },
        { status: "out_for_delivery", code: "out_for_delivery", country: "NL" },
        { status: "delivered", code: "arrived_at_destination", country: "NL" },
      ],
    );
    assert.equal(events?.[2]?.identity, "2026-11-06T14:05:12Z|FS|UTRECHT|3511|Delivered, left with O. van Dijk");
    assert.equal(events?.[2]?.text, "Delivered, left with O. van Dijk");
  });

  test("does not believe the Z of a scan without a place", () => {
    const [placeless, placed] = noticesOf(event)[0]?.events ?? [];
    assert.deepEqual(placeless?.time, {
      text: "2026-11-04T09:00:00Z",
      local: "2026-11-04T09:00:00",
      zone: null,
      confidence: "none",
      instant: null,
    });
    assert.equal(placed?.time?.instant, Date.UTC(2026, 10, 6, 7, 12));
  });

  test("takes the carrier's local estimate, else the bare day", () => {
    assert.equal(noticesOf(event)[0]?.estimatedDelivery?.local, "2026-11-06T15:00:00");
    const bare = noticesOf(failure)[0]?.estimatedDelivery;
    assert.equal(bare?.local, "2026-11-09T00:00:00");
    assert.equal(bare?.instant, null);
  });

  test("reads a bare tracker of a carrier that it does not know", () => {
    const decoded = codec.decode(failure);
    assert.ok(decoded.ok);
    assert.equal(decoded.messageId, null);
    const [notice] = decoded.notices;
    assert.equal(notice?.carrier, null);
    assert.equal(notice?.trackingNumber, "700100200300");
    assert.deepEqual(notice?.summary, { status: "exception", reason: "recipient:refused", code: "refused", time: null });
    assert.deepEqual(notice?.fields, []);
    assert.deepEqual(notice?.events, [
      {
        status: "exception",
        reason: "recipient:refused",
        code: "refused",
        time: {
          text: "2026-11-07T10:00:00Z",
          local: "2026-11-07T10:00:00",
          zone: "Z",
          confidence: "stated",
          instant: Date.UTC(2026, 10, 7, 10),
        },
        country: "BE",
        identity: "2026-11-07T10:00:00Z||GENT||Refused by Lotte Hermans at the door",
        text: "Refused by Lotte Hermans at the door",
      },
      {
        status: "unknown",
        reason: null,
        code: null,
        time: null,
        country: null,
        identity: "yesterday||||A word of next year",
        text: "A word of next year",
      },
    ]);
  });

  test("accepts and passes over events that are not about trackers", () => {
    const batch = decodeJson({ object: "Event", id: "evt_1", description: "batch.updated", result: { object: "Batch", id: "batch_1" } });
    assert.deepEqual(batch, { ok: true, messageId: "evt_1", notices: [] });
  });

  test("refuses a tracker event without a tracker", () => {
    for (const result of [null, {}, { tracking_code: "" }]) {
      const decoded = decodeJson({ object: "Event", id: "evt_1", description: "tracker.updated", result });
      assert.deepEqual(decoded, { ok: false, reason: "unknown-shape" });
    }
  });
});
