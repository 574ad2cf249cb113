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
}
