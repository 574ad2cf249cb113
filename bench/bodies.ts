import { createHash, createHmac } from "node:crypto";

export interface BodyMix {
  readonly secret: string;
  /** Paths of one FedEx and one AfterShip endpoint with this secret. */
  readonly fedexPath: string;
  readonly aftershipPath: string;
  /** Bodies to make. */
  readonly count: number;
  /** Three digits that tell this leg's parcels from every other leg's. */
  readonly leg: string;
}

export interface SignedBody {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const scansPerParcel = 6;
const bodyBytes = 2048;
const cities = ["Musterstadt", "Nijmegen", "Gouda", "Leiden", "Lyon", "Gent", "Aarhus", "Turku", "Graz", "Porto"];
const words = [
  "Arrived at facility",
  "Departed facility",
  "In transit",
  "Out for delivery",
  "Customs cleared",
  "Held, ask for the neighbour",
];

/**
 * Signed pushes of about 2 KiB, FedEx and AfterShip in turn, with an invented person and about six values that become tokens (number, name,
 * phone or e-mail, street or postcode, city, event texts). Each parcel sends six of them with one scan more each time, so one in six brings
 * new deterministic values. What fills a body up is of the kind that carriers send beside: ids, dimensions, service codes.
 */
export function* signedBodies({ secret, fedexPath, aftershipPath, leg }: BodyMix): Generator<SignedBody> {
  for (let serial = 0; ; serial++) {
    const parcel = Math.floor(serial / (scansPerParcel * 2));
    const scans = (Math.floor(serial / 2) % scansPerParcel) + 1;
    const fedex = serial % 2 === 0;
    const body = fedex ? fedexPush(leg, parcel, scans) : aftershipPush(leg, parcel, scans);
    const digest = createHmac("sha256", secret).update(body).digest("base64");
    const header = fedex ? "fdx-signature" : "aftership-hmac-sha256";
    yield { path: fedex ? fedexPath : aftershipPath, body, headers: { "content-type": "application/json", [header]: digest } };
  }
}

function fedexPush(leg: string, parcel: number, scans: number): string {
  const number = `7${leg}${String(parcel).padStart(8, "0")}`;
  const city = cities[parcel % cities.length];
  const result = {
    trackingNumberInfo: { trackingNumber: number, carrierCode: "FDXG", trackingNumberUniqueId: `2461349000~${number}~FDEG` },
    additionalTrackingInfo: { hasAssociatedShipments: false, packageIdentifiers: [] },
    recipientInformation: {
      contact: { personName: `Person ${parcel} Achterberg`, phoneNumber: `+4915${leg}${String(parcel).padStart(7, "0")}` },
      address: { streetLines: [`Lindenallee ${parcel}`], city, countryCode: "DE" },
    },
    scanEvents: Array.from({ length: scans }, (_, index) => ({
      date: `2026-11-2${index}T1${index}:0${parcel % 6}:00+01:00`,
      eventType: index === 0 ? "PU" : "AR",
      eventDescription: words[index % words.length],
      derivedStatusCode: "IT",
      scanLocation: { city, countryCode: "DE" },
      locationType: "DESTINATION_FEDEX_FACILITY",
    })),
    packageDetails: {},
  };
  const body = { output: { completeTrackResults: [{ trackingNumber: number, trackResults: [result] }] } };
  result.packageDetails = filling(bodyBytes - JSON.stringify(body).length, `${leg}${parcel}/${scans}`);
  return JSON.stringify(body);
}

function aftershipPush(leg: string, parcel: number, scans: number): string {
  const number = `3S${leg}${String(parcel).padStart(8, "0")}`;
  const city = cities[parcel % cities.length];
  const message = {
    id: createHash("md5").update(number).digest("hex"),
    tracking_number: number,
    slug: "postnl-3s",
    tag: "InTransit",
    subtag: "InTransit_001",
    customers: [{ role: "receiver", name: `Roos ${parcel} Boersma`, email: `roos${leg}.${parcel}@example.org`, phone_number: null }],
    destination_country_region: "NLD",
    destination_postal_code: `${1000 + (parcel % 9000)} AB`,
    destination_city: city,
    checkpoints: Array.from({ length: scans }, (_, index) => ({
      slug: "postnl-3s",
      hash: createHash("md5").update(`${number}/${index}`).digest("hex"),
      checkpoint_time: `2026-11-2${index}T1${index}:0${parcel % 6}:00+01:00`,
      country_region: "NLD",
      city,
      message: words[index % words.length],
      tag: "InTransit",
      subtag: "InTransit_003",
    })),
    custom_fields: {},
  };
  const body = { event: "tracking_update", event_id: `${number}-${scans}`, msg: message, ts: 1_794_317_500 + scans };
  message.custom_fields = filling(bodyBytes - JSON.stringify(body).length, `${number}/${scans}`);
  return JSON.stringify(body);
}

/** An object of about that many bytes as JSON: ids that do not compress, and names that repeat. */
function filling(bytes: number, seed: string): Record<string, string> {
  const filled: Record<string, string> = {};
  for (let left = bytes - 24, index = 0; left > 0; left -= 72, index++) {
    filled[`packageAttribute${String(index).padStart(2, "0")}`] =
      createHash("sha1").update(`${seed}/${index}`).digest("hex").slice(0, 32) + " FDXG KG";
  }
  return filled;
}
