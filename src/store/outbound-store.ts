import pg from "pg";
import { int2Array, textArray } from "./binary-array.ts";
import { type AddedCount, tellCounters } from "./told-counters.ts";

/** An account with what its calls need; the credential is sealed. */
export interface OutboundAccount {
  readonly id: string;
  readonly tenant: string;
  readonly source: string;
  readonly carriers: readonly string[];
  readonly rank: number;
  readonly credential: string;
  readonly epoch: number;
  readonly wrapped: Buffer;
  readonly sealed: Buffer;
  readonly heldUntil: Date | null;
  readonly heldReason: string | null;
  /** Whether the merchant has an address that this source sends to. */
  readonly isPushed: boolean;
}

export interface ClaimedPoll {
  readonly shipment: string;
  readonly carrier: string | null;
  /** What was said of the shipment's progress, and its numbers, as `packed-shipment.ts` keeps them; null: it is gone or part of another. */
  readonly state: string | null;
  readonly createdAt: Date | null;
  readonly updatedAt: Date | null;
  readonly polledAt: Date | null;
  readonly failures: number;
}

export interface PollSettlement {
  readonly shipment: string;
  readonly account: string | null;
  readonly nextAt: number;
  /** Null: not answered now. */
  readonly polledAt: number | null;
  readonly failures: number;
}

export interface CallToBegin {
  /** UUID of the release. */
  readonly release: string;
  readonly account: string;
  readonly purpose: string;
  readonly basis: string;
  readonly polls: readonly { readonly shipment: string; readonly number: string }[];
  readonly quotas: readonly { readonly key: string; readonly was: number | null; readonly freeAt: number }[];
}

/** A sealed group that holds a shipment's number, at a place in it. */
export interface SealedNumber {
  readonly shipment: string;
  readonly groupId: Buffer;
  readonly place: number;
  readonly session: number;
  readonly epoch: number;
  readonly wrapped: Buffer;
  readonly salt: Buffer;
  readonly commitment: Buffer;
  readonly sealed: Buffer;
}

export interface SourceHealthRow {
  readonly source: string;
  readonly calls: number;
  readonly failures: number;
  /** Numbers that were asked about in these calls. */
  readonly numbers: number;
  /** Calls that the source put off. */
  readonly rateLimited: number;
  readonly latencyMs: number;
  /** Of this hour and the last. */
  readonly recentCalls: number;
  readonly recentFailures: number;
  readonly recentLatencyMs: number;
  /** Null where no process has told it lately. */
  readonly breaker: string | null;
  /** Calls under way, as the process that asks has last told. */
  readonly underWay: number;
  /** Accounts that are not asked for a time, and shipments that are due. */
  readonly held: number;
  readonly due: number;
}

/** How the process that asks sees a source. */
export interface SourceState {
  readonly source: string;
  readonly breaker: string;
  readonly underWay: number;
}

/** A key set that is to be fetched. */
export interface DueKeySet {
  readonly url: string;
  readonly source: string;
  readonly failures: number;
}

/** Rung when accounts come, go or are released from a hold. */
export const outboundChannel = "parcelkeep_outbound";

/** What the role `parcelkeep_outbound` may do for its calls. */
export type OutboundStore = ReturnType<typeof outboundStore>;

