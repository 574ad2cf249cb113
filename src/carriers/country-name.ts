import { countryCode } from "../domain/country.ts";
import { text } from "./json.ts";

/** Languages in which the carriers here write countries in words. */
const languages = ["en", "de", "fr", "es", "nl", "it", "pl", "sv", "da", "nb", "fi"];

/** Filled at the first question: 11 languages times 250 countries. */
let named: Map<string, string> | null = null;

/**
 * The country that a carrier names: by code, or in words in one of its languages ("Germany", "Deutschland").
 * @returns ISO 3166-1 alpha-2; null for anything else, so that no free text passes as a country.
 */
export function countryByName(value: unknown): string | null {
  const name = text(value);
  if (name === null || name.length > 60) return null;
  named ??= namesOfCountries();
  return countryCode(name) ?? named.get(name.toLowerCase()) ?? null;
}

function namesOfCountries(): Map<string, string> {
  const names = new Map<string, string>();
  const letters = Array.from({ length: 26 }, (_, at) => String.fromCharCode(65 + at));
  for (const language of languages) {
    const display = new Intl.DisplayNames([language], { type: "region", fallback: "none" });
    for (const first of letters) {
      for (const second of letters) {
        const code = countryCode(first + second);
        const name = code === null ? undefined : display.of(code)?.toLowerCase();
        if (code !== null && name !== undefined && !names.has(name)) names.set(name, code);
      }
    }
  }
  return names;
}
