import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { personalFields } from "../personal-fields.ts";
import { phraseStatus } from "../phrase-status.ts";
import { child, children, parseXml, text, type XmlElement } from "../xml.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField } from "../../domain/personal.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { descriptions, eventCodes, eventTypes } from "./statuses.ts";

/**
 * Canada Post: answers of the tracking API, details (`tracking-detail`) and summaries (`tracking-summary`), alone or several under one root
 * (canadapost.ca, tracking, as quoted in public clients, read 2026-11-26). Canada Post does not push: whoever forwards its answers to us proves
 * itself with a shared secret.
 */
export const codec: Codec = {
  source: "canadapost",
  title: "Canada Post",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["xml"],
  codes: new Set([...eventCodes.keys(), ...descriptions.keys(), ...eventTypes.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseXml(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  // "No PIN history" and the like, without a number.
  if (root.name === "messages") return decodedWhole([], null);
  const answers = root.name === "tracking-detail" || root.name === "tracking-summary" ? [root] : root.children;
  const notices = answers.flatMap((answer) => {
    if (answer.name === "tracking-detail") return [detailNotice(answer)];
    return answer.name === "tracking-summary" ? children(answer, "pin-summary").map(summaryNotice) : [];
  });
  const isAnswer = answers.some(({ name }) => name === "tracking-detail" || name === "tracking-summary" || name === "messages");
  return isAnswer ? decodedWhole(notices, null) : unknownShape;
}

/** @returns null when there is no number. */
function detailNotice(detail: XmlElement): Notice | null {
  const pin = text(detail, "pin");
  if (pin === null) return null;
  const occurrences = children(child(detail, "significant-events"), "occurrence");
  return {
    ...bareNotice("canadapost", pin),
    // What the parcel was before it got a new label, and what brings it back.
    alternativeNumbers: otherNumbers(pin, text(detail, "original-pin"), text(detail, "return-pin")),
    orderReferences: otherNumbers(null, text(detail, "customer-ref-1"), text(detail, "customer-ref-2")),
    events: occurrences.map(occurrenceEvent),
    estimatedDelivery: carrierTime(text(detail, "changed-expected-date")) ?? carrierTime(text(detail, "expected-delivery-date")),
    fields: personalFields(
      personalField("postalCode", "recipient", text(detail, "destination-postal-id")),
      ...occurrences.map((occurrence) => personalField("name", "signatory", text(occurrence, "signatory-name"))),
    ),
  };
}

function occurrenceEvent(occurrence: XmlElement): EventNotice {
  const day = text(occurrence, "event-date");
  const clock = text(occurrence, "event-time");
  const time = timeOf(day === null ? null : `${day}T${clock ?? "00:00:00"}`, text(occurrence, "event-time-zone"));
  const code = text(occurrence, "event-identifier");
  const words = text(occurrence, "event-description");
  return {
    ...statusOf(code, words),
    time,
    country: null,
    // The words change with the language of the request.
    identity: identityOf([time?.local, code ?? words, text(occurrence, "event-site"), text(occurrence, "event-province")]),
    text: words,
  };
}

/** @returns null when there is no number. */
function summaryNotice(summary: XmlElement): Notice | null {
  const pin = text(summary, "pin");
  if (pin === null) return null;
  const words = text(summary, "event-description");
  const type = text(summary, "event-type");
  const coded = codedStatus(eventTypes, type) ?? phraseStatus(descriptions, words) ?? unknownStatus;
  const time = compactTime(text(summary, "event-date-time")) ?? carrierTime(text(summary, "actual-delivery-date"));
  const isSaid = type !== null || words !== null;
  return {
    ...bareNotice("canadapost", pin),
    alternativeNumbers: otherNumbers(pin, text(summary, "return-pin")),
    orderReferences: otherNumbers(null, text(summary, "customer-ref-1"), text(summary, "customer-ref-2")),
    events: isSaid
      ? [{ ...coded, time, country: null, identity: identityOf([time?.local, type, text(summary, "event-location")]), text: words }]
      : [],
    estimatedDelivery: carrierTime(text(summary, "expected-delivery-date")),
    fields: personalFields(
      personalField("postalCode", "recipient", text(summary, "destination-postal-id")),
      personalField("postalCode", "sender", text(summary, "origin-postal-id")),
      personalField("name", "signatory", text(summary, "signatory-name")),
    ),
  };
}

function statusOf(code: string | null, words: string | null): CodedStatus {
  return codedStatus(eventCodes, code?.replace(/^0+/, "")) ?? phraseStatus(descriptions, words) ?? unknownStatus;
}

/** Canada's clocks by their letters; the letters fix the offset, so it is stated. */
const offsets: ReadonlyMap<string, string> = new Map([
  ["NST", "-03:30"],
  ["NDT", "-02:30"],
  ["AST", "-04:00"],
  ["ADT", "-03:00"],
  ["EST", "-05:00"],
  ["EDT", "-04:00"],
  ["CST", "-06:00"],
  ["CDT", "-05:00"],
  ["MST", "-07:00"],
  ["MDT", "-06:00"],
  ["PST", "-08:00"],
  ["PDT", "-07:00"],
]);

function timeOf(local: string | null, letters: string | null): CarrierTime | null {
  const offset = offsets.get(letters?.toUpperCase() ?? "") ?? "";
  return carrierTime(`${local}${offset}`);
}

/** `20110403:133139`, in the time of the place. */
function compactTime(value: string | null): CarrierTime | null {
  return carrierTime(value?.replace(/^(\d{8}):(\d{6})$/, "$1T$2"));
}
