import type { Agreement } from "../domain/agreement.ts";
import type { PollingRules, RegisterEntry } from "../domain/register-entry.ts";

/** A recipient as it is for one tenant. */
export interface CarrierView extends Omit<RegisterEntry, "owner" | "breachContact" | "polling" | "sources"> {
  /** Its quotas and how often it wants to be asked; null where it is not asked. */
  readonly polling: PollingRules | null;
  readonly version: number;
  readonly validFrom: string;
  /** Null where the tenant has agreed nothing of its own. */
  readonly agreementVersion: number | null;
  /** How calls to it have gone; null where none were made. */
  readonly health: CarrierHealth | null;
}

/** How calls to a source have gone, of all merchants together. */
export interface CarrierHealth {
  /** Null where no process has told it lately. */
  readonly breaker: string | null;
  readonly days30: {
    readonly calls: number;
    readonly failures: number;
    /** Numbers in these calls; with the calls, how full its batches are. */
    readonly numbers: number;
    /** Calls that it put off. */
    readonly rateLimited: number;
    readonly target: number;
    readonly answered: number | null;
    /** Of the failures that the target allows; 0 or less: spent. */
    readonly budgetLeft: number;
  };
  /** Calls under way now, accounts that are not asked for a time, shipments that are due. */
  readonly underWay: number;
  readonly accountsHeld: number;
  readonly due: number;
  /** This hour and the last. */
  readonly recent: { readonly calls: number; readonly failures: number; readonly meanLatencyMs: number | null };
}

export interface NewCarrierAccountInput {
  readonly source: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly carriers?: readonly string[];
  readonly rank?: number;
}

/** An account with a source. Its credential is not in it. */
export interface CarrierAccountView {
  readonly id: string;
  readonly source: string;
  readonly carriers: readonly string[];
  readonly rank: number;
  readonly createdAt: string;
  /** Not asked until then, and why; null while it is. */
  readonly held: { readonly until: string; readonly reason: string } | null;
  /** Of the account's credential, shared by all accounts that have the same. */
  readonly quotas: readonly QuotaView[];
  /** Parcels of the merchant that the source is asked about, and those that are due. */
  readonly tracked: number;
  readonly overdue: number;
}

/** What a quota lets go out. A fifth may go at once, the rest evenly over the window. */
export interface QuotaView {
  readonly unit: "calls" | "numbers";
  readonly count: number;
  readonly windowMs: number;
  readonly leftNow: number;
  /** When the next may go; null: now. */
  readonly nextAt: string | null;
}

/** What merchants ask carriers with. */
export interface CarrierAccounts {
  /** @throws {ProblemError} `unknown_source`, `invalid_field`, `grant_required`, `busy`. */
  add(tenant: string, input: NewCarrierAccountInput): Promise<CarrierAccountView>;
  list(tenant: string): Promise<readonly CarrierAccountView[]>;
  /** @returns false where the tenant has none of this id. */
  remove(tenant: string, id: string): Promise<boolean>;
  /** Puts back what could not be asked. @returns how many. */
  retryLetters(
    tenant: string,
    filter: { readonly ids?: readonly string[]; readonly source?: string; readonly code?: string },
  ): Promise<number>;
}

/** The carrier register. */
export interface Carriers {
  /** @param tenant null for the register without anybody's agreements. */
  list(tenant: string | null): Promise<readonly CarrierView[]>;
  /** @param changedBy who, as the caller is named. @returns null where there is no such recipient. */
  agree(tenant: string, source: string, agreement: Agreement, changedBy: string): Promise<CarrierView | null>;
  /** What the tenant has agreed with a recipient, the newest first; null where there is no such recipient. */
  agreements(tenant: string, source: string): Promise<readonly AgreementView[] | null>;
  policy(tenant: string): Promise<TransferPolicyView>;
  /** @returns null where a refused recipient is in no register. */
  setPolicy(tenant: string, policy: TransferPolicyInput, changedBy: string): Promise<TransferPolicyView | null>;
}

/** Who set a version, and the approval that the change had. */
export interface ChangeView {
  readonly version: number;
  readonly validFrom: string;
  readonly changedBy: string;
  readonly approval: string | null;
}

export interface AgreementView extends Agreement, ChangeView {}

export interface TransferPolicyInput {
  readonly refusesOwnersOutsideEea: boolean;
  readonly refusedRecipients: readonly string[];
}

export interface TransferPolicyView extends TransferPolicyInput {
  /** Null where the tenant has set none. */
  readonly change: ChangeView | null;
}
