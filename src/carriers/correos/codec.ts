import { bareNotice, identityOf } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { list, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { personalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { errorCodes, eventCodes, phases, summaryWords } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Correos (Spain): answers of the localizador, one shipment or a list, and of the search page (`shipment`, in English names); both
 * from public clients, since Correos documents them to customers only (read 2026-11-26; the localizador's shape is partly reconstructed by its authors). Correos
 * pushes none of it: whoever asked hands the answer on with a secret of ours.
 */
export const codec: Codec = {
  source: "correos",
  title: "Correos",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([eventCodes, phases, summaryWords, errorCodes].flatMap((table) => [...table.keys()])),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const found = record(parsed.value)["shipment"];
  const shipments = Array.isArray(found) ? found : Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  return shipments.length === 0
    ? unknownShape
    : decodedWhole(
        shipments.map((shipment) => shipmentNotice(record(shipment))),
        null,
      );
}

/** @returns null when there is no number. */
function shipmentNotice(shipment: Part): Notice | null {
  const trackingNumber = text(shipment["codEnvio"]) ?? text(shipment["shipmentCode"]);
  if (trackingNumber === null) return null;
  const events = list(shipment["eventos"] ?? shipment["events"]).map(record);
  return {
    ...bareNotice("correos", trackingNumber),
    events: events.map(eventOf),
    summary: errorOf(record(shipment["error"])),
    // Whether the customer named so is the sender or the recipient is not said; it is taken for the recipient, who is to be protected more.
    fields: personalFields(personalField("name", "recipient", shipment["nombre_cliente"])),
  };
}

function errorOf(error: Part): SummaryNotice | null {
  const code = text(error["codError"]) ?? text(error["errorCode"]);
  return code === null || code === "0" ? null : { ...(codedStatus(errorCodes, code) ?? unknownStatus), time: null };
}

function eventOf(event: Part): EventNotice {
  const time = spanishTime(event["fecEvento"] ?? event["eventDate"], event["horEvento"] ?? event["eventTime"]);
  const code = text(event["codEvento"]);
  const short = text(event["desTextoResumen"]) ?? text(event["summaryText"]);
  return {
    ...statusOf(code, event["phase"], short),
    time,
    country: null,
    identity: identityOf([time?.local, code ?? short, event["unidad"] ?? event["codired"]]),
    text: text(event["desTextoAmpliado"]) ?? text(event["extendedText"]) ?? short,
  };
}

function statusOf(code: string | null, phase: unknown, short: string | null): CodedStatus {
  const word = short?.normalize("NFD").replace(/\p{M}/gu, "").toUpperCase().replace(/\.$/, "");
  return codedStatus(eventCodes, code) ?? codedStatus(summaryWords, word) ?? codedStatus(phases, phase) ?? unknownStatus;
}

/** Day first, day and clock apart, mainland time; the Canaries' clocks are an hour behind and nobody says whether Correos's are. */
function spanishTime(day: unknown, clock: unknown): CarrierTime | null {
  const parts = [text(day), text(clock)].filter((part) => part !== null).join(" ");
  return carrierTime(parts, { habitZone: "Europe/Madrid", dateOrder: "day-first" });
}
