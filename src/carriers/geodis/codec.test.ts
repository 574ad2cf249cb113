import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const absent = readFileSync(new URL("fixtures/absent.json", import.meta.url));

codecProperties(codec, [absent]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

describe("geodis", () => {
  test("reads number, receipt, references and the planned day", () => {
    const [notice] = noticesOf(absent);
    assert.equal(notice?.trackingNumber, "1G9ZZZZZZZ91");
    assert.deepEqual(notice?.alternativeNumbers, ["99990091"]);
    assert.deepEqual(notice?.orderReferences, ["CMD-91"]);
    assert.equal(notice?.estimatedDelivery?.text, "2026-11-12");
  });

  test("reads whole codes, then situations, and takes a planned delivery for no delivery", () => {
    const [notice] = noticesOf(absent);
    assert.deepEqual(
      notice?.events.map(({ status, reason, code, time }) => [status, reason, code, time?.local]),
      [
        ["delivery_attempt_failed", "recipient:absent", "RST/ABS", "2026-11-12T10:31:05"],
        ["out_for_delivery", null, "MLV", "2026-11-12T07:02:00"],
        ["unknown", null, null, "2026-11-10T00:00:00"],
      ],
    );
    assert.equal(notice?.summary, null);
    assert.deepEqual([notice?.events[0]?.time?.zone, notice?.events[0]?.time?.confidence], ["Europe/Paris", "habit"]);
  });

  test("keeps names, door code, numeric phone and login in fields, and images out", () => {
    const [notice] = noticesOf(absent);
    const recipient = notice?.fields.filter(({ role }) => role === "recipient").map(({ category, value }) => `${category} ${value}`);
    assert.deepEqual(recipient, [
      "name Hortense Delaunay-Picq",
      "name Mme Picq",
      "street 99 chemin des Vignes",
      "street chemin des Vignes",
      "street Bât. C",
      "postalCode 17999",
      "city Saintes",
      "phone 600000091",
      "phone 0600000091",
      "email hortense@example.org",
      "freeText 47B21",
      "freeText Chien dans la cour",
      "location 45.74,-0.63",
      "freeText Sonner chez Picq",
      "accessLink 02001799990091 / 17999",
      "accessLink https://edesti.example.org/1G9ZZZZZZZ91",
    ]);
    assert.equal(notice?.events[0]?.text, "Absence de Mme Picq, avis déposé");
    assert.equal(notice?.events[1]?.text, null);
    assert.ok(!JSON.stringify(notice).includes("iVBOR"));
  });

  test("reads several consignments and an error, and refuses what has no number", () => {
    const several = decodeJson({ ok: true, contenu: [{ noSuivi: "A1" }, { noRecepisse: 5 }] });
    assert.ok(several.ok);
    assert.deepEqual(
      several.notices.map(({ trackingNumber }) => trackingNumber),
      ["A1", "5"],
    );
    assert.deepEqual(decodeJson({ ok: false, codeErreur: "E1", contenu: null }), { ok: true, messageId: null, notices: [] });
    assert.deepEqual(decodeJson({ ok: true, contenu: [{ reference1: "x" }] }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson({ ok: true }), { ok: false, reason: "unknown-shape" });
  });
});
