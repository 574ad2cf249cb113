import { zoned } from "../clock-text.ts";
import type { Happened, Stage } from "../life.ts";
import { fullName, streetLine } from "../person.ts";
import { bearerReply, hasLiveBearer, json, last, type Call, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

const statuses: Partial<Record<Stage, readonly [eventType: string, derivedCode: string, description: string]>> = {
  announced: ["OC", "IN", "Shipment information sent to FedEx"],
  accepted: ["PU", "PU", "Picked up"],
  sorted: ["DP", "IT", "Left FedEx origin facility"],
  arrived: ["AR", "IT", "At local FedEx facility"],
  delayed: ["DY", "DY", "Delay"],
  out_for_delivery: ["OD", "OD", "On FedEx vehicle for delivery"],
  attempted: ["DE", "DE", "Delivery exception"],
  at_pickup: ["HL", "HL", "Ready for recipient pickup"],
  collected: ["DL", "DL", "Delivered"],
  delivered: ["DL", "DL", "Delivered"],
};

const fault = (status: number, code: string, message: string, headers = {}) =>
  json({ transactionId: "5f4dcc3b-simulated", errors: [{ code, message }] }, status, headers);

/** FedEx Track API v1: OAuth with the credential in the form, 30 numbers a call, an error in place of a number's results. */
export const fedex: SimulatedCarrier = {
  source: "fedex",
  batchMax: 30,
  country: "US",
  credentialFields: ["clientId", "clientSecret"],
  quotas: [],
  stages: new Set(Object.keys(statuses) as Stage[]),
  token: {
    path: "/oauth/token",
    lifeSeconds: 3599,
    authorised: ({ body }, { clientId, clientSecret }) => {
      const form = new URLSearchParams(body);
      return (
        form.get("grant_type") === "client_credentials" && form.get("client_id") === clientId && form.get("client_secret") === clientSecret
      );
    },
    reply: bearerReply,
  },
  authorised: (call, _credentials, isLive) => hasLiveBearer(call, isLive),
  asked: (call) => (call.method === "POST" && call.path === "/track/v1/trackingnumbers" ? numbersOf(call) : null),
  answer: (found, missing) => json({ transactionId: "5f4dcc3b-simulated", output: fedexOutput(found, missing) }),
  refused: () => fault(401, "NOT.AUTHORIZED.ERROR", "Access token expired. Please modify your request and try again."),
  overQuota: (seconds) => fault(429, "TOO.MANY.REQUESTS", "Too many requests", { "retry-after": String(seconds) }),
  badRequest: () => fault(400, "TRACKING.TRACKINGNUMBER.INVALID", "Invalid tracking numbers."),
};

function numbersOf({ body }: Call): readonly string[] | null {
  try {
    const { trackingInfo } = JSON.parse(body) as {
      readonly trackingInfo: readonly { readonly trackingNumberInfo: { readonly trackingNumber: string } }[];
    };
    return trackingInfo.map(({ trackingNumberInfo }) => trackingNumberInfo.trackingNumber);
  } catch {
    return null;
  }
}

/** What answers and pushes have in common. */
export function fedexOutput(found: readonly Tracked[], missing: readonly string[]): object {
  const error = { code: "TRACKING.TRACKINGNUMBER.NOTFOUND", message: "Tracking number cannot be found." };
  return {
    completeTrackResults: [
      ...found.map((tracked) => ({ trackingNumber: tracked.parcel.number, trackResults: [trackResult(tracked)] })),
      ...missing.map((trackingNumber) => ({ trackingNumber, trackResults: [{ trackingNumberInfo: { trackingNumber }, error }] })),
    ],
  };
}

function trackResult({ parcel, happened, expectedAt }: Tracked): object {
  const { recipient, sender } = parcel;
  const done = last(happened);
  const [code, derivedCode, description] = statuses[done.stage]!;
  const addressOf = (person: typeof recipient): object => ({
    streetLines: [streetLine(person)],
    city: person.city,
    postalCode: person.postalCode,
    countryCode: person.country,
  });
  return {
    trackingNumberInfo: { trackingNumber: parcel.number, trackingNumberUniqueId: `12026~${parcel.number}~FDEG`, carrierCode: "FDXG" },
    additionalTrackingInfo: { packageIdentifiers: [{ type: "CUSTOMER_REFERENCE", values: [parcel.reference] }] },
    shipperInformation: { contact: { companyName: `${sender.familyName} & Co` }, address: addressOf(sender) },
    recipientInformation: { contact: { personName: fullName(recipient), phoneNumber: recipient.phone }, address: addressOf(recipient) },
    latestStatusDetail: { code, derivedCode, description, ...ancillary(done.stage) },
    dateAndTimes: [{ type: "ESTIMATED_DELIVERY", dateTime: zoned(expectedAt) }],
    scanEvents: [...happened].reverse().map(scan),
    ...(code === "DL"
      ? { deliveryDetails: { receivedByName: recipient.familyName.toUpperCase(), signedByName: fullName(recipient) } }
      : {}),
  };
}

function scan({ stage, at, place }: Happened): object {
  const [eventType, derivedStatusCode, eventDescription] = statuses[stage]!;
  const exception = stage === "attempted" ? { exceptionCode: "08", exceptionDescription: "Customer not available or business closed" } : {};
  return {
    date: zoned(at),
    eventType,
    eventDescription,
    derivedStatusCode,
    scanLocation: { city: place, countryCode: "US" },
    ...exception,
  };
}

function ancillary(stage: Stage): object {
  return stage === "attempted"
    ? { ancillaryDetails: [{ reason: "08", reasonDescription: "Customer not available or business closed" }] }
    : {};
}
