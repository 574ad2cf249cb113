import type { Category } from "./category.ts";
import type { LawfulBasis, RegisterEntry, TransferTool } from "./register-entry.ts";

/** What one tenant has agreed with a recipient. A null leaves what the register says. */
export interface Agreement {
  readonly contract: { readonly reference: string; readonly date: string } | null;
  readonly lawfulBasis: LawfulBasis | null;
  readonly transferTool: TransferTool | null;
  readonly fieldsAllowed: readonly Category[] | null;
  /** Where fields are handed over (`docs/handover.md`), at a host of the register. */
  readonly handoverUrl?: string | null;
}

/** The entry as it is for the tenant of an agreement. */
export function agreedEntry(entry: RegisterEntry, agreement: Agreement | null): RegisterEntry {
  if (agreement === null) return entry;
  return {
    ...entry,
    contract: agreement.contract ?? entry.contract,
    lawfulBasis: agreement.lawfulBasis ?? entry.lawfulBasis,
    transferTool: agreement.transferTool ?? entry.transferTool,
    fieldsAllowed: agreement.fieldsAllowed ?? entry.fieldsAllowed,
    handoverUrl: agreement.handoverUrl ?? entry.handoverUrl ?? null,
  };
}
