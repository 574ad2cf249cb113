import type pg from "pg";
import type { LivePasskey } from "../domain/passkey.ts";
import { livePasskeys } from "./live-passkeys.ts";

/** Most sealed values that one grant opens. */
const grantedGroupsMax = 64;

/** What a grant is about, as it stands in the database: texts and claims, which the opener looks at itself. */
export interface GrantRow {
  readonly id: string;
  readonly scope: string;
  readonly approvals: unknown;
  readonly laneScope: string | null;
  readonly laneApprovals: unknown;
}

export interface PolicyVersion {
  readonly version: number;
  readonly content: unknown;
  /** Of the change that it came by; null for the first. */
  readonly scope: string | null;
  readonly approvals: unknown;
}

export interface GrantedGroup {
  readonly token: string;
  /** 19 bytes. */
  readonly groupId: Buffer;
  readonly place: number;
  readonly session: number;
  readonly epoch: number;
  readonly purpose: "personal-values" | "tracking-numbers";
  readonly wrapped: Buffer;
  readonly salt: Buffer;
  readonly commitment: Buffer;
  readonly sealed: Buffer;
}

/** `failed`: nothing arrived; `unknown`: it may have. `outcome` is a code for the log. */
export interface UseEnd {
  readonly state: "delivered" | "failed" | "unknown";
  readonly outcome: string;
  readonly status: number | null;
  readonly bytes: number;
  /** Values opened. */
  readonly opened: number;
}

/** What the opener may do with a grant for a transfer. */
export function transferUse(client: Pick<pg.ClientBase | pg.Pool, "query">) {
  const query = <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<pg.QueryResult<Row>> =>
    (client as pg.Pool).query<Row>(text, [...values]);
  return {
    /** @returns null where there is no such grant. */
    read: async (grant: string): Promise<GrantRow | null> =>
      (
        await query<GrantRow & pg.QueryResultRow>(
          `select id, scope, approvals, lane_scope as "laneScope", lane_approvals as "laneApprovals" from parcelkeep.grant_to_use($1)`,
          [grant],
        )
      ).rows[0] ?? null,
    /** Every version of the approval policy, with what was signed for it. */
    policies: async (): Promise<readonly PolicyVersion[]> =>
      (await query<PolicyVersion & pg.QueryResultRow>("select * from parcelkeep.approval_policy_chain()", [])).rows,
    /** Which of these credentials may sign now. */
    livePasskeys: (credentials: readonly string[]): Promise<readonly LivePasskey[]> => livePasskeys(client, credentials),
    /**
     * Uses it up, durably, with the intent in the audit log's outbox.
     * @param scopeSha256 of the scope that was looked at.
     * @returns the entry to wait for; null where the grant was used, is over, or its scope is another.
     */
    use: async (grant: string, scopeSha256: Uint8Array): Promise<string | null> =>
      (await query<{ entry: string | null }>("select parcelkeep.use_approval($1, $2) as entry", [grant, scopeSha256])).rows[0]!.entry,
    /** Ends a grant that does not stand what was looked at; nothing was opened. @returns false where it was not to be used any more. */
    refuse: async (grant: string, outcome: string): Promise<boolean> =>
      (await query<{ refused: boolean }>("select parcelkeep.refuse_grant($1, $2) as refused", [grant, outcome])).rows[0]!.refused,
    /** Where an entry of the log stands; null while it waits. */
    place: async (entry: string): Promise<{ readonly shard: string; readonly index: number } | null> => {
      const { rows } = await query<{ shard: string; index: string }>("select shard, index from parcelkeep.audit_place($1)", [entry]);
      return rows[0] === undefined ? null : { shard: rows[0].shard, index: Number(rows[0].index) };
    },
    groups: async (grant: string): Promise<readonly GrantedGroup[]> => {
      const { rows } = await query<Omit<GrantedGroup, "purpose" | "groupId"> & { purpose: "n" | "p" | "t"; group_id: Buffer }>(
        "select * from parcelkeep.granted_groups($1) limit $2",
        [grant, grantedGroupsMax],
      );
      return rows.map(({ purpose, group_id, ...row }) => ({
        ...row,
        groupId: group_id,
        purpose: purpose === "n" ? "tracking-numbers" : "personal-values",
      }));
    },
    /** @returns false where it has ended before. */
    end: async (grant: string, { state, outcome, status, bytes, opened }: UseEnd): Promise<boolean> =>
      (
        await query<{ ended: boolean }>("select parcelkeep.end_approval($1, $2, $3, $4, $5, $6) as ended", [
          grant,
          state,
          outcome,
          status,
          bytes,
          opened,
        ])
      ).rows[0]!.ended,
  };
}

export type TransferUse = ReturnType<typeof transferUse>;
