import { bareNotice, identityOf } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { phraseStatus } from "../phrase-status.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { carrierTime, epochTime, type CarrierTime } from "../../domain/time.ts";
import { movements, shipmentStates } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Poste Italiane: answers of DoveQuando about one shipment, or several in a list (`ricercasemplice`; shape in public clients, read 2026-11-26).
 * Poste Italiane does not push: whoever forwards its answers to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "poste-italiane",
  title: "Poste Italiane",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([...movements.keys(), ...shipmentStates.keys()]),
  decode,
};

const romanTime = { habitZone: "Europe/Rome" };

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const shipments = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  return shipments.length > 0 && shipments.every(isRecord) ? decodedWhole(shipments.map(shipmentNotice), null) : unknownShape;
}

/** @returns null when there is no number. */
function shipmentNotice(shipment: Part): Notice | null {
  const trackingNumber = text(shipment["idTracciatura"]) ?? text(shipment["trackingNumber"]);
  if (trackingNumber === null) return null;
  const isReturn = shipment["flagRitorno"] === true;
  const events = list(shipment["listaMovimenti"]).map((movement) => eventOf(record(movement), isReturn));
  const current = codedStatus(shipmentStates, shipment["stato"]);
  return {
    ...bareNotice("poste-italiane", trackingNumber),
    events,
    summary: summaryOf(current, events.length === 0 && text(shipment["stato"]) === null, isReturn),
    estimatedDelivery: estimateOf(shipment["dataPrevistaConsegna"]),
  };
}

function summaryOf(current: CodedStatus | null, isUnknown: boolean, isReturn: boolean): Notice["summary"] {
  if (current !== null) return { ...onItsWay(current, isReturn), time: null };
  return isUnknown ? { status: "not_found", reason: null, code: null, time: null } : null;
}

function eventOf(movement: Part, isReturn: boolean): EventNotice {
  const time = epochTime(movement["dataOra"]) ?? carrierTime(movement["dataOra"], { ...romanTime, dateOrder: "day-first" });
  const words = text(movement["statoLavorazione"]);
  return {
    ...onItsWay(phraseStatus(movements, words) ?? unknownStatus, isReturn),
    time,
    country: null,
    identity: identityOf([time?.text, words, movement["luogo"]]),
    text: words,
  };
}

/** On the way back "delivered" is delivered to the sender. */
function onItsWay(coded: CodedStatus, isReturn: boolean): CodedStatus {
  return isReturn && coded.status === "delivered" ? { ...coded, status: "returned" } : coded;
}

const months = [
  "gennaio",
  "febbraio",
  "marzo",
  "aprile",
  "maggio",
  "giugno",
  "luglio",
  "agosto",
  "settembre",
  "ottobre",
  "novembre",
  "dicembre",
];

/** "Consegna prevista entro Giovedì 1 Gennaio 2026": the day is in words. */
function estimateOf(sentence: unknown): CarrierTime | null {
  const [, day, name, year] = /(\d{1,2})\s+([a-z]+)\s+(\d{4})/.exec(text(sentence)?.toLowerCase() ?? "") ?? [];
  const month = months.indexOf(name ?? "") + 1;
  return month === 0 ? null : carrierTime(`${year}-${two(month)}-${two(Number(day))}`, romanTime);
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
