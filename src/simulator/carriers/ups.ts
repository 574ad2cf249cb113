import { compact, compactUtc, offset } from "../clock-text.ts";
import type { Happened, Stage } from "../life.ts";
import { fullName, streetLine } from "../person.ts";
import { after, basicGrant, bearerReply, hasLiveBearer, json, last, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

/** Type, activity code, package status code and text of each stage, as in Track answers and Track Alert alike. */
export const upsStatuses: Partial<Record<Stage, readonly [type: string, code: string, statusCode: string, description: string]>> = {
  announced: ["M", "MP", "003", "Shipment Ready for UPS"],
  accepted: ["P", "OR", "005", "Origin Scan"],
  sorted: ["I", "DP", "005", "Departed from Facility"],
  arrived: ["I", "AR", "005", "Arrived at Facility"],
  delayed: ["X", "48", "013", "The delivery is held up"],
  out_for_delivery: ["I", "OT", "021", "Out For Delivery Today"],
  attempted: ["X", "48", "022", "The receiver was not available"],
  at_pickup: ["I", "2Q", "040", "Delivered to UPS Access Point, awaiting customer pickup"],
  collected: ["D", "FS", "011", "Delivered"],
  delivered: ["D", "FS", "011", "Delivered"],
  returning: ["X", "28", "035", "Returning to Sender"],
  returned: ["RS", "RS", "034", "Returned to Sender"],
};

const notFound = { code: "TW0001", message: "Tracking Information Not Found" };
const errors = (status: number, code: string, message: string, headers = {}) =>
  json({ response: { errors: [{ code, message }] } }, status, headers);

/** UPS Track API v1: OAuth by client credentials, one number a call; names and addresses unasked. */
export const ups: SimulatedCarrier = {
  source: "ups",
  batchMax: 1,
  country: "NL",
  credentialFields: ["clientId", "clientSecret"],
  quotas: [],
  stages: new Set(Object.keys(upsStatuses) as Stage[]),
  token: { path: "/security/v1/oauth/token", lifeSeconds: 14_399, authorised: basicGrant, reply: bearerReply },
  authorised: (call, _credentials, isLive) => hasLiveBearer(call, isLive) && call.headers["transid"] !== undefined,
  asked: ({ path }) => {
    const number = after(path, "/api/track/v1/details/");
    return number === null ? null : [number];
  },
  answer: ([found], [missing]) =>
    found === undefined
      ? json({ trackResponse: { shipment: [{ inquiryNumber: missing, warnings: [notFound] }] } })
      : json({ trackResponse: { shipment: [{ inquiryNumber: found.parcel.number, package: [packageOf(found)] }] } }),
  refused: () => errors(401, "250002", "Invalid Authentication Information."),
  overQuota: (seconds) => errors(429, "10429", "Too Many Requests", { "retry-after": String(seconds) }),
  badRequest: () => errors(400, "TV1002", "Invalid request"),
};

function packageOf({ parcel, happened, expectedAt }: Tracked): object {
  const { recipient, sender } = parcel;
  const done = last(happened);
  const [type, code, statusCode, description] = upsStatuses[done.stage]!;
  return {
    trackingNumber: parcel.number,
    activity: [...happened].reverse().map(activity),
    currentStatus: { type, code, statusCode, description },
    deliveryDate: [{ type: "SDD", date: compact(expectedAt)[0] }],
    deliveryTime: { type: "EDW", startTime: "130000", endTime: "180000" },
    ...(type === "D" ? { deliveryInformation: { location: "Front Door", receivedBy: recipient.familyName.toUpperCase() } } : {}),
    packageAddress: [
      {
        type: "ORIGIN",
        name: `${sender.familyName} & Co`,
        address: { addressLine1: streetLine(sender), city: sender.city, postalCode: sender.postalCode, countryCode: sender.country },
      },
      {
        type: "DESTINATION",
        name: fullName(recipient),
        address: {
          addressLine1: streetLine(recipient),
          city: recipient.city,
          postalCode: recipient.postalCode,
          countryCode: recipient.country,
        },
      },
    ],
    referenceNumber: [{ type: "SHIPMENT", number: parcel.reference }],
  };
}

function activity({ stage, at, place }: Happened): object {
  const [type, code, statusCode, description] = upsStatuses[stage]!;
  const [date, time] = compact(at);
  const [gmtDate, gmtTime] = compactUtc(at);
  const location = { address: { city: place, countryCode: "NL" } };
  return { date, time, gmtDate, gmtTime, gmtOffset: offset, location, status: { type, code, statusCode, description } };
}
