import { isRecord, oneOrMany, record, text } from "../json.ts";
import { child, children, text as xmlText, type XmlElement } from "../xml.ts";

/** What SOAP and JSON say alike. */
export interface Tracking {
  /** The answer is an error. */
  readonly failed: boolean;
  readonly number: string | null;
  readonly scans: readonly Scan[];
}

export interface Scan {
  readonly code: string | null;
  readonly date: string | null;
  readonly label: string | null;
  readonly office: string | null;
  /** `infoCompList`: a list without a schema; names of people and addresses stand in it. */
  readonly details: readonly Detail[];
}

export interface Detail {
  readonly name: string | null;
  readonly value: string | null;
}

const listNames = ["listEventInfoComp", "listEvents"];

/** @returns null for anything but an answer of the tracking service. */
export function trackingOfXml(answer: XmlElement | null): Tracking | null {
  const errorCode = xmlText(answer, "errorCode");
  const list = listNames.map((name) => child(answer, name)).find((each) => each !== null) ?? null;
  if (errorCode === null && list === null) return null;
  const scans = children(list, "events").map((event) => ({
    code: xmlText(event, "code"),
    date: xmlText(event, "eventDate"),
    label: xmlText(event, "eventLabel"),
    office: xmlText(event, "officeLabel"),
    details: children(event, "infoCompList").map((detail) => ({ name: xmlText(detail, "name"), value: xmlText(detail, "value") })),
  }));
  return { failed: list === null || isFailure(errorCode), number: xmlText(list, "skybillNumber"), scans };
}

/** @returns null for anything but an answer of the tracking service. */
export function trackingOfJson(answer: Readonly<Record<string, unknown>>): Tracking | null {
  const errorCode = text(answer["errorCode"]);
  const list = listNames.map((name) => answer[name]).find(isRecord) ?? null;
  if (errorCode === null && list === null) return null;
  const scans = oneOrMany(list?.["events"])
    .map(record)
    .map((event) => ({
      code: text(event["code"]),
      date: text(event["eventDate"]),
      label: text(event["eventLabel"]),
      office: text(event["officeLabel"]),
      details: oneOrMany(event["infoCompList"])
        .map(record)
        .map((detail) => ({ name: text(detail["name"]), value: text(detail["value"]) })),
    }));
  return { failed: list === null || isFailure(errorCode), number: text(list?.["skybillNumber"]), scans };
}

function isFailure(errorCode: string | null): boolean {
  return errorCode !== null && errorCode !== "0";
}
