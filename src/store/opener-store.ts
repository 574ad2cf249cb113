import type pg from "pg";

/** Most groups that one grant opens; beyond it the answer would be cut, and is refused instead. */
export const groupsMax = 100_000;

export interface GroupToOpen {
  readonly id: Buffer;
  readonly record: string;
  readonly sessionId: number;
  readonly epoch: number;
  readonly purpose: "personal-values" | "tracking-numbers";
  readonly wrapped: Buffer;
  readonly salt: Buffer;
  readonly commitment: Buffer;
  readonly sealed: Buffer;
}

/** A record with its frame, or with the place in the object store where the frame stands. */
export type RecordToOpen = {
  readonly sessionId: number;
  readonly epoch: number;
  readonly wrapped: Buffer;
  readonly salt: Buffer | null;
} & ({ readonly frame: Buffer } | { readonly objectKey: string; readonly offset: number; readonly bytes: number });

/** What the opener may do in the database: use a grant up, then read what is sealed about the grant's subject, or the record that it names. */
export interface OpenerStore {
  /** Durable when it returns. @returns false where the grant was used before. */
  useGrant(grant: { readonly id: string; readonly tenant: string; readonly subject: string; readonly purpose: string }): Promise<boolean>;
  /** Durable when it returns. @returns false where the grant was used before, or the record is not in quarantine. */
  useReplayGrant(grant: { readonly id: string; readonly tenant: string; readonly record: string }): Promise<boolean>;
  /** @returns null where the record stands neither in the database nor in a segment. */
  recordToOpen(grantId: string): Promise<RecordToOpen | null>;
  /** @returns null where there are more than {@link groupsMax}. */
  groupsToOpen(grantId: string): Promise<readonly GroupToOpen[] | null>;
}

export function openerStore(client: pg.ClientBase): OpenerStore {
  return {
    useGrant: async ({ id, tenant, subject, purpose }) => {
      const { rows } = await client.query<{ used: boolean }>("select parcelkeep.use_grant($1, $2, $3, $4) as used", [
        id,
        tenant,
        subject,
        purpose,
      ]);
      return rows[0]!.used;
    },
    useReplayGrant: async ({ id, tenant, record }) => {
      const { rows } = await client.query<{ used: boolean }>("select parcelkeep.use_replay_grant($1, $2, $3) as used", [
        id,
        tenant,
        record,
      ]);
      return rows[0]!.used;
    },
    recordToOpen: async (grantId) => {
      const { rows } = await client.query<RecordRow>("select * from parcelkeep.record_to_open($1)", [grantId]);
      const row = rows[0];
      if (row === undefined) return null;
      const head = { sessionId: row.session, epoch: row.epoch, wrapped: row.wrapped, salt: row.salt };
      if (row.frame !== null) return { ...head, frame: row.frame };
      if (row.object_key === null) return null;
      return { ...head, objectKey: row.object_key, offset: Number(row.object_offset), bytes: row.frame_bytes };
    },
    groupsToOpen: async (grantId) => {
      const { rows } = await client.query<Omit<GroupToOpen, "sessionId" | "purpose"> & { session: number; purpose: "n" | "p" | "t" }>(
        "select * from parcelkeep.groups_to_open($1, $2)",
        [grantId, groupsMax + 1],
      );
      if (rows.length > groupsMax) return null;
      return rows.map(({ session, purpose, ...row }) => ({
        ...row,
        sessionId: session,
        // Texts are sealed under the key of values.
        purpose: purpose === "n" ? "tracking-numbers" : "personal-values",
      }));
    },
  };
}

interface RecordRow {
  readonly session: number;
  readonly epoch: number;
  readonly wrapped: Buffer;
  readonly salt: Buffer | null;
  readonly frame: Buffer | null;
  readonly object_key: string | null;
  readonly object_offset: string | null;
  readonly frame_bytes: number;
}
