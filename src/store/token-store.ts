import type pg from "pg";
import { booleanArray, byteaArray, charArray, int2Array, int4Array, textArray, uuidArray, uuidBytes, uuidText } from "./binary-array.ts";
import type { ClaimResult, ClaimRow, GroupRow } from "./ingest-store.ts";
import { purposeLetters } from "./ingest-store.ts";

/** What one caller may spend: an API key, or the operator. */
export interface TokenBudget {
  readonly tokensPerDay: number;
  /** Identifiers that the vault had not met, in an hour. */
  readonly missesPerHour: number;
  /** From so many identifiers in an hour, such a share of misses is told. */
  readonly alarmIdentifiers: number;
  readonly alarmRatio: number;
}

export interface ValueBatch {
  readonly caller: string;
  readonly tenant: string;
  /** 16 bytes, a UUID of version 7: names the batch as the record that its values came with. */
  readonly record: Uint8Array;
  readonly session: number;
  readonly values: number;
  /** Different near-unique identifiers among them. */
  readonly identifiers: number;
  readonly claims: readonly Omit<ClaimRow, "tenant">[];
  readonly groups: readonly (Omit<GroupRow, "tenant" | "record" | "session"> & { readonly isKept: boolean })[];
}

/** Kept beside tokens; a token is 20 bytes. */
export interface TokenDescriptions {
  readonly shorts: readonly { readonly token: Uint8Array; readonly code: Uint8Array }[];
  readonly masks: readonly { readonly token: Uint8Array; readonly category: string; readonly sealed: Uint8Array }[];
  readonly beacons: readonly BeaconRow[];
}

export interface BeaconRow {
  readonly token: Uint8Array;
  readonly category: string;
  readonly partition: number;
  readonly beacon: number;
}

export type BatchOutcome =
  /** Durable. Claims are in the order of the batch's. */
  | { readonly state: "stored"; readonly claims: readonly ClaimResult[]; readonly misses: number; readonly alarm: boolean }
  /** A budget is spent; nothing was stored. */
  | { readonly state: "refused"; readonly budget: "tokens" | "misses"; readonly retryAfterS: number };

export interface PolicyRow {
  readonly masked: readonly string[];
  readonly beacons: Readonly<Record<string, { readonly bits: number; readonly partitions: number }>>;
}

/** What the tokens API may do in the database as ingress: seal in, never read out. */
export interface TokenStore {
  /** @param describe what to keep beside the tokens, once the claims are settled; null: nothing. */
  tokenise(
    batch: ValueBatch,
    budget: TokenBudget,
    describe: ((claims: readonly ClaimResult[]) => TokenDescriptions) | null,
  ): Promise<BatchOutcome>;
  /** Null: nothing is switched on. */
  policy(tenant: string): Promise<PolicyRow | null>;
}

const tokenBytes = 20;
const subjectBytes = 16;

export function tokenStore(pool: pg.Pool): TokenStore {
  return {
    tokenise: async (batch, budget, describe) => {
      if (describe === null) return await tokenise(pool, batch, budget);
      const client = await pool.connect();
      try {
        await client.query("begin");
        const outcome = await tokenise(client, batch, budget);
        if (outcome.state === "stored") await keep(client, batch.tenant, describe(outcome.claims));
        await client.query("commit");
        return outcome;
      } catch (error) {
        await client.query("rollback").catch(() => {});
        throw error;
      } finally {
        client.release();
      }
    },
    policy: async (tenant) => {
      const { rows } = await pool.query<PolicyRow>("select masked, beacons from parcelkeep.vault_policies where tenant = $1", [tenant]);
      return rows[0] ?? null;
    },
  };
}

interface BatchRow {
  readonly refused: "tokens" | "misses" | null;
  readonly retry_s: number;
  readonly misses: number;
  readonly alarm: boolean;
  readonly tokens: Buffer;
  readonly subjects: Buffer;
}

