import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const delivered = readFileSync(new URL("fixtures/delivered-details.xml", import.meta.url));
const returned = readFileSync(new URL("fixtures/returned.json", import.meta.url));

codecProperties(codec, [delivered, returned]);

function noticeOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices[0]!;
}

describe("chronopost", () => {
  test("reads the number and the partner's out of the list of details", () => {
    const notice = noticeOf(delivered);
    assert.equal(notice.carrier, "chronopost");
    assert.equal(notice.trackingNumber, "XY999999999FR");
    assert.deepEqual(notice.alternativeNumbers, ["XT9999999999999"]);
  });

  test("reads events; what lies at the pickup point is not delivered, and a message to the recipient is no scan", () => {
    const events = noticeOf(delivered).events.map(({ status, code, time }) => [status, code, time?.zone, time?.confidence]);
    assert.deepEqual(events, [
      ["info_received", "DC", "+01:00", "stated"],
      ["unknown", "SM", "+01:00", "stated"],
      ["available_for_pickup", "AB", "Europe/Paris", "habit"],
      ["delivered", "D", "+01:00", "stated"],
    ]);
  });

  test("takes the list of details whole for text, and who took the parcel for a person", () => {
    const { events, fields } = noticeOf(delivered);
    assert.equal(
      events[1]?.text,
      "Destinataire informé par SMS ou mail\nPoint de livraison: TABAC LE CONTE - 7 RUE INVENTEE - 62299 ARRAS - FR\nCommentaire: Mme Odile Inventée, 06 99 99 99 99",
    );
    assert.equal(events[1]?.identity, "2026-11-10T08:00:00|SM|ARRAS CHRONOPOST");
    assert.deepEqual(fields, [{ category: "name", role: "signatory", value: "ODILE INVENTEE" }]);
  });

  test("takes what is delivered after it was turned back for returned, in JSON too", () => {
    const notice = noticeOf(returned);
    assert.equal(notice.trackingNumber, "XY999999998FR");
    assert.deepEqual(
      notice.events.map(({ status, reason, code }) => [status, reason, code]),
      [
        ["delivery_attempt_failed", "recipient:absent", "P"],
        ["exception", "transit:returning", "R"],
        ["unknown", null, null],
        ["returned", null, "D"],
      ],
    );
    assert.deepEqual(notice.fields, [{ category: "name", role: "signatory", value: "ATELIER DU CONTE" }]);
  });

  test("keeps an error answer to the sealed record", () => {
    const error =
      "<trackSkybillV2Response><return><errorCode>1</errorCode><errorMessage>System Error</errorMessage></return></trackSkybillV2Response>";
    for (const body of [error, '{"errorCode":"3","errorMessage":"Reference not found"}'])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: true, messageId: null, notices: [] });
  });

  test("refuses a fault, another document, and events without a number", () => {
    const fault = "<Envelope><Body><Fault><faultstring>Fault</faultstring></Fault></Body></Envelope>";
    const unnumbered = '{"listEventInfoComp":{"events":[]}}';
    for (const body of [fault, unnumbered, "{}", "<a/>"])
      assert.deepEqual(codec.decode(Buffer.from(body)), { ok: false, reason: "unknown-shape" });
  });
});
