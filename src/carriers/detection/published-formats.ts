import type { CarrierId } from "../../domain/carrier.ts";
import type { Checksum } from "./checksums.ts";
import type { NumberFormat } from "./number-format.ts";
import amazon from "./published/amazon.json" with { type: "json" };
import canadapost from "./published/canadapost.json" with { type: "json" };
import canpar from "./published/canpar.json" with { type: "json" };
import dhl from "./published/dhl.json" with { type: "json" };
import dpd from "./published/dpd.json" with { type: "json" };
import fedex from "./published/fedex.json" with { type: "json" };
import gofo from "./published/gofo.json" with { type: "json" };
import landmark from "./published/landmark.json" with { type: "json" };
import lasership from "./published/lasership.json" with { type: "json" };
import oldDominion from "./published/old_dominion.json" with { type: "json" };
import ontrac from "./published/ontrac.json" with { type: "json" };
import purolator from "./published/purolator.json" with { type: "json" };
import s10 from "./published/s10.json" with { type: "json" };
import speedee from "./published/speedee.json" with { type: "json" };
import ups from "./published/ups.json" with { type: "json" };
import usps from "./published/usps.json" with { type: "json" };
import yodel from "./published/yodel.json" with { type: "json" };
import yunexpress from "./published/yunexpress.json" with { type: "json" };

/*
 * Formats of `jkeen/tracking_number_data` 2.0.0 (MIT, see `published/LICENSE`), read 2026-11-24. The files stand there as they were published, so that a
 * newer version is a copy; what we add is who the carrier is by our ids and how much a format says.
 */

interface PublishedFormat {
  readonly name: string;
  readonly id?: string;
  readonly regex: string | readonly string[];
  readonly validation: {
    readonly checksum?: Checksum;
    readonly serial_number_format?: { readonly prepend_if?: { readonly matches_regex: string; readonly content: string } };
  };
  readonly additional?: readonly { readonly regex_group_name: string; readonly lookup: readonly { readonly matches?: string }[] }[];
  readonly test_numbers: { readonly valid: readonly string[]; readonly invalid: readonly string[] };
}

interface PublishedCourier {
  readonly courier_code: string;
  readonly tracking_numbers: readonly PublishedFormat[];
}

const couriers = [
  amazon,
  canadapost,
  canpar,
  dhl,
  dpd,
  fedex,
  gofo,
  landmark,
  lasership,
  oldDominion,
  ontrac,
  purolator,
  s10,
  speedee,
  ups,
  usps,
  yodel,
  yunexpress,
] as unknown as readonly PublishedCourier[];

/** Where a courier's code there is not the carrier's id here. */
const carriersByCode: Readonly<Record<string, CarrierId>> = {
  amazon: "amazon-shipping",
  dhl: "dhl-express",
  old_dominion: "old-dominion",
};
const carriersByFormat: Readonly<Record<string, CarrierId>> = { dhl_ecommerce: "dhl-ecommerce", dhl_ecommerce_14: "dhl-ecommerce" };

/** Postal operators that have an id here, by the country in an S10 number; the likelier first. */
export const postsByCountry: Readonly<Record<string, readonly CarrierId[]>> = {
  AT: ["austrian-post"],
  AU: ["australiapost"],
  BE: ["bpost"],
  CA: ["canadapost"],
  CH: ["swiss-post"],
  CN: ["china-post"],
  DE: ["deutsche-post", "dhl-parcel-de"],
  ES: ["correos"],
  FI: ["posti"],
  FR: ["laposte", "chronopost"],
  GB: ["royalmail"],
  IE: ["an-post"],
  IT: ["poste-italiane"],
  NL: ["postnl"],
  NO: ["bring"],
  PL: ["poczta-polska"],
  PT: ["ctt"],
  SE: ["postnord"],
  DK: ["postnord"],
  US: ["usps"],
};

/** Two letters and a country among 191, in a place where every other format of 13 characters has digits. */
const s10Bits = 2 * Math.log2(26) + Math.log2((26 * 26) / 191);

/** A format with the numbers that its publishers test it with. */
export interface PublishedNumberFormat extends NumberFormat {
  readonly testNumbers: { readonly valid: readonly string[]; readonly invalid: readonly string[] };
}

export const publishedFormats: readonly PublishedNumberFormat[] = couriers.flatMap((courier) =>
  courier.tracking_numbers.map((published) => numberFormat(courier, published)),
);

function numberFormat(courier: PublishedCourier, published: PublishedFormat): PublishedNumberFormat {
  const id = published.id ?? published.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  const source = [published.regex].flat().join("");
  const { checksum, serial_number_format: serialFormat } = published.validation;
  const prepend = serialFormat?.prepend_if;
  return {
    id,
    carrier: carriersByFormat[id] ?? carriersByCode[courier.courier_code] ?? (courier.courier_code as CarrierId | "s10"),
    pattern: patternOf(source, published),
    ...(checksum === undefined ? {} : { checksum }),
    ...(prepend === undefined
      ? {}
      : { prefixOfSerial: (serial: string) => (new RegExp(prepend.matches_regex).test(serial) ? prepend.content + serial : serial) }),
    // Depot and postcode, 14 digits of the parcel, service and country.
    ...(id === "dpd" ? { ownNumber: (text: string) => text.slice(7, 21) } : {}),
    fixedBits: leadingBits(source) + (id === "s10" ? s10Bits : 0),
    testNumbers: published.test_numbers,
  };
}

/** Their group names become ours; the lookup of an S10 number's country is part of its form. */
function patternOf(source: string, { additional }: PublishedFormat): RegExp {
  const countries = additional?.find((each) => each.regex_group_name === "CountryCode" && each.lookup[0]?.matches?.length === 2);
  const renamed = source
    .replaceAll("(?<SerialNumber>", "(?<serial>")
    .replaceAll("(?<CheckDigit>", "(?<check>")
    .replaceAll("(?<DestinationZip>", "(?<postcode>")
    .replaceAll(/\(\?<[A-Z]\w*>/g, "(?:");
  const ends = countries === undefined ? "" : `(?<=${countries.lookup.map(({ matches }) => matches).join("|")})`;
  return new RegExp(`^(?:${renamed})${ends}$`);
}

/** Bits of the letters and digits that a pattern begins with. */
function leadingBits(source: string): number {
  let bits = 0;
  const parts = /^(?:\\s\*|\(\?<\w+>|\(\?:|\()*(?<part>[A-Z0-9]|\[[^\]]+\])(?<times>\{\d|\s*[?*+])?/;
  for (let rest = source; ;) {
    const found = parts.exec(rest);
    const part = found?.groups?.["part"];
    if (found === null || part === undefined || found.groups?.["times"] !== undefined) return bits;
    const choices = part.length === 1 ? 1 : part.replaceAll(/[[\]]/g, "").length;
    if (part.includes("-") && part.length > 1) return bits;
    bits += Math.log2((/[A-Z]/.test(part) ? 26 : 10) / choices);
    rest = rest.slice(found[0].length);
  }
}
