import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { child, children, parseXml, text, type XmlElement } from "../xml.ts";
import { countryCode } from "../../domain/country.ts";
import { countryZone } from "../../domain/country-zone.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { eventCodes } from "./statuses.ts";

/**
 * Landmark Global (bpost group): `TrackResponse` of its API (shape in public clients, read 2026-11-26). Landmark does not push as far as we know:
 * whoever forwards its answers to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "landmark",
  title: "Landmark Global",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["xml"],
  codes: new Set(eventCodes.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseXml(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (root.name !== "TrackResponse") return unknownShape;
  const packages = children(child(child(root, "Result"), "Packages"), "Package");
  // An error stands in place of the result, without a number.
  if (packages.length === 0) return child(root, "Errors") === null ? unknownShape : decodedWhole([], null);
  return decodedWhole(packages.map(packageNotice), null);
}

/** @returns null when there is no number. */
function packageNotice(parcel: XmlElement): Notice | null {
  const landmark = text(parcel, "LandmarkTrackingNumber");
  // The number of the carrier of the last miles, once it has one.
  const trackingNumber = text(parcel, "TrackingNumber") ?? landmark;
  if (trackingNumber === null) return null;
  return {
    ...bareNotice("landmark", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, landmark),
    orderReferences: otherNumbers(null, text(parcel, "PackageReference")),
    events: children(child(parcel, "Events"), "Event").map(eventOf),
    estimatedDelivery: americanTime(text(parcel, "ExpectedDelivery") ?? text(parcel, "ExpectedDeliveryDate"), null),
  };
}

/** The place ends with its country ("Rotterdam, NL"), whose clock the time is taken for where the country has one. */
function eventOf(event: XmlElement): EventNotice {
  const place = text(event, "Location");
  const country = countryCode(place?.split(",").at(-1));
  const time = americanTime(text(event, "DateTime"), country);
  const code = text(event, "EventCode");
  const words = text(event, "Status");
  return {
    ...(codedStatus(eventCodes, code) ?? unknownStatus),
    time,
    country,
    identity: identityOf([time?.local, code ?? words, place]),
    text: words,
  };
}

/** `09/29/2025 07:00 AM`: the month first, no zone. */
function americanTime(value: string | null, country: string | null): CarrierTime | null {
  const placeZone = countryZone(country);
  return carrierTime(value, { dateOrder: "month-first", ...(placeZone === undefined ? {} : { placeZone }) });
}
