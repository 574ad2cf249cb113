/**
 * Who a source is, as plain data: one entry in `register.ts` of each source's folder, exported as `registerEntry`. What a tenant
 * agreed with the source (contract, lawful basis, transfer tool) is the tenant's and stands elsewhere.
 */
export interface RegisterEntry {
  /** Folder name under `src/carriers/`. */
  readonly source: string;
  /** The company that answers, by its registered name. */
  readonly legalName: string;
  /** Seat of that company, ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Who owns it in the end, in words: it decides whose law can reach the data. */
  readonly owner: string;
  readonly role: "carrier" | "aggregator" | "shop";
  /** Host names that we may call; nothing else of this source is ever contacted. */
  readonly hosts: readonly string[];
  /** Whether the source offers to send to us; otherwise it is asked. */
  readonly push: boolean;
  /** Rules for asking it; without them it is not asked. */
  readonly polling?: PollingRules;
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
