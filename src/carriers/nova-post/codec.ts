import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { carrierTime } from "../../domain/time.ts";
import { documentFields, siteFields } from "./fields.ts";
import { statusCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Nova Post (Nova Poshta): answers of its site's tracking about one number, and of `getStatusDocuments` of its API about several (`data`; both
 * shapes in public clients, read 2026-11-26). It does not push: whoever forwards its answers to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "nova-post",
  title: "Nova Post",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set(statusCodes.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  if (Array.isArray(root["tracking"])) return decodedWhole([siteNotice(root)], null);
  if (Array.isArray(root["data"])) return decodedWhole(root["data"].map(record).map(documentNotice), null);
  // "not_found", without the number.
  return root["errors"] === undefined ? unknownShape : decodedWhole([], null);
}

/** @returns null when there is no number. */
function siteNotice(shipment: Part): Notice | null {
  const trackingNumber = text(shipment["number"]);
  if (trackingNumber === null) return null;
  const others = [
    ...list(shipment["alternative_numbers"]),
    ...list(shipment["alternativeNumbersGW"]),
    ...list(shipment["alternativeNumbersGWNew"]),
  ];
  return {
    ...bareNotice("nova-post", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, ...others.map(text)),
    events: list(shipment["tracking"]).map((hop) => hopEvent(record(hop))),
    estimatedDelivery: carrierTime(shipment["scheduled_delivery_date"]),
    fields: siteFields(shipment),
  };
}

/** `country_code` is the sender's country in some answers whatever the place, so a place's postcode ("MD-2069") counts before it. */
function hopEvent(hop: Part): EventNotice {
  const time = carrierTime(hop["date"]);
  const { code, division_name: division, event_name: words, parcel_number: parcel } = hop;
  return {
    ...(codedStatus(statusCodes, code) ?? unknownStatus),
    time,
    country: countryCode(/^([A-Z]{2})-/.exec(text(hop["post_code"]) ?? "")?.[1]) ?? countryCode(hop["country_code"]),
    // Names of places and events change with the language of the request.
    identity: identityOf([time?.local, text(code) ?? words, parcel, text(code) === null ? division : null]),
    text: text(words),
  };
}

/** @returns null when there is no number. */
function documentNotice(document: Part): Notice | null {
  const trackingNumber = text(document["Number"]);
  if (trackingNumber === null) return null;
  const coded = codedStatus(statusCodes, document["StatusCode"]);
  const time =
    kyivTime(document["RecipientDateTime"]) ?? kyivTime(document["ActualDeliveryDate"]) ?? kyivTime(document["TrackingUpdateDate"]);
  return {
    ...bareNotice("nova-post", trackingNumber),
    orderReferences: otherNumbers(null, text(document["ClientBarcode"])),
    summary: coded === null ? null : { ...coded, time },
    estimatedDelivery: kyivTime(document["ScheduledDeliveryDate"]),
    fields: documentFields(document),
  };
}

/** The API writes Ukrainian clocks, the day first or last. */
function kyivTime(value: unknown) {
  return carrierTime(value, { habitZone: "Europe/Kyiv", dateOrder: "day-first" });
}
