import type pg from "pg";
import { type Agreement, agreedEntry } from "../domain/agreement.ts";
import type { RegisterEntry } from "../domain/register-entry.ts";

/** An entry of the register as it is for one tenant. */
export interface TenantEntry {
  /** With what the tenant has agreed. */
  readonly entry: RegisterEntry;
  readonly version: number;
  readonly validFrom: Date;
  /** Null where the tenant has agreed nothing of its own. */
  readonly agreementVersion: number | null;
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
    agree: async (tenant: string, source: string, agreement: Agreement, changedBy: string): Promise<boolean> => {
      const { rows } = await pool.query<{ done: boolean }>("select parcelkeep.agree_with_recipient($1, $2, $3, $4) as done", [
        tenant,
        source,
        JSON.stringify(agreement),
        changedBy,
      ]);
      return rows[0]!.done;
    },
  };
}
