import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const webhook = readFileSync(new URL("fixtures/webhook-delivered.json", import.meta.url));
const page = readFileSync(new URL("fixtures/answer-page-old-names.json", import.meta.url));

codecProperties(codec, [webhook, page]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("aftership", () => {
  test("reads a webhook with its id, numbers and references", () => {
    const decoded = codec.decode(webhook);
    assert.ok(decoded.ok);
    assert.equal(decoded.messageId, "5a0c7e6e-2b1a-4d0f-9e37-0c5b1a2f3d44");
    const [notice] = decoded.notices;
    assert.equal(notice?.carrier, "postnl");
    assert.equal(notice?.trackingNumber, "3SDPIT0012345");
    assert.deepEqual(notice?.alternativeNumbers, ["3SDPIT9999999"]);
    assert.deepEqual(notice?.orderReferences, ["#5521", "gid-5521"]);
    assert.deepEqual(notice?.summary, { status: "delivered", reason: "delivered:neighbour", code: "Delivered_005", time: null });
    assert.equal(notice?.estimatedDelivery?.local, "2026-11-10T00:00:00");
  });

  test("keeps a name that stands in a message out of everything but the text", () => {
    assert.deepEqual(noticesOf(webhook)[0]?.events, [
      {
        status: "delivered",
        reason: "delivered:neighbour",
        code: "Delivered_005",
        time: {
          text: "2026-11-10T14:31:00+01:00",
          local: "2026-11-10T14:31:00",
          zone: "+01:00",
          confidence: "stated",
          instant: Date.UTC(2026, 10, 10, 13, 31),
        },
        country: "NL",
        identity: "9f1c2d3e4a5b6c7d",
        text: "Bezorgd bij de buren, Achterberg nr 14",
      },
    ]);
  });

  test("tells the buyer from the recipient and keeps custom fields out", () => {
    assert.deepEqual(noticesOf(webhook)[0]?.fields, [
      { category: "name", role: "recipient", value: "Roos Achterberg" },
      { category: "email", role: "recipient", value: "roos@example.org" },
      { category: "phone", role: "recipient", value: "+31655500177" },
      { category: "customerId", role: "recipient", value: "c-88" },
      { category: "name", role: "payer", value: "Teun Achterberg" },
      { category: "email", role: "payer", value: "teun@example.org" },
      { category: "name", role: "signatory", value: "Familie Achterberg, nr 14" },
      { category: "street", role: "recipient", value: "Waalkade 999, 6511 ZZ Nijmegen" },
      { category: "postalCode", role: "recipient", value: "6511 ZZ" },
      { category: "city", role: "recipient", value: "Nijmegen" },
      { category: "region", role: "recipient", value: "Gelderland" },
      { category: "city", role: "sender", value: "Gouda" },
      { category: "freeText", role: "recipient", value: "Niet bellen, baby slaapt" },
      { category: "freeText", role: "recipient", value: "Kaarsen voor oma" },
      { category: "accessLink", role: "recipient", value: "https://depit.example.org/track?n=3SDPIT0012345" },
      { category: "accessLink", role: "recipient", value: "https://jouw.postnl.example.org/?B=3SDPIT0012345&P=6511ZZ" },
    ]);
  });

  test("reads the field names of older versions and falls back to the tag", () => {
    const [held, pending] = noticesOf(page);
    assert.equal(held?.carrier, null);
    assert.deepEqual(held?.summary, { status: "exception", reason: null, code: "Exception", time: null });
    assert.equal(held?.estimatedDelivery?.text, "2026-11-20");
    assert.deepEqual(held?.fields, [
      { category: "name", role: "recipient", value: "Ngozi Adeyemi" },
      { category: "email", role: "recipient", value: "ngozi@example.org" },
      { category: "phone", role: "recipient", value: "+2348055500199" },
      { category: "postalCode", role: "recipient", value: "100001" },
    ]);
    assert.equal(pending?.carrier, "dhl-parcel-de");
    assert.deepEqual(pending?.summary, { status: "not_found", reason: null, code: "Pending_001", time: null });
  });

  test("invents neither zone nor day nor country nor code", () => {
    assert.deepEqual(noticesOf(page)[0]?.events, [
      {
        status: "exception",
        reason: "customs:held",
        code: "Exception_004",
        time: { text: "2026-11-08T03:15:00", local: "2026-11-08T03:15:00", zone: null, confidence: "none", instant: null },
        country: "NG",
        identity: "2026-11-08T03:15:00|some-courier-of-next-year|Lagos, Nigeria|100001|Held by customs, ask for Mr Okoro",
        text: "Held by customs, ask for Mr Okoro",
      },
      {
        status: "unknown",
        reason: null,
        code: null,
        time: null,
        country: null,
        identity: "2026-11-31|some-courier-of-next-year|||",
        text: null,
      },
    ]);
  });

  test("reads the answer about one tracking", () => {
    const one = decodeJson({
      meta: { code: 200 },
      data: { tracking: { tracking_number: "1Z8V92A70367203024", slug: "ups", tag: "InTransit" } },
    });
    assert.ok(one.ok);
    assert.equal(one.messageId, null);
    assert.equal(one.notices[0]?.carrier, "ups");
    assert.equal(one.notices[0]?.summary?.code, "InTransit");
  });

  test("refuses a webhook without a tracking number", () => {
    assert.deepEqual(decodeJson({ event: "tracking_update", event_id: "1", msg: { tag: "Delivered" } }), {
      ok: false,
      reason: "unknown-shape",
    });
  });
});
