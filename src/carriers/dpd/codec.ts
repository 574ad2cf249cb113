import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, parseJson, record } from "../json.ts";
import { parseXml, type XmlElement } from "../xml.ts";
import { lifeCycleNotice } from "./life-cycle.ts";
import { scanCodes, stepStatuses } from "./statuses.ts";

/**
 * DPD: the parcel life cycle as SOAP (ParcelLifeCycleService 2.0 `getTrackingData`, DPD Cloud `getParcelLifeCycle`) and as the JSON of
 * DPD's pages (schemas and recordings in public clients, read 2026-11-26). DPD UK pushes with a secret of the set-up; the others are asked,
 * and whoever asked hands the answer on with a secret of ours.
 */
export const codec: Codec = {
  source: "dpd",
  title: "DPD",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json", "xml"],
  codes: new Set([...stepStatuses.keys(), ...scanCodes.keys()]),
  decode,
};

/** Names of the element that holds a parcel's life cycle, in lower case. */
const resultNames = new Set(["trackingresult", "parcellifecycledata"]);

function decode(body: Uint8Array): Decoded {
  const json = parseJson(body);
  if (json.ok) {
    const response = record(record(json.value)["parcellifecycleResponse"] ?? json.value);
    const name = Object.keys(response).find((each) => resultNames.has(each.toLowerCase()));
    if (name === undefined) return unknownShape;
    // Null for a number that DPD does not know; the answer does not repeat it.
    return response[name] === null ? decodedWhole([], null) : decodeResult(response[name]);
  }
  const xml = json.reason === "malformed" ? parseXml(body) : json;
  if (!xml.ok) return xml;
  const result = resultOf(xml.value);
  return result === null ? unknownShape : decodeResult(plain(result));
}

function decodeResult(result: unknown): Decoded {
  const part = record(result);
  return isRecord(part["shipmentInfo"]) || part["statusInfo"] !== undefined ? decodedWhole([lifeCycleNotice(part)], null) : unknownShape;
}

function resultOf(element: XmlElement): XmlElement | null {
  if (resultNames.has(element.name.toLowerCase())) return element;
  for (const each of element.children) {
    const found = resultOf(each);
    if (found !== null) return found;
  }
  return null;
}

/** The element as JSON would hold it: text where it has no children, else its children by name, several of a name as a list. */
function plain(element: XmlElement): unknown {
  if (element.children.length === 0) return element.text;
  const names = [...new Set(element.children.map((each) => each.name))];
  return Object.fromEntries(
    names.map((name) => {
      const values = element.children.filter((each) => each.name === name).map(plain);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}
