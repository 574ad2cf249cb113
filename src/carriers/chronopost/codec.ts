import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, parseJson, record } from "../json.ts";
import { child, parseXml, type XmlElement } from "../xml.ts";
import { eventCodes } from "./statuses.ts";
import { trackingNotice } from "./tracking.ts";
import { trackingOfJson, trackingOfXml, type Tracking } from "./tracking-forms.ts";

/**
 * Chronopost: answers of TrackingServiceWS (`trackSkybill`, `trackSkybillV2`, `trackESD`; ws.chronopost.fr, WSDL and public recordings, read
 * 2026-11-26) as SOAP, and the same as JSON. Chronopost pushes none of it: whoever asked hands the answer on with a secret of ours.
 */
export const codec: Codec = {
  source: "chronopost",
  title: "Chronopost",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["xml", "json"],
  codes: new Set(eventCodes.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const json = parseJson(body);
  if (json.ok) return decodeTracking(trackingOfJson(jsonReturn(record(json.value))));
  const xml = json.reason === "malformed" ? parseXml(body) : json;
  return xml.ok ? decodeTracking(trackingOfXml(xmlReturn(xml.value))) : xml;
}

/** An answer with an error code has no parcel in it; nothing of it goes further than the sealed raw record. */
function decodeTracking(tracking: Tracking | null): Decoded {
  if (tracking === null) return unknownShape;
  return tracking.failed ? decodedWhole([], null) : decodedWhole([trackingNotice(tracking)], null);
}

function xmlReturn(root: XmlElement): XmlElement | null {
  const response = (root.name === "Envelope" ? child(root, "Body")?.children[0] : root) ?? null;
  return response !== null && /^track\w+Response$/.test(response.name) ? child(response, "return") : null;
}

/** JSON made out of the SOAP answer keeps more or fewer of its wrappers. */
function jsonReturn(root: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const response = Object.entries(root).find(([name, value]) => /^(?:\w+:)?track\w+Response$/.test(name) && isRecord(value))?.[1];
  const part = record(response ?? root);
  return isRecord(part["return"]) ? part["return"] : part;
}
