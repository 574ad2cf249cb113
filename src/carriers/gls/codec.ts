import { bareNotice, identityOf } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { consumerStates, errorCodes, eventCodes, eventFamilies, statusWords } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * GLS: answers of Track And Trace V1 (GLS Group) and of the Dutch consumer site, told apart by `parcelNo`. GLS pushes neither
 * itself: whoever forwards them to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "gls",
  title: "GLS",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([statusWords, eventCodes, eventFamilies, consumerStates, errorCodes].flatMap((table) => [...table.keys()])),
  decode,
};

/** The consumer answer writes Dutch wall-clock times. */
const consumerZone = { habitZone: "Europe/Amsterdam" };

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = record(parsed.value);
  // The consumer answer has a `parcels` of its own, without numbers.
  if (root["parcelNo"] !== undefined) return decodedWhole([consumerNotice(root)], null);
  return Array.isArray(root["parcels"])
    ? decodedWhole(
        root["parcels"].map((parcel) => parcelNotice(record(parcel))),
        null,
      )
    : unknownShape;
}

/** @returns null when there is no number. */
function parcelNotice(parcel: Part): Notice | null {
  const requested = text(parcel["requested"]);
  const trackingNumber = text(parcel["unitno"]) ?? requested;
  if (trackingNumber === null) return null;
  const failed = text(parcel["errorCode"]) !== null;
  const current = failed ? codedStatus(errorCodes, parcel["errorCode"]) : codedStatus(statusWords, parcel["status"]);
  return {
    ...bareNotice("gls", trackingNumber),
    // GLS is also asked by track id or notification card.
    alternativeNumbers: requested === null || requested === trackingNumber ? [] : [requested],
    events: failed ? [] : parcelEvents(parcel),
    summary: { ...(current ?? unknownStatus), time: carrierTime(parcel["statusDateTime"]) },
  };
}

/** An answer without an event list (`showEvents=false`) has one event: its status. */
function parcelEvents(parcel: Part): readonly EventNotice[] {
  if (Array.isArray(parcel["events"])) return parcel["events"].map((event) => parcelEvent(record(event)));
  const current = codedStatus(statusWords, parcel["status"]);
  if (current === null) return [];
  const time = carrierTime(parcel["statusDateTime"]);
  return [{ ...current, time, country: null, identity: identityOf([time?.local, current.code]), text: null }];
}

function parcelEvent(event: Part): EventNotice {
  const time = carrierTime(event["eventDateTime"]);
  const description = text(event["description"]);
  const code = text(event["code"]);
  return {
    ...eventStatus(code),
    time,
    country: countryCode(event["country"]),
    // The description changes with the language of the request, so it counts only where there is no code.
    identity: identityOf([time?.local, code ?? description, event["city"], event["postalCode"]]),
    text: description,
  };
}

function eventStatus(code: string | null): CodedStatus {
  return codedStatus(eventCodes, code) ?? codedStatus(eventFamilies, code?.split(".", 1)[0]) ?? unknownStatus;
}

/** @returns null when there is no number. */
function consumerNotice(parcel: Part): Notice | null {
  const trackingNumber = text(parcel["parcelNo"]);
  if (trackingNumber === null) return null;
  const current = codedStatus(consumerStates, parcel["state"]);
  const names = record(parcel["addressInfo"]);
  const expected = record(parcel["deliveryStatus"]);
  // An object or the bare name of the shop.
  const shop = record(parcel["deliveryScanInfo"])["parcelShop"];
  return {
    ...bareNotice("gls", trackingNumber),
    events: list(parcel["scans"]).map((scan) => consumerEvent(record(scan))),
    summary: current === null ? null : { ...current, time: null },
    estimatedDelivery: carrierTime(expected["etaTimestampMax"], consumerZone) ?? carrierTime(expected["etaTimestampMin"], consumerZone),
    fields: personalFields(
      personalField("name", "recipient", record(names["to"])["name"]),
      personalField("organisation", "sender", record(names["from"])["name"]),
      personalField("organisation", "pickup_point", isRecord(shop) ? shop["name"] : shop),
    ),
  };
}

function consumerEvent(scan: Part): EventNotice {
  const time = carrierTime(scan["dateTime"], consumerZone);
  const description = text(scan["eventReasonDescr"]);
  return {
    ...(codedStatus(consumerStates, scan["state"]) ?? unknownStatus),
    time,
    country: null,
    // One state covers several scans of the same minute, so the words belong to the identity.
    identity: identityOf([time?.local, scan["state"], description]),
    text: description,
  };
}
