import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventNotice, Notice } from "../domain/notice.ts";
import { eventsMax, noticesMax } from "./codec.ts";
import { decodedWhole } from "./decoded.ts";

const scan: EventNotice = { status: "in_transit", reason: null, code: null, time: null, country: null, identity: "1", text: null };
const notice: Notice = {
  kind: "tracking",
  carrier: null,
  trackingNumber: "P1",
  discriminator: null,
  alternativeNumbers: [],
  parentNumber: null,
  orderReferences: [],
  events: [],
  summary: null,
  estimatedDelivery: null,
  fields: [],
};

test("decodes a payload whole or not at all", () => {
  assert.deepEqual(decodedWhole([notice, notice], "m"), { ok: true, messageId: "m", notices: [notice, notice] });
  assert.deepEqual(decodedWhole([notice, null], "m"), { ok: false, reason: "unknown-shape" });
});

test("accepts as many notices and events as a payload may hold and no more", () => {
  const full = { ...notice, events: Array<EventNotice>(eventsMax).fill(scan) };
  assert.equal(decodedWhole(Array<Notice>(noticesMax).fill(full), null).ok, true);
  assert.deepEqual(decodedWhole(Array<Notice>(noticesMax + 1).fill(notice), null), { ok: false, reason: "too-many" });
  assert.deepEqual(decodedWhole([{ ...notice, events: [...full.events, scan] }], null), { ok: false, reason: "too-many" });
});

test("refuses a history of which nothing could be read, and takes one with an event that says something", () => {
  const unread: EventNotice = { ...scan, status: "unknown" };
  const summary = { status: "delivered", reason: null, code: null, time: null } as const;
  assert.deepEqual(decodedWhole([{ ...notice, events: [unread, unread] }], null), { ok: false, reason: "unknown-shape" });
  for (const read of [
    { ...notice, events: [unread, { ...unread, text: "words" }] },
    { ...notice, events: [unread], summary },
  ])
    assert.equal(decodedWhole([read], null).ok, true);
});

test("what is no number joins nothing: as another number it is dropped, as the parcel's own the part stays in the sealed record", () => {
  const joined = { ...notice, alternativeNumbers: ["0", "P2", "unknown", "0000000000000000"], parentNumber: "0001-01-01T00:00:00" };
  assert.deepEqual(decodedWhole([joined, { ...notice, trackingNumber: "000000" }], null), {
    ok: true,
    messageId: null,
    notices: [{ ...notice, alternativeNumbers: ["P2"], parentNumber: null }],
  });
  assert.deepEqual(decodedWhole([{ ...notice, trackingNumber: "Pending" }], null), { ok: false, reason: "unknown-shape" });
  assert.equal(decodedWhole([{ ...notice, trackingNumber: "0000000000000000" }], null).ok, true);
});

test("an invisible character that came along with a number makes no other parcel of it", () => {
  const pasted = { ...notice, trackingNumber: "P\u200b1\ufeff", parentNumber: "\u200eM1", alternativeNumbers: ["A\u00ad1"] };
  const decoded = decodedWhole([pasted], null);
  assert.deepEqual(decoded, {
    ok: true,
    messageId: null,
    notices: [{ ...notice, trackingNumber: "P1", parentNumber: "M1", alternativeNumbers: ["A1"] }],
  });
  assert.deepEqual(decodedWhole([{ ...notice, trackingNumber: "\u200b" }], null), { ok: false, reason: "unknown-shape" });
});
