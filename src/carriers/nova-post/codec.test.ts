import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const locker = readFileSync(new URL("fixtures/in-locker.json", import.meta.url));
const documents = readFileSync(new URL("fixtures/documents.json", import.meta.url));

codecProperties(codec, [locker, documents]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("nova-post", () => {
  test("takes what it calls delivered to a locker for a parcel that waits", () => {
    const [notice] = noticesOf(locker);
    assert.deepEqual(
      notice?.events.map(({ status, code, country }) => [status, code, country]),
      [
        ["in_transit", "5", "UA"],
        ["available_for_pickup", "8", "PL"],
        ["unknown", null, null],
      ],
    );
    assert.deepEqual(notice?.alternativeNumbers, ["LX999990211UA"]);
    assert.equal(notice?.events[0]?.time?.instant, Date.UTC(2026, 10, 10, 2, 17, 54, 178));
  });

  test("keeps a name in the text, and what is in the parcel out", () => {
    const [notice] = noticesOf(locker);
    assert.equal(notice?.events[1]?.text, "Delivered to the locker, п. Ковальчук");
    assert.deepEqual(notice?.fields, [
      { category: "city", role: "recipient", value: "Przemyśl" },
      { category: "city", role: "sender", value: "Луцьк" },
    ]);
    assert.ok(!JSON.stringify(notice).includes("Подарунок"));
  });

  test("reads the API's documents, of which one is not known", () => {
    const [received, missing] = noticesOf(documents);
    assert.equal(received?.summary?.status, "delivered");
    assert.deepEqual([received?.summary?.time?.local, received?.summary?.time?.zone], ["2026-11-12T14:05:00", "Europe/Kyiv"]);
    assert.deepEqual(received?.orderReferences, ["ORD-228"]);
    assert.deepEqual(
      received?.fields.map(({ category, role }) => `${role} ${category}`),
      ["recipient name", "recipient phone", "recipient street", "recipient city", "pickup_point organisation"],
    );
    assert.equal(missing?.summary?.status, "not_found");
  });

  test("accepts that a number was not found, and refuses other objects", () => {
    assert.deepEqual(decodeJson({ errors: { errorMessage: "not_found" } }), { ok: true, messageId: null, notices: [] });
    assert.deepEqual(decodeJson({ tracking: [] }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ number: "2" }), { ok: false, reason: "unknown-shape" });
  });
});
