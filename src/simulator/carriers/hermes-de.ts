import { day, zoned } from "../clock-text.ts";
import type { Happened, Stage } from "../life.ts";
import { hasLiveBearer, json, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

const statuses: Partial<Record<Stage, readonly [code: string, description: string]>> = {
  announced: ["0000", "The shipment has been notified to Hermes electronically."],
  accepted: ["1910", "The shipment was collected from the client/supplier."],
  sorted: ["1510", "The shipment has been sorted."],
  arrived: ["2000", "The shipment has arrived at the distribution centre."],
  out_for_delivery: ["3000", "The shipment has gone out on a delivery route. Delivery is expected today."],
  attempted: ["3731", "The recipient was not present. Hermes will make another delivery attempt."],
  at_pickup: ["3410", "The shipment is available for collection from the ParcelShop."],
  collected: ["3530", "The shipment has been collected by the recipient from the ParcelShop."],
  delivered: ["3500", "The shipment has been delivered."],
};

const problem = (status: number, code: string, message: string, headers = {}) =>
  json({ listOfResultCodes: [{ code, message }] }, status, headers);

/** Hermes Germany's Shipment Info API: OAuth with a user's password, 100 numbers a call; city and postal code of the receiver unasked. */
export const hermesDe: SimulatedCarrier = {
  source: "hermes-de",
  batchMax: 100,
  country: "DE",
  credentialFields: ["clientId", "clientSecret", "username", "password"],
  quotas: [],
  stages: new Set(Object.keys(statuses) as Stage[]),
  token: {
    path: "/authorization-facade/oauth2/access_token",
    lifeSeconds: 3600,
    authorised: ({ body }, credentials) => {
      const form = new URLSearchParams(body);
      return (
        form.get("grant_type") === "password" &&
        form.get("client_id") === credentials["clientId"] &&
        form.get("client_secret") === credentials["clientSecret"] &&
        form.get("username") === credentials["username"] &&
        form.get("password") === credentials["password"]
      );
    },
    // The seconds are written as text.
    reply: (token, lifeSeconds) =>
      json({ access_token: token, expires_in: String(lifeSeconds), token_type: "Bearer", scope: "full", refresh_token: "simulated" }),
  },
  authorised: (call, _credentials, isLive) => hasLiveBearer(call, isLive),
  asked: ({ path, query }) => (path === "/services/hsi/shipmentinfo" ? query.getAll("shipmentID") : null),
  answer: (found, missing) =>
    json({
      shipmentinfo: [
        ...found.map(info),
        ...missing.map((shipmentID) => ({
          shipmentID,
          result: { code: "e001", message: "There is no information for the entered value." },
        })),
      ],
    }),
  // Hermes says so with a 400.
  refused: () => problem(400, "e903", "Token is expired."),
  overQuota: (seconds) => problem(429, "e429", "Too many requests.", { "retry-after": String(seconds) }),
  badRequest: () => problem(400, "e006", "Required fields not filled."),
};

function info({ parcel, happened, expectedAt }: Tracked): object {
  const { recipient } = parcel;
  const status = ({ stage, at, place }: Happened): object => ({
    timestamp: zoned(at),
    code: statuses[stage]![0],
    description: statuses[stage]![1],
    scanningUnit: { name: "Hermes Germany", city: place, countryCode: "DEU" },
  });
  return {
    shipmentID: parcel.number,
    clientReference: parcel.reference,
    trackingLink: `https://www.myhermes.de/tracking/${parcel.number}`,
    receiverAddress: { city: recipient.city, zipCode: recipient.postalCode, countryCode: "DEU" },
    deliveryForecast: { fixed: false, date: day(expectedAt), timeSlot: { from: "10:00", to: "18:00" } },
    status: happened.map(status),
  };
}
