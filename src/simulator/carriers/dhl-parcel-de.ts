import { germanMinute } from "../clock-text.ts";
import type { Happened, Stage } from "../life.ts";
import { fullName, streetLine } from "../person.ts";
import { isBasic, last, type Call, type Credentials, type Reply, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

const statuses: Partial<Record<Stage, readonly [ice: string, ric: string, standard: string, text: string]>> = {
  announced: ["PARCV", "NRQRD", "VA", "The shipment data were received electronically"],
  accepted: ["PCKDU", "PUBCR", "AE", "The shipment has been picked up"],
  sorted: ["LDTMV", "MVMTV", "AA", "The shipment has been processed in the parcel center of origin"],
  arrived: ["ULFMV", "UNLDD", "EE", "The shipment has been processed in the destination parcel center"],
  out_for_delivery: ["SRTED", "NRQRD", "PO", "The shipment has been loaded onto the delivery vehicle"],
  attempted: ["NTDEL", "NHOME", "ZN", "The recipient was not at home"],
  at_pickup: ["CNRFC", "SERPT", "ZF", "The shipment is ready for pick-up"],
  collected: ["DLVRD", "SERPT", "ZU", "The shipment was handed out"],
  delivered: ["DLVRD", "ACCPT", "ZU", "The shipment has been successfully delivered"],
};
/** DHL Parcel DE Tracking: Basic for the gateway and a second credential in the XML of the query, 20 numbers a call; most of a person's data. */
export const dhlParcelDe: SimulatedCarrier = {
  source: "dhl-parcel-de",
  batchMax: 20,
  country: "DE",
  credentialFields: ["apiKey", "apiSecret", "appname", "password"],
  quotas: [{ unit: "calls", count: 3, windowMs: 1000 }],
  stages: new Set(Object.keys(statuses) as Stage[]),
  authorised: (call, credentials) => isBasic(call, credentials["apiKey"], credentials["apiSecret"]) && knowsPortal(call, credentials),
  asked: ({ path, query }) => {
    const pieces = attributeOf(query.get("xml") ?? "", "piece-code");
    return path !== "/parcel/de/tracking/v0/shipments" || pieces === null ? null : pieces.split(";");
  },
  answer: (found, missing) => answerOf(found, missing),
  // The gateway's refusal would be a 401; the service's own, which is the one to be read with care, is a 200.
  refused: () => xml(200, `<data name="piece-shipment-list" code="5" error="login failed"/>`),
  overQuota: (seconds) => xml(429, "", { "retry-after": String(seconds) }),
  badRequest: () => xml(200, `<data name="piece-shipment-list" code="45" error="no piece-code supplied"/>`),
};

function answerOf(found: readonly Tracked[], missing: readonly string[]): Reply {
  if (found.length === 0) return xml(200, `<data name="piece-shipment-list" code="100" error="no data found" request-id="simulated"/>`);
  const unknown = missing.map((number) =>
    element("piece-shipment", { "error-status": "100", "piece-code": "", "searched-piece-code": number }),
  );
  return xml(200, `<data name="piece-shipment-list" code="0" request-id="simulated">${[...found.map(piece), ...unknown].join("")}</data>`);
}

function knowsPortal({ query }: Call, { appname, password }: Credentials): boolean {
  const question = query.get("xml") ?? "";
  return attributeOf(question, "appname") === appname && attributeOf(question, "password") === password;
}

function piece({ parcel, happened }: Tracked): string {
  const { recipient, sender } = parcel;
  const done = last(happened);
  const [ice, ric, standard, text] = statuses[done.stage]!;
  const city = `${recipient.postalCode} ${recipient.city}`;
  const attributes = {
    "error-status": "0",
    "piece-identifier": parcel.number.slice(2),
    "piece-code": parcel.number,
    "event-country": "DE",
    "status-timestamp": germanMinute(done.at),
    status: text,
    "recipient-name": recipient.familyName,
    "recipient-street": streetLine(recipient),
    "recipient-city": city,
    "pan-recipient-name": fullName(recipient),
    "pan-recipient-street": streetLine(recipient),
    "pan-recipient-city": city,
    "pan-recipient-address": `${streetLine(recipient)} ${city}`,
    "pan-recipient-postalcode": recipient.postalCode,
    "shipper-name": `${sender.familyName} & Co`,
    "shipper-street": streetLine(sender),
    "shipper-city": `${sender.postalCode} ${sender.city}`,
    ice,
    ric,
    "standard-event-code": standard,
    "dest-country": "DE",
    "origin-country": "DE",
    "searched-piece-code": parcel.number,
    "piece-customer-reference": parcel.reference,
    leitcode: `${recipient.postalCode}007007${recipient.houseNumber}`.slice(0, 14),
    ruecksendung: "false",
  };
  const events = element(
    "piece-event-list",
    { "piece-identifier": parcel.number.slice(2), ruecksendung: "false" },
    happened.map(event).join(""),
  );
  return element("piece-shipment", attributes, events);
}

function event({ stage, at, place }: Happened): string {
  const [ice, ric, standard, text] = statuses[stage]!;
  return element("piece-event", {
    "event-timestamp": germanMinute(at),
    "event-status": text,
    "event-text": text,
    ice,
    ric,
    "event-location": place,
    "event-country": "Germany",
    "standard-event-code": standard,
    ruecksendung: "false",
  });
}

function element(name: string, attributes: Readonly<Record<string, string>>, inside = ""): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  return `<data name="${name}"${written.join("")}>${inside}</data>`;
}

function xml(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { "content-type": "application/xml", ...headers }, body: `<?xml version="1.0" encoding="UTF-8"?>${body}` };
}

function attributeOf(document: string, name: string): string | null {
  return new RegExp(` ${name}="([^"]*)"`).exec(document)?.[1] ?? null;
}

function escaped(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
