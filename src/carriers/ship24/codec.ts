import type { Codec, Decoded } from "../codec.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, parseJson, record, text } from "../json.ts";
import { milestones, statusCodes } from "./statuses.ts";
import { trackingNotice } from "./tracking.ts";

/**
 * Ship24: webhooks (`trackings` at the root) and answers (`data.trackings`).
 * A webhook is not signed; it carries the secret of the endpoint as `Authorization: Bearer` (docs.ship24.com, webhooks; our notes
 * of 2026-11-24).
 */
export const codec: Codec = {
  source: "ship24",
  title: "Ship24",
  authentication: { kind: "shared-secret", headers: [] },
  contentTypes: ["json"],
  codes: new Set([...milestones.keys(), ...statusCodes.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const root = record(parsed.value);
  const envelope = isRecord(root["data"]) ? root["data"] : root;
  const trackings = envelope["trackings"];
  return Array.isArray(trackings) ? decodedWhole(trackings.map(trackingNotice), messageIdOf(trackings)) : unknownShape;
}

/** Ship24 numbers trackings, not webhooks: only a webhook with one tracking has an id that a repetition would have again. */
function messageIdOf(trackings: readonly unknown[]): string | null {
  return trackings.length === 1 ? text(record(record(trackings[0])["metadata"])["messageId"]) : null;
}
