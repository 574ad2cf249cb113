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

/** What the opener may do in the database: use a grant up, then read what is sealed about the grant's subject. */
export interface OpenerStore {
  /** Durable when it returns. @returns false where the grant was used before. */
  useGrant(grant: { readonly id: string; readonly tenant: string; readonly subject: string; readonly purpose: string }): Promise<boolean>;
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
