import type { CarrierId } from "../domain/carrier.ts";
import type { Notice } from "../domain/notice.ts";
import { text } from "./json.ts";

/** A tracking notice that says nothing yet, to be filled in by name. */
export function bareNotice(carrier: CarrierId | null, trackingNumber: string | null): Notice {
  return {
    kind: "tracking",
    carrier,
    trackingNumber,
    discriminator: null,
    alternativeNumbers: [],
    parentNumber: null,
    orderReferences: [],
    events: [],
    summary: null,
    estimatedDelivery: null,
    fields: [],
  };
}

/** An event's identity out of its parts; what is no text counts as empty. */
export function identityOf(parts: readonly unknown[]): string {
  let identity = "";
  for (let at = 0; at < parts.length; at++) identity += at === 0 ? (text(parts[at]) ?? "") : `|${text(parts[at]) ?? ""}`;
  return identity;
}

/** Other numbers of a parcel or references to it: each once, absent ones and the main number dropped. */
export function otherNumbers(trackingNumber: string | null, ...candidates: readonly (string | null)[]): readonly string[] {
  return [...new Set(candidates)].filter((number): number is string => number !== null && number !== trackingNumber);
}
