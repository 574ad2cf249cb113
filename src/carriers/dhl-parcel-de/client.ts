import { answered, basicAuthorisation, failureByStatus, malformed, noneFound, part, unauthorised, unavailable } from "../call-outcome.ts";
import type { CarrierClient, Credentials } from "../client.ts";
import { attribute, children, parseXml } from "../xml.ts";

const xmlType = "application/xml";
const operation = "d-get-piece-detail";

/** Codes of a whole answer: login failed, too many failed logins, no authorisation. */
const refusals: ReadonlySet<string> = new Set(["5", "6", "62"]);
/** No data found, no electronic shipment data. */
const unknowns: ReadonlySet<string> = new Set(["100", "200"]);
/** Technical error, internal error, no database. */
const outages: ReadonlySet<string> = new Set(["-1000", "-2", "-1"]);

/**
 * DHL Parcel DE Tracking (Post & Parcel Germany), up to 20 numbers a call, joined by semicolons. The gateway has its own credential (Basic) beside
 * the business portal's, which stands in an XML document in the query (developer.dhl.com, "Parcel DE Tracking", and a public client's
 * notes from live calls, read 2026-11-26). The postal code that would unlock the recipient is never sent, nor is the signature asked for.
 */
export const client: CarrierClient = {
  source: "dhl-parcel-de",
  baseUrl: "https://api-eu.dhl.com",
  batchMax: 20,
  credentialFields: ["apiKey", "apiSecret", "appname", "password"],
  trackRequest: (numbers, credentials, _token, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/parcel/de/tracking/v0/shipments?xml=${encodeURIComponent(question(numbers, credentials))}`,
    headers: { accept: xmlType, authorization: basicAuthorisation(part(credentials, "apiKey"), part(credentials, "apiSecret")) },
    body: null,
    literals: [xmlType, operation, "en"],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer);
    if (failure !== null) return failure;
    const parsed = parseXml(answer.body);
    const code = parsed.ok && parsed.value.name === "data" ? attribute(parsed.value, "code") : null;
    if (!parsed.ok || code === null) return malformed;
    if (refusals.has(code)) return unauthorised;
    if (outages.has(code)) return unavailable(answer);
    if (unknowns.has(code)) return noneFound(numbers);
    if (code !== "0") return malformed;
    const pieces = children(parsed.value, "data").filter((piece) => attribute(piece, "name") === "piece-shipment");
    const known = new Set(
      pieces
        .filter((piece) => (attribute(piece, "error-status") ?? "0") === "0")
        .flatMap((piece) => [attribute(piece, "searched-piece-code"), attribute(piece, "piece-code")]),
    );
    const notFound = numbers.filter((number) => !known.has(number));
    return notFound.length === numbers.length ? noneFound(numbers) : answered(answer, notFound);
  },
};

function question(numbers: readonly string[], credentials: Credentials): string {
  const appname = xmlText(part(credentials, "appname"));
  const password = xmlText(part(credentials, "password"));
  const pieces = numbers.map(xmlText).join(";");
  return `<?xml version="1.0" encoding="UTF-8" standalone="no"?><data appname="${appname}" language-code="en" password="${password}" piece-code="${pieces}" request="${operation}"/>`;
}

function xmlText(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
