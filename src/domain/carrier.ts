/**
 * Carriers by the id that Parcelkeep uses for them: the folder name under `src/carriers/` where there is a codec, and the same
 * style of name for carriers that are met only through an aggregator or a shop.
 */
export const carrierIds = [
  "dhl-unified",
  "dhl-parcel-de",
  "dhl-express",
  "dhl-ecommerce",
  "ups",
  "fedex",
  "postnl",
  "bpost",
  "gls",
  "dpd",
  "laposte",
  "chronopost",
  "royalmail",
  "postnord",
  "bring",
  "inpost",
  "hermes-de",
  "evri",
  "correos",
  "poste-italiane",
  "geodis",
  "usps",
  "canadapost",
  "australiapost",
  "cainiao",
  "amazon-shipping",
  "landmark",
  "seko",
  "tnt",
  "poczta-polska",
  "nova-post",
  "seur",
  "mondial-relay",
  "deutsche-post",
  "ctt",
  "swiss-post",
  "austrian-post",
  "an-post",
  "posti",
  "packeta",
  "boxknight",
  "nationex",
  "teleship",
  "purolator",
  "ontrac",
  "china-post",
  "yunexpress",
  "canpar",
  "gofo",
  "lasership",
  "old-dominion",
  "speedee",
  "yodel",
] as const;
export type CarrierId = (typeof carrierIds)[number];

const known: ReadonlySet<string> = new Set(carrierIds);

export function isCarrierId(text: string): text is CarrierId {
  return known.has(text);
}
