import { createHmac } from "node:crypto";
import { fedexOutput } from "./carriers/fedex.ts";
import { inpostStatuses } from "./carriers/inpost.ts";
import { upsStatuses } from "./carriers/ups.ts";
import { compact, compactUtc, local, offset, zoned } from "./clock-text.ts";
import type { SimulatedParcel } from "./life.ts";
import { fullName, streetLine } from "./person.ts";
import { last, type Tracked } from "./simulated-carrier.ts";

/** A sender of webhooks. */
export interface SimulatedSender {
  /** The product's id for it. */
  readonly source: string;
  /** `carrier`: one message for each step of a parcel. `shop`: one for each parcel, before its carrier knows it. */
  readonly role: "carrier" | "shop";
  /** A sender by OAuth fetches a token from the receiver first, and sends it with its client id. */
  readonly fetchesToken: boolean;
  message(tracked: Tracked | SimulatedParcel, access: SenderAccess): PushMessage;
}

export interface SenderAccess {
  /** Shared with the receiver. */
  readonly secret: string;
  readonly clientId: string | null;
  readonly token: string | null;
}

export interface PushMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** UPS Track Alert: one event a message; token and client id, no signature. */
const upsTrackAlert: SimulatedSender = {
  source: "ups",
  role: "carrier",
  fetchesToken: true,
  message: (about, { clientId, token }) => {
    const { parcel, happened, expectedAt } = about as Tracked;
    const { stage, at, place } = last(happened);
    const [type, code, descriptionCode, description] = upsStatuses[stage]!;
    const [localActivityDate, localActivityTime] = compact(at);
    const [gmtActivityDate, gmtActivityTime] = compactUtc(at);
    const body = JSON.stringify({
      trackingNumber: parcel.number,
      localActivityDate,
      localActivityTime,
      activityLocation: { city: place.toUpperCase(), stateProvince: "", postalCode: "", country: "NL" },
      activityStatus: { type, code, description, descriptionCode },
      scheduledDeliveryDate: compact(expectedAt)[0],
      actualDeliveryDate: type === "D" ? localActivityDate : "",
      actualDeliveryTime: type === "D" ? localActivityTime : "",
      gmtActivityDate,
      gmtActivityTime,
      gmtOffset: "+01.00",
      receivedBy: type === "D" ? parcel.recipient.familyName.toUpperCase() : "",
    });
    const headers = {
      "content-type": "application/json",
      authorization: `Bearer ${token}`,
      "x-api-key": clientId ?? "",
      "user-agent": "UPSPubSubTrackingService",
    };
    return { headers, body };
  },
};

/** FedEx Advanced Integrated Visibility: the whole history each time, signed. */
const fedexVisibility: SimulatedSender = {
  source: "fedex",
  role: "carrier",
  fetchesToken: false,
  message: (about, { secret }) => {
    const body = JSON.stringify({ output: fedexOutput([about as Tracked], []) });
    const signature = createHmac("sha256", secret).update(body).digest("base64");
    return { headers: { "content-type": "application/json", "fdx-signature": signature }, body };
  },
};

/** InPost's ShipX, set up to sign what it sends: number and status, nobody's name. */
const inpostShipx: SimulatedSender = {
  source: "inpost",
  role: "carrier",
  fetchesToken: false,
  message: (about, { secret }) => {
    const { parcel, happened } = about as Tracked;
    const { stage, at } = last(happened);
    const body = JSON.stringify({
      event_ts: `${local(at).replace("T", " ")} ${offset.replace(":", "")}`,
      event: "shipment_status_changed",
      organization_id: 1,
      payload: { shipment_id: Number(parcel.reference.slice(-8)), status: inpostStatuses[stage], tracking_number: parcel.number },
    });
    const signature = createHmac("sha256", secret).update(body).digest("base64");
    return { headers: { "content-type": "application/json", "x-inpost-signature": signature }, body };
  },
};

/** A shop's order with a fulfilment: who the recipient is, in full, and which parcel is theirs. */
const shopifyOrder: SimulatedSender = {
  source: "shopify",
  role: "shop",
  fetchesToken: false,
  message: (about, { secret }) => {
    const { source, number, reference, recipient, announcedAt } = about as SimulatedParcel;
    const id = Number.parseInt(reference.slice(-8), 10) + 6_000_000_000;
    const at = zoned(new Date(announcedAt));
    const address = {
      first_name: recipient.givenName,
      last_name: recipient.familyName,
      name: fullName(recipient),
      address1: streetLine(recipient),
      zip: recipient.postalCode,
      city: recipient.city,
      country_code: recipient.country,
      phone: recipient.phone,
    };
    const body = JSON.stringify({
      id,
      name: `#${reference.slice(-8)}`,
      order_number: Number(reference.slice(-8)),
      email: recipient.email,
      phone: recipient.phone,
      created_at: at,
      updated_at: at,
      shipping_address: address,
      billing_address: address,
      customer: { id: id + 1, email: recipient.email, first_name: recipient.givenName, last_name: recipient.familyName },
      fulfillments: [
        {
          id: id + 2,
          order_id: id,
          status: "success",
          shipment_status: null,
          tracking_company: companies[source] ?? source,
          tracking_number: number,
        },
      ],
    });
    const headers = {
      "content-type": "application/json",
      "x-shopify-topic": "orders/fulfilled",
      "x-shopify-webhook-id": `sim-${id}`,
      "x-shopify-hmac-sha256": createHmac("sha256", secret).update(body).digest("base64"),
    };
    return { headers, body };
  },
};

/** Carriers by the names that shops give them. */
const companies: Readonly<Record<string, string>> = {
  bring: "Bring",
  "dhl-express": "DHL Express",
  "dhl-parcel-de": "DHL Paket",
  fedex: "FedEx",
  gls: "GLS",
  "hermes-de": "Hermes Germany",
  inpost: "InPost",
  laposte: "La Poste",
  postnl: "PostNL",
  royalmail: "Royal Mail",
  ups: "UPS",
};

export const simulatedSenders: readonly SimulatedSender[] = [fedexVisibility, inpostShipx, shopifyOrder, upsTrackAlert];
