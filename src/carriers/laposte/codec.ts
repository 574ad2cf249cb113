import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole } from "../decoded.ts";
import { isRecord, list, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { eventCodes, returnCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * La Poste and Colissimo: answers of Suivi v2, for one number an object and for several a list, each with its own `returnCode`
 * (developer.laposte.fr, Suivi v2, and public clients, read 2026-11-26). La Poste pushes none of it: whoever asked hands the answer on with
 * a secret of ours.
 */
export const codec: Codec = {
  source: "laposte",
  title: "La Poste",
  authentication: { kind: "shared-secret", headers: ["x-okapi-key", "x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([...eventCodes.keys(), ...returnCodes.keys()]),
  decode,
};

/** `holder` of a parcel that Chronopost carries and La Poste only shows. */
const chronopostHolder = "3";

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const answers = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  return decodedWhole(
    answers.map((answer) => answerNotice(record(answer))),
    null,
  );
}

/** @returns null when there is neither a shipment nor a number that has none. */
function answerNotice(answer: Part): Notice | null {
  if (isRecord(answer["shipment"])) return shipmentNotice(answer["shipment"]);
  const returnCode = text(answer["returnCode"]);
  const trackingNumber = text(answer["idShip"]);
  if (returnCode === null || trackingNumber === null) return null;
  return { ...bareNotice("laposte", trackingNumber), summary: { ...(codedStatus(returnCodes, returnCode) ?? unknownStatus), time: null } };
}

/** @returns null when there is no number. */
function shipmentNotice(shipment: Part): Notice | null {
  const trackingNumber = text(shipment["idShip"]);
  if (trackingNumber === null) return null;
  const context = record(shipment["contextData"]);
  return {
    ...bareNotice(text(shipment["holder"]) === chronopostHolder ? "chronopost" : "laposte", trackingNumber),
    // The number under which another carrier delivers it.
    alternativeNumbers: otherNumbers(trackingNumber, text(record(context["partner"])["reference"])),
    events: list(shipment["event"]).map((event) => eventOf(record(event))),
    // Once delivered, the estimate is the time of the delivery that has been.
    estimatedDelivery: shipment["isFinal"] === true ? null : carrierTime(shipment["estimDate"], { habitZone: "Europe/Paris" }),
    fields: fieldsOf(shipment, context),
  };
}

function eventOf(event: Part): EventNotice {
  const time = carrierTime(event["date"], { habitZone: "Europe/Paris" });
  const code = text(event["code"]);
  const label = text(event["label"]);
  return {
    ...(codedStatus(eventCodes, code) ?? unknownStatus),
    time,
    country: countryCode(event["country"]),
    // One code has several labels in the same minute, and the label changes with the language of the question.
    identity: identityOf([time?.local, code ?? label, event["order"]]),
    text: label,
  };
}

function fieldsOf(shipment: Part, context: Part): readonly PersonalField[] {
  const link = text(shipment["url"]);
  return personalFields(
    personalField("organisation", "pickup_point", record(context["removalPoint"])["name"]),
    link !== null && /^https?:\/\//i.test(link) ? personalField("accessLink", "recipient", link) : null,
  );
}
