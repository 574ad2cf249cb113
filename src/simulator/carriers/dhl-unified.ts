import { local, zoned } from "../clock-text.ts";
import type { Happened, Stage } from "../life.ts";
import { fullName, streetLine } from "../person.ts";
import { json, last, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

const statuses: Partial<Record<Stage, readonly [code: string, word: string, sentence: (name: string) => string]>> = {
  announced: ["pre-transit", "DATA RECEIVED", () => "The shipment data were received"],
  accepted: ["transit", "PICKED UP", () => "The shipment was picked up"],
  sorted: ["transit", "PROCESSED", () => "The shipment was sorted"],
  arrived: ["transit", "ARRIVED", () => "The shipment arrived in the region of its recipient"],
  out_for_delivery: ["transit", "OUT FOR DELIVERY", () => "The shipment is with the courier"],
  attempted: ["failure", "DELIVERY ATTEMPTED", (name) => `${name} was not at home`],
  at_pickup: ["transit", "READY FOR PICKUP", () => "The shipment waits in a shop"],
  collected: ["delivered", "DELIVERED", (name) => `Handed out to ${name}`],
  delivered: ["delivered", "DELIVERED", (name) => `Delivered : ${name}`],
  returning: ["failure", "RETURN TO SENDER", () => "The shipment goes back"],
  returned: ["failure", "RETURNED TO SENDER", () => "The shipment was handed to its sender"],
};

/** DHL Shipment Tracking - Unified: its key in a header, one number a call, names also in descriptions. */
export const dhlUnified: SimulatedCarrier = {
  source: "dhl-unified",
  batchMax: 1,
  country: "DE",
  credentialFields: ["apiKey"],
  quotas: [
    { unit: "calls", count: 250, windowMs: 86_400_000 },
    { unit: "calls", count: 1, windowMs: 1000 },
  ],
  stages: new Set(Object.keys(statuses) as Stage[]),
  authorised: ({ headers }, { apiKey }) => headers["dhl-api-key"] === apiKey,
  asked: ({ path, query }) => (path === "/track/shipments" && query.has("trackingNumber") ? [query.get("trackingNumber")!] : null),
  answer: ([found]) =>
    found === undefined
      ? json({ title: "No result found", detail: "No shipment with given tracking number found.", status: 404 }, 404)
      : json({ shipments: [shipment(found)] }),
  refused: () => json({ title: "Unauthorized", detail: "Unauthorized for given resource.", status: 401 }, 401),
  overQuota: (seconds) =>
    json({ title: "Too many requests", detail: "Too many requests within defined time period.", status: 429 }, 429, {
      "retry-after": String(seconds),
    }),
  badRequest: () => json({ title: "Bad request", detail: "Invalid parameters.", status: 400 }, 400),
};

function shipment({ parcel, happened, expectedAt }: Tracked): object {
  const { recipient, sender } = parcel;
  const newest = [...happened].reverse();
  const done = last(happened);
  return {
    id: parcel.number,
    service: "ecommerce",
    origin: {
      address: { countryCode: sender.country, postalCode: sender.postalCode, addressLocality: `${streetLine(sender)}, ${sender.city}` },
    },
    destination: {
      address: {
        countryCode: recipient.country,
        postalCode: recipient.postalCode,
        addressLocality: `${streetLine(recipient)}, ${recipient.city}`,
      },
    },
    status: { ...event(done, fullName(recipient)), timestamp: zoned(done.at) },
    estimatedTimeOfDelivery: zoned(expectedAt),
    details: {
      receiver: { "@type": "Person", givenName: recipient.givenName, familyName: recipient.familyName, telephone: recipient.phone },
      sender: { "@type": "Organization", organizationName: `${sender.familyName} & Co` },
      ...(done.stage === "delivered"
        ? { proofOfDelivery: { timestamp: zoned(done.at), signed: { "@type": "Person", name: fullName(recipient) } } }
        : {}),
      references: [{ type: "customer-reference", number: parcel.reference }],
    },
    events: newest.map((each) => event(each, fullName(recipient))),
  };
}

function event({ stage, at, place }: Happened, name: string): object {
  const [statusCode, status, sentence] = statuses[stage]!;
  const location = { address: { countryCode: "DE", addressLocality: place.toUpperCase() } };
  return { timestamp: local(at), location, statusCode, status, description: sentence(name) };
}
