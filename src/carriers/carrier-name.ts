import type { CarrierId } from "../domain/carrier.ts";
import { text } from "./json.ts";

/**
 * Carriers by the names that shops and shipping platforms give them, as lower-case words joined by dashes: Shopify's
 * `tracking_company`, the providers of WooCommerce's shipment tracking plugins, Sendcloud's carrier codes (2026-11-24). A name with
 * more words than the table's is looked up by its beginning (`dpd-co-uk`, `postnord-sverige-ab`); null stops that where the longer
 * name is another company. Bare `dhl` may be any division of DHL and bare `hermes` is one company in Germany and another (Evri) in
 * Britain: both stay unknown.
 */
const carriers: ReadonlyMap<string, CarrierId | null> = new Map<string, CarrierId | null>([
  ["amazon-logistics", "amazon-shipping"],
  ["amazon-shipping", "amazon-shipping"],
  ["an-post", "an-post"],
  ["australia-post", "australiapost"],
  ["austrian-post", "austrian-post"],
  ["boxknight", "boxknight"],
  ["bpost", "bpost"],
  ["bring", "bring"],
  ["cainiao", "cainiao"],
  ["canada-post", "canadapost"],
  ["china-post", "china-post"],
  ["chronopost", "chronopost"],
  ["colissimo", "laposte"],
  ["correos", "correos"],
  ["correos-express", null],
  ["ctt", "ctt"],
  ["deutsche-post", "deutsche-post"],
  ["deutsche-post-dhl", "dhl-parcel-de"],
  ["dhl-de", "dhl-parcel-de"],
  ["dhl-ecommerce", "dhl-ecommerce"],
  ["dhl-express", "dhl-express"],
  ["dhl-germany", "dhl-parcel-de"],
  ["dhl-intraship", "dhl-parcel-de"],
  ["dhl-paket", "dhl-parcel-de"],
  ["dpd", "dpd"],
  ["evri", "evri"],
  ["fedex", "fedex"],
  ["geodis", "geodis"],
  ["gls", "gls"],
  ["hermes-de", "hermes-de"],
  ["hermes-gb", "evri"],
  ["hermes-germany", "hermes-de"],
  ["hermes-uk", "evri"],
  ["inpost", "inpost"],
  ["la-poste", "laposte"],
  ["landmark-global", "landmark"],
  ["mondial-relay", "mondial-relay"],
  ["nationex", "nationex"],
  ["nova-poshta", "nova-post"],
  ["nova-post", "nova-post"],
  ["ontrac", "ontrac"],
  ["packeta", "packeta"],
  ["poczta-polska", "poczta-polska"],
  ["post-at", "austrian-post"],
  ["poste-it", "poste-italiane"],
  ["poste-italiane", "poste-italiane"],
  ["posti", "posti"],
  ["postnl", "postnl"],
  ["postnord", "postnord"],
  ["purolator", "purolator"],
  ["royal-mail", "royalmail"],
  ["royal-mailv2", "royalmail"],
  ["seko", "seko"],
  ["seur", "seur"],
  ["swiss-post", "swiss-post"],
  ["teleship", "teleship"],
  ["tnt", "tnt"],
  ["ups", "ups"],
  ["usps", "usps"],
  ["yunexpress", "yunexpress"],
]);
/** Most words of a name in the table. */
const wordsMax = 3;

/** @returns the carrier that a name or code begins with, or null where it is none of ours or could be several. */
export function carrierByName(name: unknown): CarrierId | null {
  const words =
    text(name)
      ?.toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== "") ?? [];
  for (let count = Math.min(words.length, wordsMax); count > 0; count--) {
    const carrier = carriers.get(words.slice(0, count).join("-"));
    if (carrier !== undefined) return carrier;
  }
  return null;
}
