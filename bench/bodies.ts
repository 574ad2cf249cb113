import { createHmac } from "node:crypto";

export interface SignedBody {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const scansPerParcel = 6;

/**
 * Signed FedEx pushes of about 2 KiB with an invented person and six values that become tokens (number, name, phone, street, city, event
 * texts). Each parcel sends six of them, so one in six brings new deterministic values.
 */
export function* signedBodies(secret: string, run: string): Generator<SignedBody> {
  for (let serial = 0; ; serial++) {
    const parcel = Math.floor(serial / scansPerParcel);
    const scans = (serial % scansPerParcel) + 1;
    const number = `7${run}${String(parcel).padStart(9, "0")}`;
    const result = {
      trackingNumberInfo: { trackingNumber: number, carrierCode: "FDXG" },
      recipientInformation: {
        contact: { personName: `Person ${parcel}`, phoneNumber: `+49151${String(parcel).padStart(8, "0")}` },
        address: { streetLines: [`Lindenallee ${parcel}`], city: "Musterstadt", countryCode: "DE" },
      },
      scanEvents: Array.from({ length: scans }, (_, index) => ({
        date: `2026-11-2${index}T10:00:00+01:00`,
        eventType: index === 0 ? "PU" : "AR",
        eventDescription: `Scan ${index} of ${serial}`,
        derivedStatusCode: "IT",
        scanLocation: { city: "Musterstadt", countryCode: "DE" },
      })),
      padding: "",
    };
    const body = { output: { completeTrackResults: [{ trackingNumber: number, trackResults: [result] }] } };
    result.padding = "x".repeat(Math.max(0, 2048 - JSON.stringify(body).length));
    const text = JSON.stringify(body);
    yield {
      body: text,
      headers: { "content-type": "application/json", "fdx-signature": createHmac("sha256", secret).update(text).digest("base64") },
    };
  }
}
