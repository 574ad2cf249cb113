import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { list, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { eventCodes, resultCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Hermes Germany: answers of the Shipment Info API, up to 100 shipments in one (OpenAPI description of 2025-12-08 in a public mirror, read
 * 2026-11-26). Hermes pushes none of it: whoever asked hands the answer on with a secret of ours.
 */
export const codec: Codec = {
  source: "hermes-de",
  title: "Hermes",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([...eventCodes.keys(), ...resultCodes.keys()]),
  decode,
};

const german = { habitZone: "Europe/Berlin" };

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = record(parsed.value);
  const shipments = root["shipmentinfo"] ?? root["shipmentstatus"];
  if (Array.isArray(shipments))
    return decodedWhole(
      shipments.map((shipment) => shipmentNotice(record(shipment))),
      null,
    );
  // A refusal of the whole question.
  return Array.isArray(root["listOfResultCodes"]) ? decodedWhole([], null) : unknownShape;
}

/** @returns null when there is no number. */
function shipmentNotice(shipment: Part): Notice | null {
  const trackingNumber = text(shipment["shipmentID"]);
  if (trackingNumber === null) return null;
  const result = codedStatus(resultCodes, record(shipment["result"])["code"]);
  return {
    ...bareNotice("hermes-de", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, text(shipment["partnerShipmentID"])),
    orderReferences: otherNumbers(null, text(shipment["clientReference"]), text(shipment["clientReference2"])),
    events: list(shipment["status"]).map((event) => eventOf(record(event))),
    summary: result === null ? null : { ...result, time: null },
    estimatedDelivery: forecastOf(record(shipment["deliveryForecast"])),
    fields: fieldsOf(shipment),
  };
}

function eventOf(event: Part): EventNotice {
  const unit = record(event["scanningUnit"]);
  const time = carrierTime(event["timestamp"], german);
  const code = text(event["code"]);
  const description = text(event["description"]);
  return {
    ...(codedStatus(eventCodes, code) ?? unknownStatus),
    time,
    country: countryCode(unit["countryCode"]),
    // The description changes with the language of the question, so it counts only where there is no code.
    identity: identityOf([time?.local, code ?? description, unit["name"], unit["city"]]),
    // Names the ParcelShop.
    text: description,
  };
}

/** A day and, where it is known, a window in German time: its end, else the day. */
function forecastOf(forecast: Part): CarrierTime | null {
  const day = text(forecast["date"]);
  return carrierTime(`${day}T${text(record(forecast["timeSlot"])["to"])}`, german) ?? carrierTime(day, german);
}

function fieldsOf(shipment: Part): readonly PersonalField[] {
  const address = record(shipment["receiverAddress"]);
  const shop = record(shipment["parcelShop"]);
  return personalFields(
    personalField("name", "recipient", address["name"]),
    personalField("street", "recipient", address["street"]),
    personalField("postalCode", "recipient", address["zipCode"]),
    personalField("city", "recipient", address["city"]),
    personalField("organisation", "pickup_point", shop["name"]),
    personalField("accessLink", "recipient", shipment["trackingLink"]),
  );
}
