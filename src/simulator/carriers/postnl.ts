import { dutch, local, offset } from "../clock-text.ts";
import type { Happened, Stage } from "../life.ts";
import type { Person } from "../person.ts";
import { after, json, last, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

const statuses: Partial<Record<Stage, readonly [code: string, status: string, description: string]>> = {
  announced: ["A01", "1", "Shipment is not yet received or processed by PostNL"],
  accepted: ["B01", "2", "Shipment is received by PostNL"],
  sorted: ["J01", "5", "Shipment is sorted"],
  arrived: ["J10", "5", "Shipment is at the delivery depot"],
  out_for_delivery: ["J05", "7", "Driver is on the way"],
  attempted: ["Y02", "8", "Recipient was not at home"],
  at_pickup: ["I08", "12", "Shipment is at the PostNL point"],
  collected: ["I22", "22", "Shipment is picked up at the PostNL point"],
  delivered: ["I01", "11", "Shipment is delivered"],
};

const fault = (status: number, faultstring: string, errorcode: string, headers = {}) =>
  json({ fault: { faultstring, detail: { errorcode } } }, status, headers);

/** PostNL's ShippingStatus API v2: key in a header, one barcode a call; the whole addresses of both sides unasked. */
export const postnl: SimulatedCarrier = {
  source: "postnl",
  batchMax: 1,
  country: "NL",
  credentialFields: ["apiKey"],
  quotas: [],
  stages: new Set(Object.keys(statuses) as Stage[]),
  authorised: ({ headers }, { apiKey }) => headers["apikey"] === apiKey,
  asked: ({ path }) => {
    const barcode = after(path, "/shipment/v2/status/barcode/");
    return barcode === null ? null : [barcode];
  },
  feed: {
    asked: ({ path, query }) => {
      const [from, to] = query.getAll("period").map((text) => new Date(`${text}${offset}`));
      const isFeed = /^\/shipment\/v2\/status\/[^/]+\/updatedshipments$/.test(path);
      return isFeed && from !== undefined && to !== undefined ? { from, to } : null;
    },
    answer: (changed) =>
      json(
        changed.map(({ parcel, happened }) => {
          const { stage, at } = last(happened);
          const [, StatusCode, StatusDescription] = statuses[stage]!;
          return {
            Barcode: parcel.number,
            CreationDate: `${local(happened[0]!.at).slice(0, 10)}T00:00:00`,
            CustomerNumber: "10000001",
            CustomerCode: "PKSM",
            Status: { Timestamp: local(at), StatusCode, StatusDescription },
          };
        }),
      ),
  },
  answer: ([found]) =>
    found === undefined
      ? json({ CompleteStatus: null, Warnings: [{ Code: "2", Description: "No shipment found" }] })
      : json({ CompleteStatus: { Shipment: shipment(found) } }),
  refused: () => fault(401, "Invalid ApiKey", "oauth.v2.InvalidApiKey"),
  overQuota: (seconds) =>
    fault(429, "Rate limit quota violation.", "policies.ratelimit.QuotaViolation", { "retry-after": String(seconds) }),
  badRequest: () => json({ Errors: [{ Code: "1", Description: "Invalid request" }] }, 400),
};

function shipment({ parcel, happened, expectedAt }: Tracked): object {
  const done = last(happened);
  const statusOf = ({ stage, at }: Happened): object => {
    const [, StatusCode, StatusDescription] = statuses[stage]!;
    return { TimeStamp: dutch(at), StatusCode, StatusDescription };
  };
  const eventOf = ({ stage, at }: Happened): object => {
    const [Code, , Description] = statuses[stage]!;
    return { Code, Description, LocationCode: "156789", TimeStamp: dutch(at) };
  };
  return {
    MainBarcode: parcel.number,
    Barcode: parcel.number,
    ShipmentAmount: "1",
    ShipmentCounter: "1",
    Customer: { CustomerCode: "PKSM", CustomerNumber: "10000001", Name: `${parcel.sender.familyName} & Co` },
    Reference: parcel.reference,
    DeliveryDate: dutch(expectedAt),
    Address: [address("01", parcel.recipient), address("02", parcel.sender)],
    Event: happened.map(eventOf),
    Status: statusOf(done),
    OldStatus: happened.slice(0, -1).map(statusOf),
  };
}

function address(AddressType: string, person: Person): object {
  return {
    AddressType,
    FirstName: person.givenName,
    LastName: person.familyName,
    Street: person.street,
    HouseNumber: person.houseNumber,
    Zipcode: person.postalCode.replaceAll(" ", ""),
    City: person.city,
    CountryCode: person.country,
    Remark: {},
  };
}
