import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { personalFields } from "../personal-fields.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField } from "../../domain/personal.ts";
import { carrierTime, orderingInstant, type CarrierTime } from "../../domain/time.ts";
import { eventCodes } from "./statuses.ts";
import type { Detail, Scan, Tracking } from "./tracking-forms.ts";

/** Names under which `infoCompList` gives who took the parcel, in the two languages of the service. */
const signatoryNames = new Set([
  "consignee's name",
  "consignee name",
  "name of the consignee",
  "nom du réceptionnaire",
  "nom du destinataire",
]);
const partnerNames = new Set(["partner number", "numéro partenaire"]);
const returnCode = "R";

/** @returns null when there is no number. */
export function trackingNotice({ number, scans }: Tracking): Notice | null {
  if (number === null) return null;
  const details = scans.flatMap((scan) => scan.details);
  const turnedAt = turningPoint(scans);
  return {
    ...bareNotice("chronopost", number),
    alternativeNumbers: otherNumbers(number, ...details.map(partnerNumber)),
    events: scans.map((scan) => eventOf(scan, turnedAt)),
    fields: personalFields(
      ...details.map(({ name, value }) => (isNamed(name, signatoryNames) ? personalField("name", "signatory", value) : null)),
    ),
  };
}

/** @param turnedAt when the parcel was turned back: what is delivered after that is delivered to the sender. */
function eventOf(scan: Scan, turnedAt: number): EventNotice {
  const time = timeOf(scan);
  const stated = codedStatus(eventCodes, scan.code) ?? unknownStatus;
  const back = stated.status === "delivered" && time !== null && orderingInstant(time) >= turnedAt;
  const returned: CodedStatus = { status: "returned", reason: null, code: stated.code };
  return {
    ...(back ? returned : stated),
    time,
    country: null,
    // The label changes with the language of the question, so it counts only where there is no code.
    identity: identityOf([time?.local, scan.code ?? scan.label, scan.office]),
    text: wordsOf(scan),
  };
}

function turningPoint(scans: readonly Scan[]): number {
  const turns = scans.filter(({ code }) => code === returnCode).map(timeOf);
  return Math.min(...turns.map((time) => (time === null ? Infinity : orderingInstant(time))));
}

/** With an offset usually; a time without one is French. */
function timeOf({ date }: Scan): CarrierTime | null {
  return carrierTime(date, { habitZone: "Europe/Paris" });
}

/** The label and the whole list of details: anything may stand in it, so it is one text that is tokenised whole. */
function wordsOf({ label, details }: Scan): string | null {
  const words = [label, ...details.map(({ name, value }) => [name, value].filter((part) => part !== null).join(": "))];
  const text = words.filter((word) => word !== null && word !== "").join("\n");
  return text === "" ? null : text;
}

/** The number of the company of Geopost that delivers it, as in `GEO/XT0000000000000`. */
function partnerNumber({ name, value }: Detail): string | null {
  if (value === null || !isNamed(name, partnerNames)) return null;
  return /^(?:GEO\/)?([A-Z0-9]{8,40})$/i.exec(value)?.[1] ?? null;
}

function isNamed(name: string | null, names: ReadonlySet<string>): boolean {
  return name !== null && names.has(name.toLowerCase().replaceAll("’", "'"));
}
