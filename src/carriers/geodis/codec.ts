import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, oneOrMany, parseJson, record, text } from "../json.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { fieldsOf } from "./fields.ts";
import { justified, situations } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * GEODIS (France): answers of the Zoom API about one consignment or a list (`contenu`; shape in public clients, read 2026-11-26). GEODIS does
 * not push: whoever forwards its answers to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "geodis",
  title: "GEODIS",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([...situations.keys(), ...justified.keys()]),
  decode,
};

const frenchTime = { habitZone: "Europe/Paris" };

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (!isRecord(root)) return unknownShape;
  // An error has a code and no content.
  if (root["ok"] === false) return decodedWhole([], null);
  const found = oneOrMany(root["contenu"]).map(record);
  return found.length === 0 ? unknownShape : decodedWhole(found.map(consignmentNotice), null);
}

/** @returns null when there is no number. */
function consignmentNotice(consignment: Part): Notice | null {
  const receipt = text(consignment["noRecepisse"]);
  const trackingNumber = text(consignment["noSuivi"]) ?? receipt;
  if (trackingNumber === null) return null;
  return {
    ...bareNotice("geodis", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, receipt),
    orderReferences: otherNumbers(null, text(consignment["reference1"]), text(consignment["reference2"])),
    events: list(consignment["listSuivis"]).map((event) => eventOf(record(event))),
    // `libelleLivraison` and `dateLivraison…` speak of the delivery that is planned as well as of the one that was, so the events decide.
    estimatedDelivery: carrierTime(consignment["dateLivraisonPrevue"], frenchTime),
    fields: fieldsOf(consignment),
  };
}

function eventOf(event: Part): EventNotice {
  const time = timeOf(event);
  const code = text(event["codeSituationJustification"]);
  const words = text(event["libelleSuivi"]);
  return {
    ...statusOf(code),
    time,
    country: null,
    identity: identityOf([time?.local, code ?? words, event["codeSa"]]),
    // The code stands here where GEODIS has no words.
    text: words === code ? null : words,
  };
}

function statusOf(code: string | null): CodedStatus {
  return codedStatus(justified, code) ?? codedStatus(situations, code?.split("/", 1)[0]) ?? unknownStatus;
}

/** ISO day and clock; the fields that end in `Frs` are the same for French readers. */
function timeOf(event: Part): CarrierTime | null {
  const day = text(event["dateSuivi"]);
  if (day === null) return null;
  return carrierTime(`${day}T${text(event["heureSuivi"]) ?? "00:00:00"}`, frenchTime) ?? carrierTime(day, frenchTime);
}
