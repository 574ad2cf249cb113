import type pg from "pg";

/** Terms of retention, in days; of the audit log at the least, of persons' values and texts at the most. A term that nobody has set yet is not there. */
export type RetentionDays = Readonly<Partial<Record<"audit" | "personal" | "text", number>>>;

/**
 * The terms in force. @param settings what the caller's settings say of the terms that are its role's: until approvals begin they make the next version, from then on only a first one.
 */
export async function retentionTerms(client: Pick<pg.ClientBase | pg.Pool, "query">, settings: RetentionDays): Promise<RetentionDays> {
  const { rows } = await (client as pg.Pool).query<{ name: string; days: number }>(
    "select name, days from parcelkeep.retention_terms($1)",
    [JSON.stringify(settings)],
  );
  return Object.fromEntries(rows.map(({ name, days }) => [name, days]));
}
