import { createHmac, randomBytes, randomInt } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const everyMs = 1_500;
const parcelsAtOnce = 12;

interface Demo {
  readonly tenant: string;
  readonly apiKey: string;
  readonly url: string;
  readonly secret: string;
}

interface Parcel {
  readonly number: string;
  readonly person: string;
  readonly scans: object[];
}

const journey = [
  ["OC", "IN", "Shipment information sent to FedEx"],
  ["PU", "PU", "Picked up"],
  ["DP", "IT", "Left FedEx origin facility"],
  ["AR", "IT", "At local FedEx facility"],
  ["OD", "OD", "On FedEx vehicle for delivery"],
  ["DL", "DL", "Delivered"],
] as const;
const persons = ["Ida Musterweg", "Jonas Beispiel", "Marta Ejemplo", "Luc Fictif", "Saar Voorbeeld", "Pia Esempio"];
const streets = ["Lindenallee 4", "Rue des Exemples 12", "Keizersgracht 999", "Calle Inventada 7"];

/**
 * A tenant with an endpoint and a live stream of invented parcels through the real ingress, signed as the carrier would sign, so that a newcomer
 * has something to see. Kept in the data folder from the first start on.
 * @returns stops the stream.
 */
export async function startDemo(url: string, operatorKey: string, dataDir: string, print: (line: string) => void): Promise<() => void> {
  const path = join(dataDir, "secrets", "demo.json");
  const demo = await readFile(path, "utf8").then(
    (text) => JSON.parse(text) as Demo,
    () => createDemo(url, operatorKey, path),
  );
  print(`  demo tenant     ${demo.tenant}\n  demo API key    ${demo.apiKey}`);
  print(`  see parcels     curl -H 'Authorization: Bearer ${demo.apiKey}' ${url}/v1/shipments`);
  const parcels: Parcel[] = [];
  const send = async (): Promise<void> => {
    if (parcels.length < parcelsAtOnce)
      parcels.push({ number: `7${randomInt(1e10, 9e10)}`, person: persons[randomInt(persons.length)]!, scans: [] });
    const parcel = parcels[randomInt(parcels.length)]!;
    const body = nextScan(parcel);
    if (parcel.scans.length >= journey.length) parcels.splice(parcels.indexOf(parcel), 1);
    const signature = createHmac("sha256", demo.secret).update(body).digest("base64");
    await fetch(`${url}${new URL(demo.url).pathname}`, {
      method: "POST",
      headers: { "content-type": "application/json", "fdx-signature": signature },
      body,
    });
  };
  const timer = setInterval(() => void send().catch(() => {}), everyMs);
  return () => clearInterval(timer);
}

async function createDemo(url: string, operatorKey: string, path: string): Promise<Demo> {
  const call = async (path: string, body: object, tenant?: string): Promise<Record<string, string>> => {
    const headers = {
      authorization: `Bearer ${operatorKey}`,
      "content-type": "application/json",
      ...(tenant === undefined ? {} : { "parcelkeep-tenant": tenant }),
    };
    return (await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json() as Promise<
      Record<string, string>
    >;
  };
  const { tenant, apiKey } = await call("/v1/tenants", { name: "Demo" });
  const secret = randomBytes(20).toString("hex");
  const endpoint = await call("/v1/endpoints", { source: "fedex", secret }, tenant);
  const demo: Demo = { tenant: tenant!, apiKey: apiKey!, url: endpoint["url"]!, secret };
  await writeFile(path, JSON.stringify(demo), { mode: 0o600 });
  return demo;
}

function nextScan(parcel: Parcel): string {
  const [eventType, code, description] = journey[parcel.scans.length]!;
  const date = new Date().toISOString().replace(/\.\d+Z$/, "+00:00");
  parcel.scans.unshift({
    date,
    eventType,
    eventDescription: description,
    derivedStatusCode: code,
    scanLocation: { city: "Musterstadt", countryCode: "DE" },
  });
  const trackResult = {
    trackingNumberInfo: { trackingNumber: parcel.number },
    recipientInformation: {
      contact: { personName: parcel.person },
      address: { streetLines: [streets[randomInt(streets.length)]], city: "Musterstadt", countryCode: "DE" },
    },
    latestStatusDetail: { code, derivedCode: code, description },
    scanEvents: parcel.scans,
  };
  return JSON.stringify({ output: { completeTrackResults: [{ trackingNumber: parcel.number, trackResults: [trackResult] }] } });
}
