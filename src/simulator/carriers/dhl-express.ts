import { clock, day, offset } from "../clock-text.ts";
import type { Happened, Stage } from "../life.ts";
import { fullName } from "../person.ts";
import { isBasic, json, last, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

const statuses: Partial<Record<Stage, readonly [typeCode: string, description: (name: string) => string]>> = {
  accepted: ["PU", () => "Shipment picked up"],
  sorted: ["DF", () => "Departed Facility"],
  arrived: ["AR", () => "Arrived at Delivery Facility"],
  delayed: ["OH", () => "Shipment is on hold"],
  out_for_delivery: ["WC", () => "With delivery courier"],
  attempted: ["NH", () => "Delivery attempted; consignee premises closed"],
  at_pickup: ["CC", () => "Awaiting collection by the consignee"],
  collected: ["OK", (name) => `Collected by : ${name}`],
  delivered: ["OK", (name) => `Delivered - Signed for by : ${name}`],
};

const problem = (status: number, title: string, detail: string, headers = {}) =>
  json({ instance: "/expressapi/tracking", detail, title, status: String(status) }, status, headers);

/** MyDHL API of DHL Express: Basic, 200 numbers a call; knows a shipment from its pick-up on, and names who signed in its texts. */
export const dhlExpress: SimulatedCarrier = {
  source: "dhl-express",
  batchMax: 200,
  country: "DE",
  credentialFields: ["username", "password"],
  quotas: [],
  stages: new Set(Object.keys(statuses) as Stage[]),
  authorised: (call, credentials) => isBasic(call, credentials["username"], credentials["password"]),
  asked: ({ path, query }) => (path === "/mydhlapi/tracking" ? query.getAll("shipmentTrackingNumber") : null),
  answer: (found) => (found.length === 0 ? problem(404, "Not found", "No Shipments Found") : json({ shipments: found.map(shipment) })),
  refused: () => problem(401, "Unauthorized", "Invalid Credentials"),
  overQuota: (seconds) => problem(429, "Too Many Requests", "Rate limit exceeded", { "retry-after": String(seconds) }),
  badRequest: () => problem(400, "Bad request", "Wrong input parameters"),
};

function shipment({ parcel, happened, expectedAt }: Tracked): object {
  const { recipient, sender } = parcel;
  const addressOf = (person: typeof recipient): object => ({
    cityName: person.city.toUpperCase(),
    postalCode: person.postalCode,
    countryCode: person.country,
  });
  const event = ({ stage, at, place }: Happened): object => {
    const [typeCode, description] = statuses[stage]!;
    const signedBy = stage === "delivered" || stage === "collected" ? fullName(recipient).toUpperCase() : "";
    const serviceArea = [{ code: "BER", description: `${place}-DE` }];
    return {
      date: day(at),
      time: clock(at),
      GMTOffset: offset,
      typeCode,
      description: description(fullName(recipient)),
      serviceArea,
      signedBy,
    };
  };
  return {
    shipmentTrackingNumber: parcel.number,
    status: "Success",
    shipmentTimestamp: `${day(last(happened).at)}T${clock(happened[0]!.at)}`,
    productCode: "N",
    shipperDetails: { name: `${sender.familyName} & Co`, postalAddress: addressOf(sender) },
    receiverDetails: { name: fullName(recipient), postalAddress: addressOf(recipient) },
    shipperReferences: [{ value: parcel.reference, typeCode: "CU" }],
    events: [...happened].reverse().map(event),
    numberOfPieces: 1,
    estimatedDeliveryDate: day(expectedAt),
  };
}
