import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { parseJson, record } from "../json.ts";
import { children, parseXml } from "../xml.ts";
import { shipmentNotices } from "./my-dhl.ts";
import { answerStatuses, eventCodes } from "./statuses.ts";
import { waybillNotices } from "./xml-pi.ts";

/**
 * DHL Express: tracking answers of MyDHL API (JSON; developer.dhl.com, OpenAPI 3.1.1 in a public client, read 2026-11-26) and of the older XML
 * services (XML-PI, `TrackingResponse`). Neither is pushed: whoever asked hands the answer on with a secret of ours.
 */
export const codec: Codec = {
  source: "dhl-express",
  title: "DHL Express",
  authentication: { kind: "shared-secret", headers: ["dhl-api-key", "x-api-key"] },
  contentTypes: ["json", "xml"],
  codes: new Set([...eventCodes.keys(), ...answerStatuses.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const json = parseJson(body);
  if (json.ok) {
    const { shipments } = record(json.value);
    return Array.isArray(shipments)
      ? decodedWhole(
          shipments.flatMap((each) => shipmentNotices(record(each))),
          null,
        )
      : unknownShape;
  }
  const xml = json.reason === "malformed" ? parseXml(body) : json;
  if (!xml.ok) return xml;
  const waybills = xml.value.name === "TrackingResponse" ? children(xml.value, "AWBInfo") : [];
  return waybills.length === 0 ? unknownShape : decodedWhole(waybills.flatMap(waybillNotices), null);
}
