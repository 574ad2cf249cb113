import { compareText } from "./bounded-union.ts";
import type { CarrierId } from "./carrier.ts";
import type { Message } from "./message.ts";

/** That a source names a carrier as the one that carries the parcel. */
export interface CarrierClaim {
  readonly carrier: CarrierId;
  readonly source: string;
}

export function storedClaims({ carrier, source }: Message): CarrierClaim[] {
  return carrier === null ? [] : [{ carrier, source }];
}

export function claimKey({ carrier, source }: CarrierClaim): string {
  return `${carrier}|${source}`;
}

/** A carrier's word about itself before what aggregators and shops say; among those the alphabet decides, since nothing better does. */
export function compareClaims(left: CarrierClaim, right: CarrierClaim): number {
  const hearsay = Number(left.carrier !== left.source) - Number(right.carrier !== right.source);
  return hearsay || compareText(claimKey(left), claimKey(right));
}