export function outboundStore(pool: pg.Pool) {
  const rows = async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> =>
    (await pool.query<Row>({ name: text.slice(0, 60), text, values: [...values] })).rows;
  return {
    accounts: (): Promise<readonly OutboundAccount[]> =>
      rows<OutboundAccount>(
        `select id, tenant, source, carriers, rank, credential, epoch, wrapped, sealed, held_until as "heldUntil", held_reason as "heldReason", pushed as "isPushed"
         from parcelkeep.outbound_accounts()`,
      ),
    /** @returns the instant of each quota that was spent of, by `credential quota`. */
    quotaUses: async (credentials: readonly string[]): Promise<ReadonlyMap<string, number>> =>
      new Map(
        (await rows<{ credential: string; quota: string; free_at: Date }>("select * from parcelkeep.quota_uses($1)", [credentials])).map(
          ({ credential, quota, free_at }) => [`${credential} ${quota}`, free_at.getTime()],
        ),
      ),
    holdAccount: async (account: string, until: number | null, reason: string | null): Promise<void> =>
      void (await rows("select parcelkeep.hold_account($1, $2, $3)", [account, until === null ? null : new Date(until), reason])),
    /** Takes up new shipments of merchants that have accounts. @returns how many. */
    enrol: async (limit: number): Promise<number> =>
      (await rows<{ enrolled: number }>("select parcelkeep.enrol_shipments($1) as enrolled", [limit]))[0]!.enrolled,
    /** Looks again at shipments that nobody could be asked about. @returns for how many there is somebody now. */
    assign: async (limit: number): Promise<number> =>
      (await rows<{ assigned: number }>("select parcelkeep.assign_polls($1) as assigned", [limit]))[0]!.assigned,
    /** When each account next has something due, by account. */
    dueAccounts: async (): Promise<ReadonlyMap<string, number>> =>
      new Map(
        (await rows<{ account: string; next_at: Date }>("select * from parcelkeep.due_accounts() where next_at < 'infinity'")).map(
          ({ account, next_at }) => [account, next_at.getTime()],
        ),
      ),
    claim: (account: string, limit: number, leaseMs: number): Promise<readonly ClaimedPoll[]> =>
      rows<ClaimedPoll>(
        `select shipment, carrier, state, created_at as "createdAt", updated_at as "updatedAt", polled_at as "polledAt", failures
         from parcelkeep.claim_polls($1, $2, make_interval(secs => $3))`,
        [account, limit, leaseMs / 1000],
      ),
    settle: async (settled: readonly PollSettlement[], dropped: readonly string[]): Promise<void> =>
      void (await rows("select parcelkeep.settle_polls($1, $2, $3, $4, $5, $6)", [
        settled.map(({ shipment }) => shipment),
        settled.map(({ account }) => account),
        settled.map(({ nextAt }) => new Date(nextAt)),
        settled.map(({ polledAt }) => (polledAt === null ? null : new Date(polledAt))),
        int2Array(settled.map(({ failures }) => failures)),
        dropped,
      ])),
    /**
     * Spends the call's quota and records the release; durable when it returns.
     * @returns the numbers that the account may be told; null where the quota was spent of meanwhile, and nothing has happened.
     */
    beginCall: async ({ release, account, purpose, basis, polls, quotas }: CallToBegin): Promise<readonly SealedNumber[] | null> => {
      try {
        return await rows<SealedNumber>(
          `select shipment, group_id as "groupId", place, session, epoch, wrapped, salt, commitment, sealed
           from parcelkeep.begin_call($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          [
            release,
            account,
            purpose,
            basis,
            polls.map(({ shipment }) => shipment),
            textArray(polls.map(({ number }) => number)),
            textArray(quotas.map(({ key }) => key)),
            quotas.map(({ was }) => (was === null ? null : new Date(was))),
            quotas.map(({ freeAt }) => new Date(freeAt)),
          ],
        );
      } catch (error) {
        if (error instanceof pg.DatabaseError && error.code === "PKQ01") return null;
        throw error;
      }
    },
    endCall: async (
      release: string,
      outcome: string,
      source: string,
      isFailure: boolean,
      numbers: number,
      latencyMs: number,
    ): Promise<void> =>
      void (await rows("select parcelkeep.end_call($1, $2, $3, $4, $5, $6)", [
        release,
        outcome,
        source,
        isFailure,
        numbers,
        Math.round(latencyMs),
      ])),
    /** @param shipments are not due until the letter is tried again; none: the letter is of the whole account. */
    noteLetters: async (account: string, shipments: readonly string[], code: string): Promise<void> =>
      void (await rows("select parcelkeep.note_outbound_letters($1, $2, $3)", [account, shipments, code])),
    noteStates: async (states: readonly SourceState[]): Promise<void> =>
      void (await rows("select parcelkeep.note_source_states($1, $2, $3)", [
        states.map(({ source }) => source),
        states.map(({ breaker }) => breaker),
        states.map(({ underWay }) => underWay),
      ])),
    dueKeySets: (): Promise<readonly DueKeySet[]> => rows<DueKeySet>("select url, source, failures from parcelkeep.due_key_sets()"),
    /** @param restMs it is not fetched again before. */
    keepKeySet: async (url: string, content: string, expiresAt: number, restMs: number): Promise<void> =>
      void (await rows("select parcelkeep.keep_key_set($1, $2, $3, make_interval(secs => $4))", [
        url,
        content,
        new Date(expiresAt),
        restMs / 1000,
      ])),
    failKeySet: async (url: string, restMs: number): Promise<void> =>
      void (await rows("select parcelkeep.fail_key_set($1, make_interval(secs => $2))", [url, restMs / 1000])),
    tellCounters: (counts: readonly AddedCount[]): Promise<void> => tellCounters(pool, counts),
    health: async (): Promise<readonly SourceHealthRow[]> => sourceHealth(pool),
  };
}

/** Calls to each source over the last 30 days. */
export async function sourceHealth(pool: pg.Pool): Promise<readonly SourceHealthRow[]> {
  const { rows } = await pool.query<Record<keyof SourceHealthRow, string | null>>(
    `select source, calls, failures, numbers, rate_limited as "rateLimited", latency_ms as "latencyMs", recent_calls as "recentCalls",
       recent_failures as "recentFailures", recent_latency_ms as "recentLatencyMs", breaker, under_way as "underWay", held, due from parcelkeep.source_health()`,
  );
  return rows.map((row) => ({
    source: row.source!,
    calls: Number(row.calls),
    failures: Number(row.failures),
    numbers: Number(row.numbers),
    rateLimited: Number(row.rateLimited),
    latencyMs: Number(row.latencyMs),
    recentCalls: Number(row.recentCalls),
    recentFailures: Number(row.recentFailures),
    recentLatencyMs: Number(row.recentLatencyMs),
    breaker: row.breaker,
    underWay: Number(row.underWay),
    held: Number(row.held),
    due: Number(row.due),
  }));
}
