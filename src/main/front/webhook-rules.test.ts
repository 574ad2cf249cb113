import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { someTime } from "../../domain/shipment.arbitrary.ts";
import { shipmentOf, type ShipmentState } from "../../domain/shipment.ts";
import { statuses, statusReasons } from "../../domain/status.ts";
import { carrierTime } from "../../domain/time.ts";
import type { EgressCall } from "../../outbound/egress.ts";
import { inspectCall } from "../../outbound/guard/inspect.ts";
import { cloudEventsType, shipmentEvent } from "../../outbound/webhooks/shipment-event.ts";
import { newSecret, signatures } from "../../outbound/webhooks/signature.ts";
import { findTokens } from "../../vault/find-tokens.ts";
import { formatToken } from "../../vault/token.ts";
import { codecs } from "../intake/sources.ts";
import { webhookRules } from "./webhook-rules.ts";

const url = "https://shop.example/hooks/parcelkeep?key=Zx81-aa";
const [tenant, shipment, event] = [
  "5b0c3d5e-0000-4000-8000-000000000001",
  "0192f0c1-7c00-7000-8000-000000000002",
  "0192f0c1-7c00-7000-8000-000000000003",
];
const codes = Array.from(codecs.values(), (codec) => [...codec.codes]).flat();
const rules = webhookRules(url);

const someState: fc.Arbitrary<ShipmentState> = fc
  .record({
    events: fc.array(
      fc.record({
        status: fc.constantFrom(...statuses),
        reason: fc.constantFrom(null, ...statusReasons),
        code: fc.constantFrom(null, ...codes),
        time: fc.oneof(someTime, fc.constant(carrierTime("1999-12-31 23:59", { habitZone: "America/Argentina/ComodRivadavia" }))),
        country: fc.constantFrom(null, "DE", "US"),
        fingerprint: fc.uuid(),
        source: fc.constantFrom("ups", "gls"),
        at: fc.constantFrom(null, 1_790_000_000_000),
      }),
      { maxLength: 60 },
    ),
    numbers: fc.array(fc.uint8Array({ minLength: 20, maxLength: 20 }), { maxLength: 5 }),
    estimate: someTime,
  })
  .map(({ events, numbers, estimate }) => {
    const tokens = numbers.map((bytes) => formatToken("eu1", "trackingNumber", bytes));
    return shipmentOf({
      estimatedDelivery: estimate,
      estimateKnowledge: null,
      announced: false,
      carrierClaims: [{ carrier: "ups", source: "ups" }],
      events,
      summaries: [],
      personal: [],
      texts: [],
      mainNumber: tokens[0] === undefined ? null : { token: tokens[0], standing: 0 as never },
      numbers: tokens,
      references: tokens,
      parents: [],
    });
  });

test("every event that is told of a shipment passes the guard, to an address of the merchant's own words", () => {
  fc.assert(
    fc.property(someState, (state) => {
      assert.deepEqual(
        inspectCall(callOf(bodyOf(state)), rules, findTokens, () => false),
        [],
      );
    }),
    { numRuns: 50 },
  );
});

test("does not pass with anything else in it", () => {
  const body = JSON.parse(bodyOf(shipmentOf({ ...noState }))) as { data: Record<string, unknown> };
  for (const added of [
    { name: "Ida Musterweg" },
    { statusCode: "left with Ida Musterweg" },
    { carrier: "1Z9999999999999999" },
    { country: "10115" },
  ]) {
    const changed = { ...body, data: { ...body.data, ...added } };
    assert.notDeepEqual(
      inspectCall(callOf(JSON.stringify(changed)), rules, findTokens, () => false),
      [],
      JSON.stringify(added),
    );
  }
});

const noState = {
  estimatedDelivery: null,
  estimateKnowledge: null,
  announced: false,
  carrierClaims: [],
  events: [],
  summaries: [],
  personal: [],
  texts: [],
  mainNumber: null,
  numbers: [],
  references: [],
  parents: [],
};

function bodyOf(state: ShipmentState): string {
  return shipmentEvent(event, {
    id: shipment,
    publicId: randomBytes(16).toString("base64url"),
    tenant,
    state,
    createdAt: new Date("2026-11-26T10:00:00Z"),
    updatedAt: new Date("2026-11-26T10:00:00.123Z"),
  });
}

/** As `delivery.ts` makes it. */
function callOf(body: string): EgressCall {
  const secrets = [newSecret("hmac").secret, newSecret("ed25519").secret];
  return {
    tenant,
    recipient: "webhook:whe_1",
    method: "POST",
    url,
    headers: {
      "content-type": cloudEventsType,
      "user-agent": "parcelkeep",
      "webhook-id": event,
      "webhook-timestamp": "1795687200",
      "webhook-signature": signatures(secrets, event, 1795687200, body),
    },
    body: Buffer.from(body),
    covered: [],
  };
}
