import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const waiting = readFileSync(new URL("fixtures/at-post-office.json", import.meta.url));

codecProperties(codec, [waiting]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("poczta-polska", () => {
  test("reads codes, then states, and passes over an event that was taken back", () => {
    assert.deepEqual(
      noticesOf(waiting)[0]?.events.map(({ status, code }) => [status, code]),
      [
        ["in_transit", "P_NAD"],
        ["available_for_pickup", "P_A"],
        ["in_transit", "TR"],
        ["unknown", null],
      ],
    );
  });

  test("reads Polish clocks as a habit", () => {
    const times = noticesOf(waiting)[0]?.events.map(({ time }) => [time?.local, time?.zone, time?.confidence]);
    assert.deepEqual(times?.[0], ["2026-11-09T09:10:00", "Europe/Warsaw", "habit"]);
    assert.deepEqual(times?.[3], [undefined, undefined, undefined]);
  });

  test("keeps a name in the text, and the recipient's post office out", () => {
    const [notice] = noticesOf(waiting);
    assert.equal(notice?.events[1]?.text, "Awizo - przesyłka do odbioru, p. Gąsienica");
    assert.ok(!JSON.stringify(notice).includes("Zakopane"));
    assert.deepEqual(notice?.fields, []);
  });

  test("reads a number that is not known beside one that is", () => {
    const decoded = decodeJson([JSON.parse(waiting.toString()), { number: "PX0", mailStatus: -1 }]);
    assert.ok(decoded.ok);
    assert.equal(decoded.notices[1]?.summary?.status, "not_found");
  });

  test("refuses an answer without a number", () => {
    assert.deepEqual(decodeJson({ mailStatus: 0, mailInfo: {} }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ number: "PX1" }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson("x"), { ok: false, reason: "unknown-shape" });
  });
});
