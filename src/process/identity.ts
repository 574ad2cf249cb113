import type { CarrierId } from "../domain/carrier.ts";

/**
 * Which parcel of a number is meant: any; the one of a carrier; the one among those of a carrier under this number that a discriminator names (FedEx uses
 * numbers again). Each says more than the one before. A discriminator means something only together with its carrier.
 */
export interface Identity {
  readonly carrier: CarrierId | null;
  readonly discriminator: string | null;
}

export function identityOf({ carrier, discriminator }: Identity): Identity {
  return { carrier, discriminator: carrier === null ? null : discriminator };
}

export function exactness({ carrier, discriminator }: Identity): 0 | 1 | 2 {
  return carrier === null ? 0 : discriminator === null ? 1 : 2;
}

/** Whether `one` is the same as `other`, or says all that `other` says and more. */
export function includes(one: Identity, other: Identity): boolean {
  return (
    (other.carrier === null || other.carrier === one.carrier) && (other.discriminator === null || other.discriminator === one.discriminator)
  );
}
