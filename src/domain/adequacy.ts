/** The Union's 27 and, by the EEA agreement (joint committee decision 154/2018), Iceland, Liechtenstein and Norway: no transfer in the sense of GDPR chapter V. */
const eea: ReadonlySet<string> = new Set(
  "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split(" "),
);

/**
 * Adequacy decisions of the European Commission (GDPR, article 45): commission.europa.eu, "Adequacy decisions", read 2026-11-26 in a stored copy and
 * completed by reports of the two latest: the United Kingdom's renewal of 2025-12-19, and Brazil's decision of 2026-01. `partial`: only for recipients that the
 * decision covers (United States: those certified under the Data Privacy Framework; Canada: commercial organisations), so the register entry has to claim it.
 */
const decisions: readonly {
  readonly country: string;
  readonly isPartial: boolean;
  /** Last day, where the decision has one. */
  readonly until: string | null;
}[] = [
  ...["AD", "AR", "BR", "CH", "FO", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "UY"].map((country) => ({
    country,
    isPartial: false,
    until: null,
  })),
  { country: "GB", isPartial: false, until: "2031-12-27" },
  { country: "US", isPartial: true, until: null },
  { country: "CA", isPartial: true, until: null },
];

/** Where a recipient is, as chapter V of the GDPR sees it. */
export type Region = "eea" | "adequate" | "partly-adequate" | "third-country";

/**
 * @param country ISO 3166-1 alpha-2; `ZZ` and whatever is not known is a third country.
 * @param day YYYY-MM-DD: a decision that has ended does not hold.
 */
export function regionOf(country: string, day: string): Region {
  if (eea.has(country)) return "eea";
  const decision = decisions.find((each) => each.country === country);
  if (decision === undefined || (decision.until !== null && day > decision.until)) return "third-country";
  return decision.isPartial ? "partly-adequate" : "adequate";
}
