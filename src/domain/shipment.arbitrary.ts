import fc from "fast-check";
import { categoryNames } from "./category.ts";
import type { Message } from "./message.ts";
import { statuses } from "./status.ts";
import { carrierTime } from "./time.ts";
import type { CarrierTime } from "./time.ts";

/** Messages for property tests, out of small pools on purpose: equal instants, equal fingerprints with other contents, equal tokens. */

const texts = [
  "2026-03-01T10:00:00Z",
  "2026-03-01T11:00:00+01:00",
  "2026-03-01 11:00:00",
  "2026-03-02T08:30:00Z",
  "2026-03-02",
  "2026-03-29T02:30:00",
];

export const someTime: fc.Arbitrary<CarrierTime | null> = fc.option(
  fc
    .record({ text: fc.constantFrom(...texts), habitZone: fc.constantFrom(undefined, "Europe/Berlin", "Europe/Lisbon") })
    .map(({ text, habitZone }) => carrierTime(text, habitZone === undefined ? {} : { habitZone })),
);

const meaning = {
  status: fc.constantFrom(...statuses),
  reason: fc.constantFrom(null, "carrier:delayed" as const, "delivered:signed" as const),
  code: fc.constantFrom(null, "D", "X1"),
  time: someTime,
};

const pool = (prefix: string, size: number): fc.Arbitrary<string> =>
  fc.integer({ min: 1, max: size }).map((number) => `${prefix}${number}`);

export const someEvent = fc.record({ ...meaning, country: fc.constantFrom(null, "DE", "FR"), fingerprint: pool("f", 12) });

export const someMessage: fc.Arbitrary<Message> = fc.record({
  version: fc.constant(1 as const),
  kind: fc.constantFrom("tracking" as const, "tracking" as const, "tracking" as const, "order" as const, "fulfilment" as const),
  source: fc.constantFrom("ups", "postnl", "aftership"),
  carrier: fc.constantFrom(null, "ups" as const, "postnl" as const, "bpost" as const),
  number: fc.option(pool("n", 3)),
  discriminator: fc.constant(null),
  alternatives: fc.array(pool("n", 60), { maxLength: 3 }),
  parent: fc.option(pool("p", 3)),
  references: fc.array(pool("r", 60), { maxLength: 3 }),
  events: fc.array(someEvent, { maxLength: 4 }),
  summary: fc.option(fc.record(meaning)),
  estimatedDelivery: someTime,
  personal: fc.array(
    fc
      .record({
        category: fc.constantFrom(...categoryNames.slice(0, 3)),
        role: fc.constantFrom("recipient" as const, "sender" as const),
        token: pool("t", 7),
        subject: pool("s", 2),
      })
      // A token names its category.
      .map((each) => ({ ...each, token: `${each.category}-${each.token}` })),
    { maxLength: 3 },
  ),
  textToken: fc.option(pool("x", 80)),
});
