import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const detail = readFileSync(new URL("fixtures/detail-signed.xml", import.meta.url));
const summaries = readFileSync(new URL("fixtures/summaries.xml", import.meta.url));

codecProperties(codec, [detail, summaries]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("canadapost", () => {
  test("reads numbers, references and the day that was changed", () => {
    const [notice] = noticesOf(detail);
    assert.equal(notice?.trackingNumber, "7023210099999121");
    assert.deepEqual(notice?.alternativeNumbers, ["7023210099999114"]);
    assert.deepEqual(notice?.orderReferences, ["CMD-121"]);
    assert.equal(notice?.estimatedDelivery?.text, "2026-11-13");
  });

  test("reads codes without their zeros, and words where the code is not known", () => {
    assert.deepEqual(
      noticesOf(detail)[0]?.events.map(({ status, reason, code }) => [status, reason, code]),
      [
        ["delivered", "delivered:signed", "20"],
        ["available_for_pickup", null, "1479"],
        ["out_for_delivery", null, "item out for delivery"],
        ["unknown", null, null],
      ],
    );
  });

  test("takes the letters of a clock for its offset, and invents none", () => {
    const times = noticesOf(detail)[0]?.events.map(({ time }) => [time?.local, time?.zone]);
    assert.deepEqual(times, [
      ["2026-11-12T13:05:10", "-04:00"],
      ["2026-11-11T16:20:00", "-03:30"],
      ["2026-11-10T08:27:43", null],
      [undefined, undefined],
    ]);
  });

  test("keeps who signed and the postcode in fields", () => {
    assert.deepEqual(noticesOf(detail)[0]?.fields, [
      { category: "postalCode", role: "recipient", value: "B0J9Z9" },
      { category: "name", role: "signatory", value: "E MACISAAC" },
    ]);
  });

  test("reads summaries, of which one has nothing yet, beside a message about a third number", () => {
    const [attempted, silent, ...others] = noticesOf(summaries);
    assert.deepEqual(others, []);
    assert.equal(attempted?.events[0]?.status, "delivery_attempt_failed");
    assert.equal(attempted?.events[0]?.time?.local, "2026-11-12T10:15:00");
    assert.deepEqual(silent?.events, []);
  });

  test("accepts a message alone, and refuses other documents", () => {
    const message = codec.decode(Buffer.from("<messages><message><code>004</code></message></messages>"));
    assert.deepEqual(message, { ok: true, messageId: null, notices: [] });
    assert.deepEqual(codec.decode(Buffer.from("<tracking-detail><pin/></tracking-detail>")), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(codec.decode(Buffer.from("<html><body/></html>")), { ok: false, reason: "unknown-shape" });
  });
});