async function tokenise(client: pg.Pool | pg.PoolClient, batch: ValueBatch, budget: TokenBudget): Promise<BatchOutcome> {
  const { claims, groups } = batch;
  const { rows } = await client.query<BatchRow>({
    name: "tokenise_values",
    text: "select * from parcelkeep.tokenise_values($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21)",
    values: [
      batch.caller,
      budget.tokensPerDay,
      budget.missesPerHour,
      budget.alarmIdentifiers,
      budget.alarmRatio,
      batch.tenant,
      uuidText(batch.record),
      batch.session,
      batch.values,
      batch.identifiers,
      uuidArray(claims.map((claim) => claim.blind)),
      byteaArray(claims.map((claim) => claim.token)),
      int4Array(claims.map((claim) => claim.group + 1)),
      int2Array(claims.map((claim) => claim.strength)),
      byteaArray(groups.map((group) => group.id)),
      uuidArray(groups.map((group) => uuidBytes(group.subject))),
      booleanArray(groups.map((group) => group.isKept)),
      charArray(groups.map((group) => purposeLetters[group.purpose])),
      byteaArray(groups.map((group) => group.salt)),
      byteaArray(groups.map((group) => group.commitment)),
      byteaArray(groups.map((group) => group.sealed)),
    ],
  });
  const row = rows[0]!;
  if (row.refused !== null) return { state: "refused", budget: row.refused, retryAfterS: row.retry_s };
  const settled = claims.map((_, index) => ({
    token: row.tokens.subarray(index * tokenBytes, (index + 1) * tokenBytes),
    subject: uuidText(row.subjects.subarray(index * subjectBytes, (index + 1) * subjectBytes)),
  }));
  return { state: "stored", claims: settled, misses: row.misses, alarm: row.alarm };
}

async function keep(client: pg.PoolClient, tenant: string, { shorts, masks, beacons }: TokenDescriptions): Promise<void> {
  await client.query({
    name: "describe_tokens",
    text: "select parcelkeep.describe_tokens($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
    values: [
      tenant,
      byteaArray(shorts.map((each) => each.token)),
      byteaArray(shorts.map((each) => each.code)),
      byteaArray(masks.map((each) => each.token)),
      textArray(masks.map((each) => each.category)),
      byteaArray(masks.map((each) => each.sealed)),
      byteaArray(beacons.map((each) => each.token)),
      textArray(beacons.map((each) => each.category)),
      int2Array(beacons.map((each) => each.partition)),
      int4Array(beacons.map((each) => each.beacon)),
    ],
  });
}

export interface TokenMetadataRow {
  readonly subject: string;
  readonly created_at: Date;
  readonly purpose: "p" | "n";
  readonly short_code: Buffer | null;
  readonly masked: Buffer | null;
}

/** What the API reads of tokens; a token is 20 bytes. */
export type TokenReads = ReturnType<typeof tokenReads>;

export function tokenReads(pool: pg.Pool) {
  return {
    metadata: async (tenant: string, token: Uint8Array) =>
      (await pool.query<TokenMetadataRow>("select * from parcelkeep.token_metadata($1, $2)", [tenant, token])).rows[0] ?? null,
    tokenOfShort: async (tenant: string, code: Uint8Array) =>
      (await pool.query<{ token: Buffer | null }>("select parcelkeep.token_of_short($1, $2) as token", [tenant, code])).rows[0]?.token ??
      null,
    policy: (tenant: string) => tokenStore(pool).policy(tenant),
    /** @returns false where there is no such tenant. */
    setPolicy: async (tenant: string, { masked, beacons }: PolicyRow) =>
      (
        await pool.query<{ found: boolean }>("select parcelkeep.set_vault_policy($1, $2, $3) as found", [
          tenant,
          masked,
          JSON.stringify(beacons),
        ])
      ).rows[0]!.found,
    /** @returns null, or the seconds until the caller may search again. */
    spendSearch: async (caller: string, searchesPerDay: number) =>
      (await pool.query<{ wait: number | null }>("select parcelkeep.spend_token_search($1, $2) as wait", [caller, searchesPerDay])).rows[0]!
        .wait,
    byBeacon: async (
      tenant: string,
      category: string,
      beacons: readonly { readonly partition: number; readonly beacon: number }[],
      after: Uint8Array,
      limit: number,
    ) =>
      (
        await pool.query<{ token: Buffer; subject: string }>("select * from parcelkeep.tokens_by_beacon($1, $2, $3, $4, $5, $6)", [
          tenant,
          category,
          beacons.map((each) => each.partition),
          beacons.map((each) => each.beacon),
          after,
          limit,
        ])
      ).rows,
  };
}
