import { identityOf } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, oneOrMany, parseJson, record, text } from "../json.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { fieldsOf } from "./fields.ts";
import { eventCodes, statusCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * PostNL: answers of the ShippingStatus API v2 (current status, complete status, updated shipments; PostNL's public SDK documentation,
 * read 2026-11-24). PostNL does not push them: whoever forwards them to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "postnl",
  title: "PostNL",
  authentication: { kind: "shared-secret", headers: ["apikey"] },
  contentTypes: ["json"],
  codes: new Set([...statusCodes.keys(), ...eventCodes.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  if (Array.isArray(parsed.value))
    return decodedWhole(
      parsed.value.map((shipment) => shipmentNotice(record(shipment))),
      null,
    );
  const root = record(parsed.value);
  const answer = root["CompleteStatus"] ?? root["CurrentStatus"];
  // A search by reference may find several shipments.
  const found = oneOrMany(record(answer)["Shipment"]);
  if (found.length > 0)
    return decodedWhole(
      found.map((shipment) => shipmentNotice(record(shipment))),
      null,
    );
  // An image of a signature without a status, or a warning in place of a shipment. The sealed raw record is all that is kept.
  return isRecord(root["Signature"]) || Array.isArray(root["Warnings"]) ? decodedWhole([], null) : unknownShape;
}

/** @returns null when there is no barcode. */
function shipmentNotice(shipment: Part): Notice | null {
  const main = text(shipment["MainBarcode"]);
  const trackingNumber = text(shipment["Barcode"]) ?? main;
  if (trackingNumber === null) return null;
  const reference = text(shipment["Reference"]);
  const status = record(shipment["Status"]);
  const current = text(status["StatusCode"]) === null ? null : (codedStatus(statusCodes, status["StatusCode"]) ?? unknownStatus);
  return {
    kind: "tracking",
    carrier: "postnl",
    trackingNumber,
    discriminator: null,
    alternativeNumbers: [],
    parentNumber: main === trackingNumber ? null : main,
    orderReferences: reference === null ? [] : [reference],
    events: eventsOf(shipment),
    summary: current === null ? null : { ...current, time: statusTime(status) },
    estimatedDelivery: dutchTime(record(shipment["Expectation"])["ETATo"]) ?? dutchTime(shipment["DeliveryDate"]),
    fields: fieldsOf(shipment),
  };
}

/** The scans where there are any; else the statuses, of which the current one may or may not be among the old ones. */
function eventsOf(shipment: Part): readonly EventNotice[] {
  const scans = oneOrMany(shipment["Event"]);
  if (scans.length > 0) return scans.map((scan) => scanEvent(record(scan)));
  const old = oneOrMany(shipment["OldStatus"]).map((status) => statusEvent(record(status)));
  if (!isRecord(shipment["Status"])) return old;
  const current = statusEvent(shipment["Status"]);
  return old.some(({ identity }) => identity === current.identity) ? old : [current, ...old];
}

function scanEvent(scan: Part): EventNotice {
  const time = dutchTime(scan["TimeStamp"]);
  const description = text(scan["Description"]);
  return {
    ...(codedStatus(eventCodes, scan["Code"]) ?? unknownStatus),
    time,
    country: null,
    // The description changes with the language of the request, so it counts only where there is no code.
    identity: identityOf([time?.local, text(scan["Code"]) ?? description, scan["LocationCode"]]),
    text: description,
  };
}

function statusEvent(status: Part): EventNotice {
  const time = statusTime(status);
  const description = text(status["StatusDescription"]);
  return {
    ...(codedStatus(statusCodes, status["StatusCode"]) ?? unknownStatus),
    time,
    country: null,
    identity: identityOf([time?.local, text(status["StatusCode"]) ?? description]),
    text: description,
  };
}

/** Spelt `TimeStamp` for one shipment and `Timestamp` among the updated ones. */
function statusTime(status: Part): CarrierTime | null {
  return dutchTime(status["TimeStamp"] ?? status["Timestamp"]);
}

/**
 * PostNL writes three forms, all without a zone: `2022-11-08T02:17:49`, day first with dashes, month first with slashes (its
 * documentation has 7 November 2022 in all three).
 */
function dutchTime(value: unknown): CarrierTime | null {
  const written = text(value);
  return carrierTime(written, { habitZone: "Europe/Amsterdam", dateOrder: written?.includes("/") === true ? "month-first" : "day-first" });
}
