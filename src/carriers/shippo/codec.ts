import { bareNotice, identityOf } from "../bare-notice.ts";
import { carrierByName } from "../carrier-name.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { statuses, substatuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Shippo: webhooks (`track_updated`, `transaction_created`, `transaction_updated`; others are accepted without being read) and answers about one
 * tracking (docs.goshippo.com, tracking and webhooks; public SDK; read 2026-11-26).
 * Shippo offers three ways (webhook security, read 2026-11-26): a token of ours in the address (`?token=`), an HMAC that its support switches on
 * (`Shippo-Auth-Signature: t=…,v1=…`, hex, over `t.body`), or its list of addresses, of which an endpoint without a secret takes no others.
 */
export const codec: Codec = {
  source: "shippo",
  title: "Shippo",
  authentication: {
    kind: "by-set-up",
    schemes: [
      { kind: "shared-secret", headers: [], parameter: "token" },
      {
        kind: "timestamped-hmac-sha256",
        header: "shippo-auth-signature",
        timestampHeader: null,
        encodings: ["hex"],
        signed: ["timestamp.body"],
        windowS: 300,
      },
    ],
    senderRanges: [
      "52.4.41.98/32",
      "52.23.121.194/32",
      "52.44.110.80/32",
      "54.81.253.187/32",
      "54.81.255.221/32",
      "34.248.247.69/32",
      "34.253.119.130/32",
      "52.214.174.64/32",
      "54.72.179.250/32",
    ],
  },
  contentTypes: ["json"],
  codes: new Set([...statuses.keys(), ...substatuses.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  const event = text(root["event"]);
  if (event === null) return text(root["tracking_number"]) === null ? unknownShape : decodedWhole([trackingNotice(root)], null);
  const data = record(root["data"]);
  if (event === "track_updated") return decodedWhole([trackingNotice(data)], null);
  if (!event.startsWith("transaction_")) return decodedWhole([], null);
  // A label that was refused has no number.
  return decodedWhole(text(data["tracking_number"]) === null ? [] : [transactionNotice(data)], null);
}

/** @returns null when there is no number. */
function trackingNotice(tracking: Part): Notice | null {
  const trackingNumber = text(tracking["tracking_number"]);
  if (trackingNumber === null) return null;
  const current = tracking["tracking_status"];
  return {
    ...bareNotice(carrierByName(tracking["carrier"]), trackingNumber),
    events: eventsOf(tracking),
    summary: isRecord(current) ? summaryOf(current) : null,
    estimatedDelivery: carrierTime(tracking["eta"]) ?? carrierTime(tracking["original_eta"]),
    fields: personalFields(
      ...addressFields("recipient", record(tracking["address_to"])),
      ...addressFields("sender", record(tracking["address_from"])),
    ),
  };
}

/** A label that was bought: the number is known, and what `tracking_status` says, which is a word here. */
function transactionNotice(transaction: Part): Notice | null {
  const trackingNumber = text(transaction["tracking_number"]);
  if (trackingNumber === null) return null;
  const current = codedStatus(statuses, transaction["tracking_status"]);
  const provider = record(transaction["rate"])["provider"];
  return {
    ...bareNotice(carrierByName(provider), trackingNumber),
    // "UNKNOWN" before the first scan: the data are with the carrier all the same.
    summary: current === null || current.status === "not_found" ? { ...labelBought, time: null } : { ...current, time: null },
    estimatedDelivery: carrierTime(transaction["eta"]),
  };
}

const labelBought: CodedStatus = { status: "info_received", reason: null, code: "information_received" };

/** The history where there is one; else the current status is the one event that is known. */
function eventsOf(tracking: Part): readonly EventNotice[] {
  const history = list(tracking["tracking_history"]);
  if (history.length > 0) return history.map((event) => eventOf(record(event)));
  const current = record(tracking["tracking_status"]);
  return text(current["status_date"]) === null ? [] : [eventOf(current)];
}

/** `object_id` names Shippo's own object and changes when it is made anew, so it is no identity. */
function eventOf(event: Part): EventNotice {
  const time = carrierTime(event["status_date"]);
  const place = record(event["location"]);
  const description = text(event["status_details"]);
  return {
    ...statusOf(event),
    time,
    country: countryCode(place["country"]),
    identity: identityOf([time?.local, event["status"], place["city"], place["zip"], description]),
    text: description,
  };
}

function summaryOf(current: Part): SummaryNotice {
  return { ...statusOf(current), time: carrierTime(current["status_date"]) };
}

function statusOf(part: Part): CodedStatus {
  return codedStatus(substatuses, record(part["substatus"])["code"]) ?? codedStatus(statuses, part["status"]) ?? unknownStatus;
}

function addressFields(role: Role, address: Part): readonly (PersonalField | null)[] {
  return [
    personalField("name", role, address["name"]),
    personalField("street", role, address["street1"]),
    personalField("postalCode", role, address["zip"]),
    personalField("city", role, address["city"]),
    personalField("region", role, address["state"]),
  ];
}
