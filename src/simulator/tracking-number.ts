import { randomOf } from "./random.ts";

/**
 * Numbers in each carrier's form, with its check digits where it has any; the same for the same source and serial, and no two alike. Formats:
 * jkeen/tracking_number_data 2.0.0, UPU S10, GS1 General Specifications 7.9 (all read 2026-11-24); InPost, PostNL, Hermes and La Poste by
 * their published examples.
 */
export function trackingNumberOf(source: string, serial: number): string {
  const digits = (count: number): string => String(serial).padStart(count, "0");
  // No number is all zeros: readers take that for a placeholder.
  switch (source) {
    case "ups":
      return ups(digits(8));
    case "fedex":
      return withFedexDigit(String(79_120_000_000 + serial));
    case "dhl-unified":
      return `00${withMod10(`39999999${digits(9)}`)}`;
    case "dhl-parcel-de":
      return `00${withMod10(`34043416${digits(9)}`)}`;
    case "dhl-express":
      return withMod7(String(120_000_000 + serial));
    case "gls":
      return withMod10(`51${digits(8)}`);
    case "postnl":
      return `3SPKSM${digits(7)}`;
    case "laposte":
      return `6A${digits(11)}`;
    case "royalmail":
      return s10("JK", digits(8), "GB");
    case "inpost":
      return `6${digits(23)}`;
    case "bring":
      return withMod10(`370${digits(14)}`);
    case "hermes-de":
      return `H${digits(19)}`;
    default:
      return `SIM${digits(12)}`;
  }
}

/** A number in the carrier's form that no simulated parcel has. */
export function unknownNumberOf(source: string, serial: number): string {
  return trackingNumberOf(source, 90_000_000 + randomOf(`${source}${serial}`).below(9_000_000));
}

/** Weights 3 and 1 from the right (GS1). */
function withMod10(body: string): string {
  const sum = Array.from(body)
    .reverse()
    .reduce((sum, digit, at) => sum + Number(digit) * (at % 2 === 0 ? 3 : 1), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

function withMod7(body: string): string {
  return `${body}${Number(body) % 7}`;
}

/** Weights 1, 3, 7 from the right, modulo 11, ten counts as zero. */
function withFedexDigit(body: string): string {
  const sum = Array.from(body)
    .reverse()
    .reduce((sum, digit, at) => sum + Number(digit) * [1, 3, 7][at % 3]!, 0);
  return `${body}${(sum % 11) % 10}`;
}

function s10(service: string, serial: string, country: string): string {
  const sum = Array.from(serial).reduce((sum, digit, at) => sum + Number(digit) * [8, 6, 4, 2, 3, 5, 9, 7][at]!, 0);
  const rest = 11 - (sum % 11);
  return `${service}${serial}${rest === 10 ? 0 : rest === 11 ? 5 : rest}${country}`;
}

/** Letters count as (code - 63) modulo 10; every second character twice. */
function ups(serial: string): string {
  const body = `SIM9903${serial}`;
  const sum = Array.from(body).reduce((sum, character, at) => {
    const value = /\d/.test(character) ? Number(character) : (character.charCodeAt(0) - 63) % 10;
    return sum + value * (at % 2 === 0 ? 1 : 2);
  }, 0);
  return `1Z${body}${(10 - (sum % 10)) % 10}`;
}
