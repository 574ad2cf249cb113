import type pg from "pg";
import { byteaArray, charArray, int2Array, int4Array, textArray, uuidArray, uuidBytes, uuidText } from "./binary-array.ts";
import type { ClaimResult, GroupRow } from "./ingest-store.ts";
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

/** What a caller asks for. */
export interface ValueClaims {
  readonly caller: string;
  readonly tenant: string;
  readonly values: number;
  /** Different near-unique identifiers among them. */
  readonly identifiers: number;
  /** Identifiers that this process has not met, with the token and subject that they get where nobody has. */
  readonly claims: readonly {
    readonly blind: Uint8Array;
    /** Under the key of the index before the newest, while entries are being moved from it. */
    readonly former: Uint8Array | null;
    readonly token: Uint8Array;
    readonly subject: string;
  }[];
  /** Of the newest key of the index that the caller knows. */
  readonly indexVersion: number;
}

/** What is stored once the claims are settled; a token is 20 bytes. */
export interface SealedValues {
  /** 16 bytes, a UUID of version 7: names the batch as the record that its values came with. */
  readonly record: Uint8Array;
  readonly session: number;
  readonly groups: readonly Omit<GroupRow, "tenant" | "record" | "session">[];
  /** Identifiers of this batch whose person turned out to be another. */
  readonly adopted: readonly { readonly blind: Uint8Array; readonly subject: string }[];
  readonly links: readonly { readonly subject: string; readonly sameAs: string }[];
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
  /** @param seal called once, with the claims as they hold, unless a budget refuses; what it gives is stored with them or not at all. */
  tokenise(claims: ValueClaims, budget: TokenBudget, seal: (held: readonly ClaimResult[]) => SealedValues): Promise<BatchOutcome>;
  /** Null: nothing is switched on. */
  policy(tenant: string): Promise<PolicyRow | null>;
}

const tokenBytes = 20;
const subjectBytes = 16;

export function tokenStore(pool: pg.Pool): TokenStore {
  return {
    tokenise: async (claims, budget, seal) => {
      const client = await pool.connect();
      try {
        await client.query("begin");
        const outcome = await claim(client, claims, budget);
        if (outcome.state === "stored") await store(client, claims.tenant, seal(outcome.claims));
        await client.query("commit");
        client.release();
        return outcome;
      } catch (error) {
        // A connection that cannot even roll back is of no use to the next.
        await client.query("rollback").then(
          () => client.release(),
          (lost: Error) => client.release(lost),
        );
        throw error;
      }
    },
    policy: async (tenant) => {
      const { rows } = await pool.query<PolicyRow>("select masked, beacons from parcelkeep.vault_policy($1)", [tenant]);
      return rows[0] ?? null;
    },
  };
}

interface ClaimsRow {
  readonly refused: "tokens" | "misses" | null;
  readonly retry_s: number;
  readonly misses: number;
  readonly alarm: boolean;
  readonly tokens: Buffer;
  readonly subjects: Buffer;
}

async function claim(
  client: pg.PoolClient,
  { caller, tenant, values, identifiers, claims, indexVersion }: ValueClaims,
  budget: TokenBudget,
): Promise<BatchOutcome> {
  const { rows } = await client.query<ClaimsRow>({
    name: "claim_values",
    text: "select * from parcelkeep.claim_values($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)",
    values: [
      caller,
      budget.tokensPerDay,
      budget.missesPerHour,
      budget.alarmIdentifiers,
      budget.alarmRatio,
      tenant,
      values,
      identifiers,
      uuidArray(claims.map((each) => each.blind)),
      byteaArray(claims.map((each) => each.token)),
      uuidArray(claims.map((each) => uuidBytes(each.subject))),
      uuidArray(claims.map((each) => each.former)),
      indexVersion,
    ],
  });
  const row = rows[0]!;
  if (row.refused !== null) return { state: "refused", budget: row.refused, retryAfterS: row.retry_s };
  const held = claims.map((_, index) => ({
    token: row.tokens.subarray(index * tokenBytes, (index + 1) * tokenBytes),
    subject: uuidText(row.subjects.subarray(index * subjectBytes, (index + 1) * subjectBytes)),
  }));
  return { state: "stored", claims: held, misses: row.misses, alarm: row.alarm };
}

async function store(client: pg.PoolClient, tenant: string, sealed: SealedValues): Promise<void> {
  const { groups, adopted, links, shorts, masks, beacons } = sealed;
  if ([groups, adopted, links, shorts, masks, beacons].every((each) => each.length === 0)) return;
  await client.query({
    name: "store_values",
    text: "select parcelkeep.store_values($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22)",
    values: [
      tenant,
      uuidText(sealed.record),
      sealed.session,
      byteaArray(groups.map((group) => group.id)),
      uuidArray(groups.map((group) => uuidBytes(group.subject))),
      charArray(groups.map((group) => purposeLetters[group.purpose])),
      byteaArray(groups.map((group) => group.salt)),
      byteaArray(groups.map((group) => group.commitment)),
      byteaArray(groups.map((group) => group.sealed)),
      uuidArray(adopted.map((each) => each.blind)),
      uuidArray(adopted.map((each) => uuidBytes(each.subject))),
      uuidArray(links.map((each) => uuidBytes(each.subject))),
      uuidArray(links.map((each) => uuidBytes(each.sameAs))),
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
  readonly purpose: "p" | "t" | "n";
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
