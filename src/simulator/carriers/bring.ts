import { zoned } from "../clock-text.ts";
import type { Happened, Stage } from "../life.ts";
import { fullName, streetLine } from "../person.ts";
import { json, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

const statuses: Partial<Record<Stage, readonly [status: string, description: string]>> = {
  announced: ["PRE_NOTIFIED", "EDI message has been received by Bring"],
  accepted: ["COLLECTED", "The shipment has been collected"],
  sorted: ["IN_TRANSIT", "The shipment has arrived at terminal and been forwarded"],
  arrived: ["TERMINAL", "The shipment has arrived at terminal"],
  out_for_delivery: ["TRANSPORT_TO_RECIPIENT", "The shipment has been loaded for delivery to recipient"],
  attempted: ["ATTEMPTED_DELIVERY", "The recipient was not present"],
  at_pickup: ["READY_FOR_PICKUP", "The shipment has arrived at the pickup point"],
  collected: ["DELIVERED", "The shipment has been collected by the recipient"],
  delivered: ["DELIVERED", "The shipment has been delivered"],
};

/** Bring's Tracking API v2: three headers, one number a call; names, addresses and signatures for who is logged in. */
export const bring: SimulatedCarrier = {
  source: "bring",
  batchMax: 1,
  country: "NO",
  credentialFields: ["uid", "apiKey", "clientUrl"],
  quotas: [],
  stages: new Set(Object.keys(statuses) as Stage[]),
  authorised: ({ headers }, { uid, apiKey }) =>
    headers["x-mybring-api-uid"] === uid && headers["x-mybring-api-key"] === apiKey && headers["x-bring-client-url"] !== undefined,
  asked: ({ path, query }) => (path === "/tracking/api/v2/tracking.json" && query.has("q") ? [query.get("q")!] : null),
  answer: ([found]) =>
    json({
      apiVersion: "2.0.0",
      consignmentSet: [found === undefined ? { error: { code: 404, message: "No shipments found" } } : consignment(found)],
    }),
  refused: () => json({ errors: [{ code: "UNAUTHORIZED", message: "Authentication failed" }] }, 401),
  overQuota: (seconds) => json({ errors: [{ code: "TOO_MANY_REQUESTS", message: "Slow down" }] }, 429, { "retry-after": String(seconds) }),
  badRequest: () => json({ errors: [{ code: "BAD_REQUEST", message: "Invalid query" }] }, 400),
};

function consignment({ parcel, happened, expectedAt }: Tracked): object {
  const { recipient, sender } = parcel;
  const addressOf = (person: typeof recipient): object => ({
    addressLine1: streetLine(person),
    addressLine2: "",
    postalCode: person.postalCode,
    city: person.city,
    countryCode: person.country,
    country: "Norway",
  });
  const event = ({ stage, at, place }: Happened): object => {
    const isHandedOver = stage === "delivered" || stage === "collected";
    return {
      description: statuses[stage]![1],
      status: statuses[stage]![0],
      recipientSignature: { name: isHandedOver ? fullName(recipient) : "", linkToImage: "" },
      unitId: "032850",
      unitType: "BRING",
      postalCode: "",
      city: place.toUpperCase(),
      countryCode: "NO",
      country: "Norway",
      dateIso: zoned(at),
      consignmentEvent: false,
    };
  };
  return {
    consignmentId: `70${parcel.number.slice(2)}`,
    previousConsignmentId: "",
    senderName: `${sender.familyName} & Co`,
    senderAddress: addressOf(sender),
    recipientName: fullName(recipient),
    recipientAddress: addressOf(recipient),
    senderReference: parcel.reference,
    totalWeightInKgs: 1.2,
    packageSet: [
      {
        statusDescription: statuses[happened.at(-1)!.stage]![1],
        packageNumber: parcel.number,
        previousPackageNumber: "",
        productName: "Home Delivery Parcel",
        productCode: "1202",
        brand: "POSTEN",
        dateOfEstimatedDelivery: zoned(expectedAt).slice(0, 10),
        senderName: `${sender.familyName} & Co`,
        recipientName: fullName(recipient),
        recipientAddress: addressOf(recipient),
        eventSet: [...happened].reverse().map(event),
      },
    ],
  };
}
