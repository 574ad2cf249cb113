import type pg from "pg";
import { uuidArray } from "./binary-array.ts";
import type { StoredErasureState } from "./keeper-store.ts";
import type { TokenBudget } from "./token-store.ts";

export interface PersonOverview {
  readonly records: string;
  readonly value_groups: string;
  readonly first_seen: Date | null;
  readonly last_seen: Date | null;
  readonly is_held: boolean;
}

export interface ErasureRow {
  readonly id: string;
  readonly subject: string;
  readonly reason: string;
  readonly requested_by: string | null;
  readonly state: StoredErasureState;
  readonly requested_at: Date;
  readonly frozen_at: Date | null;
  readonly refused_at: Date | null;
  readonly destroyed_at: Date | null;
  readonly probed_at: Date | null;
  readonly proven_at: Date | null;
  readonly probe: unknown;
  /** Canonical JSON. */
  readonly proof: string | null;
  readonly signature: unknown;
}

/** Where an identifier stands in the blind index, or stood until the entries are moved; 16 bytes each. */
export interface SearchedEntry {
  readonly blind: Uint8Array;
  readonly former: Uint8Array | null;
}

export type PersonSearch =
  /** The ids of each person that one of the entries belongs to; how many entries nobody has, and whether the caller's share of those is to be told. */
  | { readonly state: "found"; readonly persons: readonly (readonly string[])[]; readonly misses: number; readonly alarm: boolean }
  /** The caller has spent the hour's misses. */
  | { readonly state: "refused"; readonly retryAfterS: number };

export interface NewErasure {
  readonly id: string;
  readonly reason: string;
  readonly requestedBy: string | null;
}

export const evictionsChannel = "parcelkeep_evictions";

/** What the API may ask about persons and order for them; one tenant's at a time. */
export function personStore(pool: pg.Pool) {
  const call = async <Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<readonly Row[]> =>
    (await pool.query<Row>({ text, values })).rows;
  return {
    searchPersons: async (
      tenant: string,
      caller: string,
      entries: readonly SearchedEntry[],
      { missesPerHour, alarmIdentifiers, alarmRatio }: Omit<TokenBudget, "tokensPerDay">,
    ): Promise<PersonSearch> => {
      const [row] = await call<{ retry_s: number | null; misses: number; alarm: boolean; persons: string[][] }>(
        "select * from parcelkeep.search_persons($1, $2, $3, $4, $5, $6, $7)",
        [
          caller,
          missesPerHour,
          alarmIdentifiers,
          alarmRatio,
          tenant,
          uuidArray(entries.map(({ blind }) => blind)),
          uuidArray(entries.map(({ former }) => former)),
        ],
      );
      const { retry_s: retryAfterS, misses, alarm, persons } = row!;
      return retryAfterS === null ? { state: "found", persons, misses, alarm } : { state: "refused", retryAfterS };
    },
    overview: async (tenant: string, subjects: readonly string[]): Promise<PersonOverview> =>
      (await call<PersonOverview>("select * from parcelkeep.person_overview($1, $2)", [tenant, subjects]))[0]!,
    shipments: (tenant: string, subjects: readonly string[], limit: number) =>
      call<{ id: string; state: string }>("select id, state from parcelkeep.person_shipments($1, $2, $3)", [tenant, subjects, limit]),
    /** @returns the erasure that is under way or done for this subject; null where there is no such subject. */
    requestErasure: async (tenant: string, subject: string, { id, reason, requestedBy }: NewErasure): Promise<string | null> =>
      (
        await call<{ id: string | null }>("select parcelkeep.request_erasure($1, $2, $3, $4, $5) as id", [
          tenant,
          subject,
          id,
          reason,
          requestedBy,
        ])
      )[0]!.id,
    erasure: async (tenant: string, id: string): Promise<ErasureRow | null> =>
      (await call<ErasureRow>("select * from parcelkeep.erasure($1, $2)", [tenant, id]))[0] ?? null,
    /** @returns false where there is no such subject. */
    placeHold: async (tenant: string, subject: string, reference: string | null): Promise<boolean> =>
      (await call<{ held: boolean }>("select parcelkeep.place_hold($1, $2, $3) as held", [tenant, subject, reference]))[0]!.held,
    /** @returns false where there was none. */
    releaseHold: async (tenant: string, subject: string): Promise<boolean> =>
      (await call<{ released: boolean }>("select parcelkeep.release_hold($1, $2) as released", [tenant, subject]))[0]!.released,
    pendingEvictions: (holder: string) =>
      call<{ erasure: string; subjects: string[] }>("select erasure, subjects from parcelkeep.pending_evictions($1)", [holder]),
    acknowledgeEvictions: async (holder: string, erasures: readonly string[]): Promise<void> =>
      void (await call("select parcelkeep.acknowledge_evictions($1, $2)", [holder, erasures])),
  };
}

export type PersonStore = ReturnType<typeof personStore>;
