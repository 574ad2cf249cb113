import { bareNotice, identityOf } from "../bare-notice.ts";
import { carrierByName } from "../carrier-name.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { CarrierId } from "../../domain/carrier.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { keySetUrls } from "./key-set.ts";
import { detailCodes, statusCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * ShipStation API (formerly ShipEngine): webhooks (`resource_type`, of which those about tracking hold the tracking in `data`) and answers about
 * one tracking (docs.shipstation.com, webhook schemas and webhook validation, read 2026-11-26).
 * Every webhook is signed: RSA-SHA-256 over `timestamp.body`, keys at api.shipengine.com/jwks, a window of five minutes as they advise.
 */
export const codec: Codec = {
  source: "shipengine",
  title: "ShipStation API (ShipEngine)",
  authentication: {
    kind: "rsa-sha256",
    header: "x-shipengine-rsa-sha256-signature",
    keyIdHeader: "x-shipengine-rsa-sha256-key-id",
    timestampHeader: "x-shipengine-timestamp",
    windowS: 300,
    keySetUrls,
  },
  contentTypes: ["json"],
  codes: new Set([...statusCodes.keys(), ...detailCodes.keys()]),
  decode,
};

/** ShipEngine's carrier codes that are not the carrier's name in other words; USPS is reached through Stamps.com. */
const carriers: ReadonlyMap<string, CarrierId | null> = new Map<string, CarrierId | null>([
  ["stamps_com", "usps"],
  ["dpd_local", "dpd"],
  ["fedex_uk", "fedex"],
  ["purolator_ca", "purolator"],
]);

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  if (text(root["tracking_number"]) !== null) return decodedWhole([trackingNotice(root)], null);
  const type = text(root["resource_type"]);
  if (type === null) return unknownShape;
  const data = record(root["data"]);
  // Batches, rates, reports and labels are announced too; they say where to ask and nothing of a parcel's progress.
  if (!/track/i.test(type)) return decodedWhole([], null);
  return decodedWhole([trackingNotice(data)], null);
}

/** @returns null when there is no number. */
function trackingNotice(tracking: Part): Notice | null {
  const trackingNumber = text(tracking["tracking_number"]);
  if (trackingNumber === null) return null;
  const events = list(tracking["events"]).map(record);
  const current = text(tracking["status_code"]) ?? text(tracking["status_detail_code"]);
  return {
    ...bareNotice(carrierOf(tracking["carrier_code"]), trackingNumber),
    events: events.map(eventOf),
    summary: current === null ? null : { ...statusOf(tracking), time: carrierTime(tracking["actual_delivery_date"]) },
    estimatedDelivery: carrierTime(tracking["estimated_delivery_date"]),
    fields: personalFields(...events.map((event) => personalField("name", "signatory", event["signer"]))),
  };
}

/** `carrier_occurred_at` is the same scan on the local clock, mostly without a zone. */
function eventOf(event: Part): EventNotice {
  const time = carrierTime(event["occurred_at"]) ?? carrierTime(event["carrier_occurred_at"]);
  const { event_code: code, carrier_detail_code: detail, city_locality: city, postal_code: postcode, description } = event;
  return {
    ...statusOf(event),
    time,
    country: countryCode(event["country_code"]),
    identity: identityOf([time?.local, code, detail, city, postcode, description]),
    text: text(description),
  };
}

/** The detail where it says something, else the code. Events of some carriers have the detail in `status_code`. */
function statusOf(part: Part): CodedStatus {
  return (
    codedStatus(detailCodes, part["status_detail_code"]) ??
    codedStatus(statusCodes, part["status_code"]) ??
    codedStatus(detailCodes, part["status_code"]) ??
    unknownStatus
  );
}

function carrierOf(code: unknown): CarrierId | null {
  const known = carriers.get(text(code) ?? "");
  return known === undefined ? carrierByName(code) : known;
}
