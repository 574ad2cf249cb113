import assert from "node:assert/strict";
import { test } from "node:test";
import { Check } from "typebox/value";
import { noticeOf, ShipmentInput } from "./shipment-input.ts";

test("makes a fulfilment of a registered shipment, its recipient as personal fields", () => {
  const notice = noticeOf({
    carrier: "bpost",
    trackingNumber: "323200000000000000000017",
    orderReference: "PK-1007",
    recipient: {
      name: "Wout Segers",
      street: "Kaai 3 bus 2",
      postalCode: "2000",
      city: "Antwerpen",
      country: "BE",
      phone: " ",
      email: "wout@post.example",
    },
  });
  assert.deepEqual(notice, {
    kind: "fulfilment",
    carrier: "bpost",
    trackingNumber: "323200000000000000000017",
    discriminator: null,
    alternativeNumbers: [],
    parentNumber: null,
    orderReferences: ["PK-1007"],
    events: [],
    summary: null,
    estimatedDelivery: null,
    fields: [
      { category: "name", role: "recipient", value: "Wout Segers" },
      { category: "street", role: "recipient", value: "Kaai 3 bus 2" },
      { category: "postalCode", role: "recipient", value: "2000" },
      { category: "city", role: "recipient", value: "Antwerpen" },
      { category: "email", role: "recipient", value: "wout@post.example" },
    ],
  });
});

test("makes a notice of a bare number", () => {
  const notice = noticeOf({ trackingNumber: "ABC 1" });
  assert.deepEqual([notice.carrier, notice.orderReferences, notice.fields], [null, [], []]);
});

for (const [why, input] of [
  ["a number with other signs", { trackingNumber: "ABC/1" }],
  ["a number that is too short", { trackingNumber: "AB" }],
  ["a number that is too long", { trackingNumber: "A".repeat(65) }],
  ["a number of blanks", { trackingNumber: "   " }],
  ["a number with a line break behind it", { trackingNumber: "ABC1\n" }],
  ["a country that is not two letters", { trackingNumber: "ABC1", recipient: { country: "Belgium" } }],
  ["an empty name", { trackingNumber: "ABC1", recipient: { name: "" } }],
  ["a property that it does not know", { trackingNumber: "ABC1", note: "" }],
] as const) {
  test(`refuses ${why}`, () => {
    assert.ok(!Check(ShipmentInput, input));
  });
}
