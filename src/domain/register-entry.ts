import type { Category } from "./category.ts";

/**
 * Who a recipient is and what may go there, as plain data: one file `registers/<source>.json` for each source. What the files say of a
 * contract, a transfer tool or a lawful basis is where a tenant starts; the tenant's own agreements stand in the database beside it.
 */
export interface RegisterEntry {
  /** Folder name under `src/carriers/`. */
  readonly source: string;
  /** The company that answers, by its registered name. */
  readonly legalName: string;
  /** Seat of that company, ISO 3166-1 alpha-2; `ZZ` where it is not known, which counts as a third country. */
  readonly country: string;
  /** Who owns it, in words. */
  readonly owner: string;
  /** Whose law can reach the data in the end; `ZZ` where that is not known. */
  readonly ultimateOwner: { readonly name: string; readonly country: string };
  readonly role: RecipientRole;
  readonly contract: { readonly reference: string; readonly date: string } | null;
  readonly transferTool: TransferTool;
  readonly lawfulBasis: LawfulBasis;
  /** Host names that may be called, in lower case; nothing else of this source is ever contacted. */
  readonly hosts: readonly string[];
  /** Personal fields that may be released to it. */
  readonly fieldsAllowed: readonly Category[];
  /** Whether calls go over the internet or over a private connection. */
  readonly path: "public" | "private";
  /** Whom to tell of a breach, where that is published or agreed. */
  readonly breachContact: string | null;
  /** Whether the source offers to send to us; otherwise it is asked. */
  readonly push: boolean;
  readonly limits: RecipientLimits | null;
  /** Where a tenant hands over what a carrier needs to know, by what they have agreed; nothing where they have not. */
  readonly handoverUrl?: string | null;
  /** Rules for asking it; without them it is not asked. */
  readonly polling?: PollingRules;
  readonly sources: readonly RegisterSource[];
}

export type RecipientRole = "carrier" | "aggregator" | "shop";

/** GDPR chapter V: what carries a transfer. `adequacy`: article 45; clauses and rules: 46; `derogation-only`: nothing but article 49. */
export const transferTools = [
  "none-needed",
  "adequacy",
  "standard-contractual-clauses",
  "binding-corporate-rules",
  "derogation-only",
] as const;
export type TransferTool = (typeof transferTools)[number];

/** GDPR article 6(1), those that fit a parcel. */
export const lawfulBases = ["contract", "legitimate-interests", "legal-obligation", "consent"] as const;
export type LawfulBasis = (typeof lawfulBases)[number];

/** What a recipient takes, by its own pages. */
export interface RecipientLimits {
  /** Tracking numbers in one call. */
  readonly batchMax: number;
  readonly perDay: number | null;
  readonly perSecond: number | null;
}

/** Where a fact of the entry was read. */
export interface RegisterSource {
  readonly what: string;
  readonly where: string;
  /** Day, YYYY-MM-DD. */
  readonly read: string;
}

/** What a source allows one credential to ask, and how often asking is of use. */
export interface PollingRules {
  /** All of them hold at once. */
  readonly quotas: readonly Quota[];
  /** What the source asks its users to keep between two questions about one parcel, or how often its data changes; 0 where nothing is known. */
  readonly cadenceMs: number;
}

/** At most `count` in any `windowMs`, counted over whole windows since 1970 where the window is a day and rolling where it is shorter. */
export interface Quota {
  readonly unit: "calls" | "numbers";
  readonly count: number;
  readonly windowMs: number;
}
