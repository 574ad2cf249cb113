import type pg from "pg";
import { uuidArray } from "./binary-array.ts";

/** Most values that are asked for in one call of the database. */
const blindsMax = 8192;

/** What the egress guard may ask and write. */
export function egressStore(pool: pg.Pool) {
  return {
    /** @param blinds 16 bytes each. @returns for each whether the vault knows it of this tenant. */
    knownBlinds: async (tenant: string, blinds: readonly Uint8Array[]): Promise<readonly boolean[]> => {
      const known: boolean[] = [];
      for (let at = 0; at < blinds.length; at += blindsMax) {
        const { rows } = await pool.query<{ known: boolean[] }>({
          name: "known_blinds",
          text: "select parcelkeep.known_blinds($1, $2) as known",
          values: [tenant, uuidArray(blinds.slice(at, at + blindsMax))],
        });
        for (const each of rows[0]!.known) known.push(each);
      }
      return known;
    },
    /** Durable when it resolves. @param findings places and kinds, counted; never a value. */
    noteRefusal: async (tenant: string, recipient: string, code: string, findings: readonly object[]): Promise<void> => {
      await pool.query("select parcelkeep.note_egress_refusal($1, $2, $3, $4)", [tenant, recipient, code, JSON.stringify(findings)]);
    },
  };
}
export type EgressStore = ReturnType<typeof egressStore>;
