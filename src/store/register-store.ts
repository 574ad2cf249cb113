import type pg from "pg";
import { type Agreement, agreedEntry } from "../domain/agreement.ts";
import type { RegisterEntry } from "../domain/register-entry.ts";
import type { TransferPolicy } from "../domain/release-decision.ts";

/** An entry of the register as it is for one tenant. */
export interface TenantEntry {
  /** With what the tenant has agreed. */
  readonly entry: RegisterEntry;
  readonly version: number;
  readonly validFrom: Date;
  /** Null where the tenant has agreed nothing of its own. */
  readonly agreementVersion: number | null;
}

/** Who changes what may leave, and the approval that the change had; whoever asks for approvals names one. */
export interface ChangeAuthority {
  readonly changedBy: string;
  readonly approval: string | null;
}

/** A version of something that a tenant has set. */
export interface TenantVersion<Content> extends ChangeAuthority {
  readonly version: number;
  readonly validFrom: Date;
  readonly content: Content;
}

interface VersionRow<Content> {
  readonly version: number;
  readonly content: Content;
  readonly valid_from: Date;
  readonly changed_by: string;
  readonly approval: string | null;
}

interface StoredPolicy {
  readonly refusesOwnersOutsideEea: boolean;
  readonly refusedRecipients: readonly string[];
}

interface EntryRow {
  readonly version: number;
  readonly content: RegisterEntry;
  readonly valid_from: Date;
  readonly agreement_version: number | null;
  readonly agreement: Agreement | null;
}

/** Of the database's owner: the register's files become its newest versions. @returns sources that have a new one. */
export async function loadRegister(owner: pg.ClientBase, entries: readonly RegisterEntry[]): Promise<readonly string[]> {
  const { rows } = await owner.query<{ sources: string[] }>("select parcelkeep.load_register($1) as sources", [JSON.stringify(entries)]);
  return rows[0]!.sources;
}

export type RegisterStore = ReturnType<typeof registerStore>;

export function registerStore(pool: pg.Pool) {
  return {
    of: async (tenant: string): Promise<readonly TenantEntry[]> => {
      const { rows } = await pool.query<EntryRow>({
        name: "register_of",
        text: "select version, content, valid_from, agreement_version, agreement from parcelkeep.register_of($1)",
        values: [tenant],
      });
      return rows.map(({ version, content, valid_from, agreement_version, agreement }) => ({
        entry: agreedEntry(content, agreement),
        version,
        validFrom: valid_from,
        agreementVersion: agreement_version,
      }));
    },
    /** @returns false where there is no such recipient. */
    agree: async (tenant: string, source: string, agreement: Agreement, { changedBy, approval }: ChangeAuthority): Promise<boolean> => {
      const { rows } = await pool.query<{ done: boolean }>("select parcelkeep.agree_with_recipient($1, $2, $3, $4, $5) as done", [
        tenant,
        source,
        JSON.stringify(agreement),
        changedBy,
        approval,
      ]);
      return rows[0]!.done;
    },
    /** What a tenant has agreed with a recipient, the newest first. */
    agreements: async (tenant: string, source: string): Promise<readonly TenantVersion<Agreement>[]> =>
      (await pool.query<VersionRow<Agreement>>("select * from parcelkeep.agreements_with($1, $2)", [tenant, source])).rows.map(
        tenantVersion,
      ),
    /** @returns null where the tenant has set none: then nothing is forbidden. */
    policy: async (tenant: string): Promise<TenantVersion<TransferPolicy> | null> => {
      const { rows } = await pool.query<VersionRow<StoredPolicy>>({
        name: "transfer_policy_of",
        text: "select * from parcelkeep.transfer_policy_of($1)",
        values: [tenant],
      });
      return rows[0] === undefined ? null : { ...tenantVersion(rows[0]), content: policyOf(rows[0].content) };
    },
    /** @returns the version; null where there is no such tenant or a refused recipient is in no register. */
    setPolicy: async (tenant: string, policy: TransferPolicy, { changedBy, approval }: ChangeAuthority): Promise<number | null> => {
      const content: StoredPolicy = { ...policy, refusedRecipients: [...policy.refusedRecipients].toSorted() };
      const { rows } = await pool.query<{ version: number | null }>("select parcelkeep.set_transfer_policy($1, $2, $3, $4) as version", [
        tenant,
        JSON.stringify(content),
        changedBy,
        approval,
      ]);
      return rows[0]!.version;
    },
  };
}

function tenantVersion<Content>({ version, content, valid_from, changed_by, approval }: VersionRow<Content>): TenantVersion<Content> {
  return { version, content, validFrom: valid_from, changedBy: changed_by, approval };
}

function policyOf({ refusesOwnersOutsideEea, refusedRecipients }: StoredPolicy): TransferPolicy {
  return { refusesOwnersOutsideEea, refusedRecipients: new Set(refusedRecipients) };
}
