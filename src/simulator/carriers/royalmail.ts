import { day, zoned } from "../clock-text.ts";
import type { Happened, Stage } from "../life.ts";
import { fullName } from "../person.ts";
import { after, json, last, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

const statuses: Partial<Record<Stage, readonly [code: string, name: string, category: string]>> = {
  announced: ["EVAIE", "Sender preparing item", "IN TRANSIT"],
  accepted: ["EVPPA", "Accepted at Post Office", "WE'VE GOT IT"],
  sorted: ["EVIMC", "Item processed in mail centre", "IN TRANSIT"],
  arrived: ["EVDAC", "Arrived at Delivery Office", "IN TRANSIT"],
  out_for_delivery: ["EVGPD", "Out for Delivery", "OUT FOR DELIVERY"],
  attempted: ["EVKNA", "Delivery attempted, no answer", "DELIVERY ATTEMPTED"],
  at_pickup: ["EVKLC", "Available for collection", "AVAILABLE FOR COLLECTION"],
  collected: ["EVNCO", "Collected by customer", "COLLECTED"],
  delivered: ["EVKSP", "Delivered and signed", "DELIVERED"],
};

const problem = (httpCode: number, httpMessage: string, errorCode: string, errorDescription: string, headers = {}) =>
  json({ httpCode, httpMessage, errors: [{ errorCode, errorDescription }] }, httpCode, headers);

/** Royal Mail Tracking API v2: id and secret in headers, the events of one item a call; the name of who signed unasked. */
export const royalmail: SimulatedCarrier = {
  source: "royalmail",
  batchMax: 1,
  country: "GB",
  credentialFields: ["clientId", "clientSecret"],
  quotas: [{ unit: "calls", count: 50, windowMs: 86_400_000 }],
  stages: new Set(Object.keys(statuses) as Stage[]),
  authorised: ({ headers }, { clientId, clientSecret }) =>
    headers["x-ibm-client-id"] === clientId && headers["x-ibm-client-secret"] === clientSecret && headers["x-accept-rmg-terms"] === "yes",
  asked: ({ path }) => {
    const item = after(path, "/mailpieces/v2/", "/events");
    return item === null ? null : [item];
  },
  answer: ([found], [missing = ""]) =>
    found === undefined
      ? problem(404, "Resource Not Found", "E1142", `Barcode reference ${missing} isn't recognised`)
      : json({ mailPieces: mailPieces(found) }),
  refused: () => json({ httpCode: "401", httpMessage: "Unauthorized", moreInformation: "Invalid client id or secret." }, 401),
  overQuota: (seconds) =>
    json({ httpCode: "429", httpMessage: "Too Many Requests", moreInformation: "Rate Limit exceeded" }, 429, {
      "retry-after": String(seconds),
    }),
  badRequest: () => problem(400, "Bad Request", "E1143", "The submitted request was not valid"),
};

function mailPieces({ parcel, happened, expectedAt }: Tracked): object {
  const done = last(happened);
  const [lastEventCode, lastEventName, statusCategory] = statuses[done.stage]!;
  const event = ({ stage, at, place }: Happened): object => ({
    eventCode: statuses[stage]![0],
    eventName: statuses[stage]![1],
    eventDateTime: zoned(at),
    locationName: `${place} DO`,
  });
  const isDelivered = done.stage === "delivered" || done.stage === "collected";
  return {
    mailPieceId: parcel.number,
    carrierShortName: "RM",
    carrierFullName: "Royal Mail Group Ltd",
    summary: {
      uniqueItemId: parcel.number,
      oneDBarcode: parcel.number,
      productId: "SD2",
      productName: "Special Delivery Guaranteed",
      destinationCountryCode: "GBR",
      originCountryCode: "GBR",
      lastEventCode,
      lastEventName,
      lastEventDateTime: zoned(done.at),
      lastEventLocationName: `${done.place} DO`,
      statusCategory,
      summaryLine: `Item ${parcel.number} was last seen at ${done.place} DO.`,
    },
    ...(isDelivered
      ? { signature: { recipientName: fullName(parcel.recipient), signatureDateTime: zoned(done.at), imageId: "001234" } }
      : { estimatedDelivery: { date: day(expectedAt), startOfEstimatedWindow: "08:00:00+01:00", endOfEstimatedWindow: "11:00:00+01:00" } }),
    events: [...happened].reverse().map(event),
    links: { summary: { href: `/mailpieces/v2/summary?mailPieceId=${parcel.number}`, title: "Summary", description: "Get summary" } },
  };
}
