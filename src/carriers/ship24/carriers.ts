import type { CarrierId } from "../../domain/carrier.ts";

/**
 * Ship24's courier codes mapped to ours. `us-post` is in its specification, `ca-post`, `fedex` and `ups` in public clients; the
 * other posts follow the same form, country and `-post` (2026-11-24). `dhl` is left out: it may be any division of DHL.
 */
export const carrierByCourier: ReadonlyMap<string, CarrierId> = new Map<string, CarrierId>([
  ["at-post", "austrian-post"],
  ["au-post", "australiapost"],
  ["be-post", "bpost"],
  ["ca-post", "canadapost"],
  ["ch-post", "swiss-post"],
  ["cn-post", "china-post"],
  ["de-post", "deutsche-post"],
  ["dhl-express", "dhl-express"],
  ["dpd", "dpd"],
  ["es-post", "correos"],
  ["evri", "evri"],
  ["fedex", "fedex"],
  ["fi-post", "posti"],
  ["fr-post", "laposte"],
  ["gb-post", "royalmail"],
  ["gls", "gls"],
  ["ie-post", "an-post"],
  ["inpost", "inpost"],
  ["it-post", "poste-italiane"],
  ["nl-post", "postnl"],
  ["ontrac", "ontrac"],
  ["pl-post", "poczta-polska"],
  ["pt-post", "ctt"],
  ["purolator", "purolator"],
  ["tnt", "tnt"],
  ["ups", "ups"],
  ["us-post", "usps"],
  ["yunexpress", "yunexpress"],
]);
