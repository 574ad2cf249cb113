import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const outForDelivery = readFileSync(new URL("fixtures/webhook-out-for-delivery.json", import.meta.url));
const returned = readFileSync(new URL("fixtures/webhook-return.json", import.meta.url));

codecProperties(codec, [outForDelivery, returned]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

function decodeJson(value: unknown) {
  return codec.decode(Buffer.from(JSON.stringify(value)));
}

function parcel(part: object) {
  return noticesOf(Buffer.from(JSON.stringify({ action: "parcel_status_changed", parcel: { tracking_number: "3SZZZZ1", ...part } })))[0];
}

describe("sendcloud", () => {
  test("reads numbers, references and the status as a summary", () => {
    const notices = noticesOf(outForDelivery);
    assert.equal(notices.length, 1);
    const [notice] = notices;
    assert.equal(notice?.kind, "tracking");
    assert.equal(notice?.carrier, "postnl");
    assert.equal(notice?.trackingNumber, "3SZZZZ004410077");
    assert.deepEqual(notice?.orderReferences, ["LAMP-20417", "6120044177"]);
    assert.deepEqual(notice?.events, []);
    assert.equal(notice?.summary?.status, "out_for_delivery");
    assert.equal(notice?.summary?.code, "92");
    assert.equal(notice?.summary?.time?.instant, 1794990180000, "the carrier's time before Sendcloud's");
  });

  test("reads the recipient and the links that open the address", () => {
    assert.deepEqual(noticesOf(outForDelivery)[0]?.fields, [
      { category: "name", role: "recipient", value: "Ilse van Kampen-Öztürk" },
      { category: "street", role: "recipient", value: "Zuidersingel 418b, achterom bellen" },
      { category: "postalCode", role: "recipient", value: "4331 ZZ" },
      { category: "city", role: "recipient", value: "Middelburg" },
      { category: "phone", role: "recipient", value: "+31655501477" },
      { category: "email", role: "recipient", value: "ilse.vankampen@example.org" },
      {
        category: "accessLink",
        role: "recipient",
        value: "https://panel.example.com/api/v2/labels/normal_printer/88412077?start_from=0&hash=00aa11bb",
      },
      { category: "accessLink", role: "recipient", value: "https://panel.example.com/api/v2/labels/label_printer/88412077?hash=00aa11bb" },
      {
        category: "accessLink",
        role: "recipient",
        value: "https://tracking.example.com/forward?carrier=postnl&code=3SZZZZ004410077&verification=4331ZZ",
      },
    ]);
  });

  test("reads the customer of a return as its sender", () => {
    assert.deepEqual(noticesOf(returned)[0]?.fields, [
      { category: "name", role: "recipient", value: "Retouren" },
      { category: "organisation", role: "recipient", value: "Lampenatelier Noord" },
      { category: "street", role: "recipient", value: "Havenkade" },
      { category: "street", role: "recipient", value: "Havenkade 7" },
      { category: "postalCode", role: "recipient", value: "9934 XX" },
      { category: "city", role: "recipient", value: "Delfzijl" },
      { category: "email", role: "recipient", value: "retour@example.org" },
      { category: "name", role: "sender", value: "Joris Achterveld" },
      { category: "street", role: "sender", value: "Molenpad 311, unit C" },
      { category: "postalCode", role: "sender", value: "9401 XX" },
      { category: "city", role: "sender", value: "Assen" },
      { category: "phone", role: "sender", value: "0655502210" },
      { category: "email", role: "sender", value: "joris.achterveld@example.org" },
    ]);
  });

  test("keeps an unknown id and a placeholder time out of the summary", () => {
    const [notice] = noticesOf(returned);
    assert.deepEqual(notice?.summary, { status: "unknown", reason: null, code: null, time: null });
    assert.equal(notice?.carrier, "dpd", "from the shipping method");
  });

  test("goes by the id, not by its message", () => {
    assert.equal(parcel({ status: { id: 1, message: "Ready to send" } })?.summary?.status, "info_received");
    assert.equal(parcel({ status: { id: 1000, message: "Ready to send" } })?.summary?.status, "info_received");
    assert.equal(parcel({ status: { id: 93 } })?.summary?.reason, "delivered:collected");
    assert.equal(parcel({ status: { id: 80 } })?.summary?.status, "exception");
    assert.equal(parcel({})?.summary, null);
  });

  test("names a carrier only where the name is one of ours", () => {
    assert.equal(parcel({ carrier: { code: "mondial_relay" } })?.carrier, "mondial-relay");
    assert.equal(parcel({ carrier: { code: "dhl_de" } })?.carrier, "dhl-parcel-de");
    assert.equal(parcel({ carrier: { code: "dhl" } })?.carrier, null);
    assert.equal(parcel({ shipment: { name: "Unstamped letter" } })?.carrier, null);
    assert.equal(parcel({ shipment: { name: "constructor" } })?.carrier, null);
  });

  test("reads a parcel without a number as its order's", () => {
    const notice = parcel({ tracking_number: "", order_number: "LAMP-1", status: { id: 1000 } });
    assert.equal(notice?.kind, "order");
    assert.equal(notice?.trackingNumber, null);
    assert.equal(parcel({ tracking_number: "" }), undefined);
  });

  test("accepts other actions and refuses what is no webhook", () => {
    assert.deepEqual(decodeJson({ action: "integration_connected", integration: {} }), { ok: true, messageId: null, notices: [] });
    assert.deepEqual(decodeJson({ action: "parcel_status_changed" }), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(decodeJson([]), { ok: false, reason: "unknown-shape" });
    assert.deepEqual(codec.decode(outForDelivery.subarray(0, 300)), { ok: false, reason: "malformed" });
  });
});
