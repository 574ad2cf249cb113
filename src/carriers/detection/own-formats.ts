import type { NumberFormat } from "./number-format.ts";

const letterBits = Math.log2(26);
const digitBits = Math.log2(10);

/** GS1 General Specifications, section 7.9.1: weights 3, 1, 3 … from the left over 17 digits. */
const sscc = { name: "mod10", evens_multiplier: 3, odds_multiplier: 1 } as const;
/** Weights 4 and 9: DHL Paket's identity and routing codes (paketda.de, "Prüfziffern-Berechnung für Paketnummern", read 2026-11-26). */
const dhlPaket = { name: "mod10", evens_multiplier: 4, odds_multiplier: 9 } as const;

/**
 * Formats of European carriers that the published data does not have. Where no check digit is known, the form alone says little, and the score with
 * it. Origins, read 2026-11-26: paketda.de (DHL, Hermes, DPD, GLS), the carriers' tracking pages and examples in their API descriptions; "form only"
 * where nothing but the shape is known.
 */
export const ownFormats: readonly NumberFormat[] = [
  {
    id: "sscc_dhl_parcel_de",
    carrier: "dhl-parcel-de",
    // Extension digit 3 and a company prefix of Deutsche Post, 4043….
    pattern: /^(?:00)?(?<serial>34043\d{12})(?<check>\d)$/,
    checksum: sscc,
    fixedBits: 5 * digitBits,
  },
  { id: "dhl_parcel_de_12", carrier: "dhl-parcel-de", pattern: /^(?<serial>\d{11})(?<check>\d)$/, checksum: dhlPaket, fixedBits: 0 },
  // Postcode, street and house number of the recipient: a routing code, not a number to track.
  {
    id: "dhl_parcel_de_leitcode",
    carrier: "dhl-parcel-de",
    pattern: /^(?<serial>(?<postcode>\d{5})\d{8})(?<check>\d)$/,
    checksum: dhlPaket,
    ownNumber: () => "",
    fixedBits: -3,
  },
  { id: "dhl_parcel_de_jjd", carrier: "dhl-parcel-de", pattern: /^JJD\d{13,18}$/, fixedBits: 3 * letterBits - 2 },
  { id: "dhl_express_jd", carrier: "dhl-express", pattern: /^JD\d{18}$/, fixedBits: 2 * letterBits },
  { id: "dhl_express_jjd", carrier: "dhl-express", pattern: /^JJD\d{18}$/, fixedBits: 3 * letterBits - 3 },
  { id: "gls_11", carrier: "gls", pattern: /^\d{11}$/, fixedBits: 1 },
  { id: "gls_12", carrier: "gls", pattern: /^\d{12}$/, fixedBits: 0.5 },
  { id: "gls_13", carrier: "gls", pattern: /^00\d{11}$/, fixedBits: 2 * digitBits - 3 },
  { id: "gls_track_id", carrier: "gls", pattern: /^(?=.*[A-Z])[A-Z0-9]{8}$/, fixedBits: 2 },
  { id: "postnl_3s", carrier: "postnl", pattern: /^3S[A-Z]{3,5}\d{6,13}$/, fixedBits: letterBits + digitBits + 4 },
  // Netherlands' other parcel carrier uses the same form with its own letters.
  { id: "dhl_ecommerce_3s", carrier: "dhl-ecommerce", pattern: /^3S[A-Z]{3,5}\d{6,13}$/, fixedBits: 1.5 },
  { id: "inpost_24", carrier: "inpost", pattern: /^[1-9]\d{23}$/, fixedBits: 4 },
  { id: "hermes_de_h", carrier: "hermes-de", pattern: /^H\d{19}$/, fixedBits: letterBits + 3 },
  { id: "hermes_de_14", carrier: "hermes-de", pattern: /^(?<serial>\d{13})(?<check>\d)$/, checksum: sscc, fixedBits: 0 },
  { id: "hermes_de_16", carrier: "hermes-de", pattern: /^\d{16}$/, fixedBits: 1 },
  { id: "evri_16", carrier: "evri", pattern: /^[A-Z]\d{2}[0-9A-Z]{5}\d{8}$/, fixedBits: 5 },
  { id: "colissimo_13", carrier: "laposte", pattern: /^[0-9][A-Z]\d{11}$/, fixedBits: 6 },
  { id: "colissimo_15", carrier: "laposte", pattern: /^[0-9][A-Z]\d{13}$/, fixedBits: 6 },
  { id: "chronopost_13", carrier: "chronopost", pattern: /^X[A-Z]\d{9}(?:FR|TS|EE|EY|EW|JB|JF|VA)$/, fixedBits: 3 * letterBits - 3 },
  { id: "chronopost_15", carrier: "chronopost", pattern: /^[A-Z]{2}\d{13}$/, fixedBits: 2 },
  // Product, customer, serial number; the last five digits before the control letter are the recipient's postcode.
  {
    id: "correos_23",
    carrier: "correos",
    pattern: /^P[A-Z][0-9A-Z]{15}(?<postcode>\d{5})[A-Z]$/,
    ownNumber: (text) => text,
    fixedBits: letterBits + 4,
  },
  { id: "correos_13", carrier: "correos", pattern: /^P[A-Z]\d{9}[0-9A-Z]{2}$/, fixedBits: letterBits },
  { id: "bpost_24", carrier: "bpost", pattern: /^3232\d{20}$/, fixedBits: 4 * digitBits },
  { id: "dpd_14_digits", carrier: "dpd", pattern: /^(?:0\d{13}|1[3-9]\d{12})$/, fixedBits: 2.5 },
  { id: "seur_14", carrier: "seur", pattern: /^\d{14}$/, fixedBits: 0.3 },
  { id: "seur_23", carrier: "seur", pattern: /^\d{23}$/, fixedBits: 3 },
  { id: "poste_italiane_13", carrier: "poste-italiane", pattern: /^\d[A-Z]\d{11}$/, fixedBits: 2 },
  { id: "packeta_z", carrier: "packeta", pattern: /^Z\d{10}$/, fixedBits: letterBits + 1 },
  { id: "swiss_post_18", carrier: "swiss-post", pattern: /^99\d{16}$/, fixedBits: 2 * digitBits - 1 },
  { id: "austrian_post_22", carrier: "austrian-post", pattern: /^1\d{21}$/, fixedBits: digitBits },
  { id: "posti_jjfi", carrier: "posti", pattern: /^JJFI\d{17,18}$/, fixedBits: 4 * letterBits },
  { id: "mondial_relay_8", carrier: "mondial-relay", pattern: /^\d{8}$/, fixedBits: 0.5 },
  { id: "nova_post_14", carrier: "nova-post", pattern: /^(?:20|59)\d{12}$/, fixedBits: 2 * digitBits - 1 },
  {
    id: "poczta_polska_20",
    carrier: "poczta-polska",
    pattern: /^(?:00)?(?<serial>\d?5900773\d{9,10})(?<check>\d)$/,
    checksum: sscc,
    fixedBits: 7 * digitBits,
  },
  // PostNord's GS1 prefixes of Sweden and Denmark, Bring's of Norway.
  {
    id: "sscc_postnord",
    carrier: "postnord",
    pattern: /^(?:00)?(?<serial>[0-9](?:73|57)\d{14})(?<check>\d)$/,
    checksum: sscc,
    fixedBits: 3,
  },
  { id: "sscc_bring", carrier: "bring", pattern: /^(?:00)?(?<serial>[0-9]70\d{14})(?<check>\d)$/, checksum: sscc, fixedBits: 4 },
];

/**
 * A serial shipping container code (GS1 AI 00) names whoever issued it by a company prefix that we have no register of, so it says that a number may be
 * any of these carriers'.
 */
export const ssccFormats: readonly NumberFormat[] = (["dhl-parcel-de", "hermes-de", "bpost", "dpd", "gls"] as const).map((carrier) => ({
  id: "sscc_18",
  carrier,
  pattern: /^(?:00)?(?<serial>\d{17})(?<check>\d)$/,
  checksum: sscc,
  fixedBits: -2,
}));
