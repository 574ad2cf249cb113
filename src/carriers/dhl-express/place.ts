import { countryByName } from "../country-name.ts";
import { countryZone } from "../../domain/country-zone.ts";
import type { TimeHints } from "../../domain/time.ts";

/**
 * Country of a service area, from the end of its description: `KINGSTON-JAM`, `Brisbane-AU`, `BRUSSELS-BELGIUM`.
 * @returns ISO 3166-1 alpha-2, or null.
 */
export function areaCountry(description: string | null): string | null {
  const dash = description?.lastIndexOf("-") ?? -1;
  return dash === -1 ? null : countryByName(description!.slice(dash + 1));
}

/** An event's clock is the place's; where DHL gives no offset the place's zone is taken if the country has one. */
export function placeHints(country: string | null): TimeHints {
  const placeZone = countryZone(country);
  return placeZone === undefined ? {} : { placeZone };
}
