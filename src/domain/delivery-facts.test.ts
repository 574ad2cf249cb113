import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveryFacts } from "./delivery-facts.ts";
import type { Message } from "./message.ts";
import { foldMessages } from "./shipment.ts";
import type { Status, StatusReason } from "./status.ts";

const event = (status: Status, reason: StatusReason | null) => ({
  status,
  reason,
  code: null,
  time: null,
  country: null,
  fingerprint: `${status}${reason}`,
});

const message: Message = {
  version: 1,
  kind: "tracking",
  source: "ups",
  carrier: "ups",
  number: "n1",
  discriminator: null,
  alternatives: [],
  parent: null,
  references: [],
  events: [],
  summary: null,
  estimatedDelivery: null,
  personal: [],
  textToken: null,
};

test("who signed and where the parcel waits are tokens, told apart from the recipient", () => {
  const token = (role: "recipient" | "signatory" | "pickup_point") => ({
    category: "name" as const,
    role,
    token: `t-${role}`,
    subject: "s",
  });
  const facts = deliveryFacts(
    foldMessages(null, [{ ...message, personal: [token("recipient"), token("signatory"), token("pickup_point")] }]),
  );
  assert.deepEqual([facts.proofOfDelivery, facts.pickupPoint], [["t-signatory"], ["t-pickup_point"]]);
});

test("a parcel is a return from the first word of its way back, and stays one", () => {
  for (const events of [[event("returned", null)], [event("exception", "transit:returning"), event("in_transit", null)]])
    assert.equal(deliveryFacts(foldMessages(null, [{ ...message, events }])).isReturn, true);
  assert.equal(deliveryFacts(foldMessages(null, [{ ...message, events: [event("delivered", null)] }])).isReturn, false);
});

test("what customs did is listed once each, also when the parcel has moved on", () => {
  const events = [event("in_transit", "customs:processing"), event("exception", "customs:held"), event("delivered", null)];
  assert.deepEqual(
    deliveryFacts(
      foldMessages(null, [
        { ...message, events },
        { ...message, events },
      ]),
    ).customs,
    ["customs:held", "customs:processing"],
  );
});
