import type pg from "pg";
import { transferUse } from "./transfer-use.ts";

export interface ExportRow {
  readonly id: string;
  readonly scope: string;
  readonly approvals: unknown;
}

/** What the opener may do with a grant for what is kept about a person. */
export function exportUse(client: Pick<pg.ClientBase | pg.Pool, "query">) {
  const query = <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<pg.QueryResult<Row>> =>
    (client as pg.Pool).query<Row>(text, [...values]);
  const { policies, livePasskeys, place, refuse, end } = transferUse(client);
  return {
    policies,
    livePasskeys,
    place,
    refuse,
    end,
    /** @returns null where there is no such grant. */
    read: async (grant: string): Promise<ExportRow | null> =>
      (await query<ExportRow & pg.QueryResultRow>("select id, scope, approvals from parcelkeep.export_to_use($1)", [grant])).rows[0] ??
      null,
    /** Uses it up, durably, with the intent in the audit log's outbox. @returns the entry to wait for; null where it was used, is over, or its scope is another. */
    use: async (grant: string, scopeSha256: Uint8Array): Promise<string | null> =>
      (await query<{ entry: string | null }>("select parcelkeep.use_export($1, $2) as entry", [grant, scopeSha256])).rows[0]!.entry,
    /** By the one who operates an installation alone. @returns the entry to wait for; null where nobody does. */
    useStandAlone: async (grant: string, tenant: string, subject: string): Promise<string | null> =>
      (await query<{ entry: string | null }>("select parcelkeep.use_stand_alone_export($1, $2, $3) as entry", [grant, tenant, subject]))
        .rows[0]!.entry,
  };
}

export type ExportUse = ReturnType<typeof exportUse>;
