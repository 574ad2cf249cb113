import type pg from "pg";
import type { ApprovalKind, RequestStateName, ReviewOutcome } from "../domain/approval-terms.ts";
import type { LivePasskey } from "../domain/passkey.ts";
import { livePasskeys } from "./live-passkeys.ts";
import { type RetentionDays, retentionTerms } from "./retention-terms.ts";

/** Wakes whoever grants. */
export const approvalsChannel = "parcelkeep_approvals";

export interface ApprovalRow {
  readonly id: string;
  readonly tenant: string | null;
  readonly kind: ApprovalKind;
  readonly state: RequestStateName;
  readonly requester: string;
  readonly scope: string;
  readonly scope_sha256: Buffer;
  readonly policy: number;
  readonly rule: string;
  readonly needed: number;
  readonly reason: string;
  readonly words: Buffer | null;
  readonly words_key: Buffer | null;
  readonly country: string | null;
  readonly content: unknown;
  readonly requested_at: Date;
  readonly approve_by: Date;
  readonly grant_id: string | null;
  readonly granted_at: Date | null;
  readonly execute_by: Date | null;
  readonly used_at: Date | null;
  readonly ended_at: Date | null;
  readonly outcome: string | null;
  readonly answer_status: number | null;
  readonly lane: string | null;
  readonly recipient: string | null;
  readonly quota_per_day: number | null;
  readonly holder: string | null;
  readonly break_glass: boolean;
  readonly review_due_at: Date | null;
  readonly reviewed_at: Date | null;
  readonly review_outcome: string | null;
}

export interface DecisionRow {
  readonly person: string;
  readonly decision: "approve" | "deny" | "veto" | "review";
  readonly reason: string | null;
  readonly evidence: unknown;
  readonly decided_at: Date;
  readonly refused: boolean;
}

export interface PolicyRow {
  readonly version: number;
  readonly content: unknown;
  readonly valid_from: Date;
}

export interface NewApproval {
  readonly scope: string;
  readonly country: string | null;
  readonly words: Uint8Array;
  readonly wordsKey: Uint8Array;
  /** UUID made of the caller's key; null where none was given. */
  readonly idempotency: string | null;
  readonly content: unknown;
}

/** `other-policy`, `other-tokens`: what the scope was made of has changed meanwhile. */
export type RequestOutcome = "requested" | "repeated" | "no-policy" | "other-policy" | "too-long" | "other-tokens";

export type ExportOutcome = Exclude<RequestOutcome, "other-tokens"> | "no-subject";

interface AskedTransfer {
  readonly outcome: RequestOutcome;
  readonly id: string | null;
}

interface AskedExport {
  readonly outcome: ExportOutcome;
  readonly id: string | null;
}

export interface ApprovalDecision {
  readonly request: string;
  readonly person: string;
  readonly decision: "approve" | "deny" | "veto";
  readonly reason: string | null;
  readonly evidence: unknown;
  /** Hex, for the log. */
  readonly evidenceSha256: string | null;
}

export type DecisionOutcome = RequestStateName | "own-request" | "not-an-approver" | "decided-before" | "not-open" | "not-found";

async function policyOf(pool: pg.Pool, version: number | null): Promise<PolicyRow | null> {
  const { rows } = await pool.query<PolicyRow>("select version, content, valid_from from parcelkeep.approval_policy($1)", [version]);
  return rows[0] ?? null;
}

async function decisionsOn(pool: pg.Pool, request: string): Promise<readonly DecisionRow[]> {
  return (await pool.query<DecisionRow>("select * from parcelkeep.decisions_on($1)", [request])).rows;
}

/** Of the database's owner: one person operates this installation alone. @returns false where approvals have begun. */
export async function beginStandAlone(owner: pg.ClientBase): Promise<boolean> {
  return (await owner.query<{ begun: boolean }>("select parcelkeep.begin_stand_alone() as begun")).rows[0]!.begun;
}

/** Of the database's owner, once. @returns false where there is a policy. */
export async function beginApprovals(owner: pg.ClientBase, content: unknown, sha256: Uint8Array): Promise<boolean> {
  const { rows } = await owner.query<{ begun: boolean }>("select parcelkeep.begin_approvals($1, $2) as begun", [
    JSON.stringify(content),
    sha256,
  ]);
  return rows[0]!.begun;
}

export type ApprovalStore = ReturnType<typeof approvalStore>;

/** What the API may do: take requests and decisions down, and show them. It grants nothing. */
export function approvalStore(pool: pg.Pool) {
  return {
    /** @param version null for the newest. @returns null before there is any. */
    policy: (version: number | null): Promise<PolicyRow | null> => policyOf(pool, version),
    /** @returns a token for each field, or null where the tenant's shipment has not all of them. */
    shipmentTokens: async (tenant: string, shipment: string, fields: readonly string[]): Promise<readonly string[] | null> =>
      (await pool.query<{ tokens: string[] | null }>("select parcelkeep.shipment_tokens($1, $2, $3) as tokens", [tenant, shipment, fields]))
        .rows[0]!.tokens,
    /** @returns who counts as asking: of a key, its owner; null where nobody is known. */
    personWhoAsks: async (tenant: string | null, requester: string): Promise<string | null> =>
      (await pool.query<{ person: string | null }>("select parcelkeep.person_who_asks($1, $2) as person", [tenant, requester])).rows[0]!
        .person,
    derogationUses: async (tenant: string, recipient: string): Promise<number> =>
      Number((await pool.query<{ uses: string }>("select parcelkeep.derogation_uses($1, $2) as uses", [tenant, recipient])).rows[0]!.uses),
    request: async (asked: NewApproval): Promise<{ readonly outcome: RequestOutcome; readonly id: string | null }> => {
      const { scope, country, words, wordsKey, idempotency, content } = asked;
      const { rows } = await pool.query<{ outcome: RequestOutcome; id: string | null }>(
        "select outcome, id from parcelkeep.request_approval($1, $2, $3, $4, $5, $6)",
        [scope, country, words, wordsKey, idempotency, content === null ? null : JSON.stringify(content)],
      );
      return rows[0]!;
    },
    /** A transfer that the policy grants by itself, when whoever grants has looked at it too. */
    requestAutomatic: async ({ scope, country, words, wordsKey, idempotency }: Omit<NewApproval, "content">): Promise<AskedTransfer> =>
      (
        await pool.query<AskedTransfer & pg.QueryResultRow>("select outcome, id from parcelkeep.request_automatic($1, $2, $3, $4, $5)", [
          scope,
          country,
          words,
          wordsKey,
          idempotency,
        ])
      ).rows[0]!,
    retention: (): Promise<RetentionDays> => retentionTerms(pool, {}),
    requestExport: async (asked: Pick<NewApproval, "scope" | "words" | "wordsKey" | "idempotency">): Promise<AskedExport> =>
      (
        await pool.query<AskedExport & pg.QueryResultRow>("select outcome, id from parcelkeep.request_export($1, $2, $3, $4)", [
          asked.scope,
          asked.words,
          asked.wordsKey,
          asked.idempotency,
        ])
      ).rows[0]!,
    decide: async ({ request, person, decision, reason, evidence, evidenceSha256 }: ApprovalDecision): Promise<DecisionOutcome> =>
      (
        await pool.query<{ outcome: DecisionOutcome }>("select parcelkeep.decide_approval($1, $2, $3, $4, $5, $6) as outcome", [
          request,
          person,
          decision,
          reason,
          evidence === null ? null : JSON.stringify(evidence),
          evidenceSha256,
        ])
      ).rows[0]!.outcome,
    /** A transfer under a standing lane, granted at once where the lane has room. */
    underLane: async (
      scope: string,
      idempotency: string | null,
    ): Promise<{
      readonly outcome: "granted" | "repeated" | "not-open" | "quota-spent" | "other-tokens" | "other-policy";
      readonly id: string | null;
    }> => (await pool.query("select outcome, id from parcelkeep.transfer_under_lane($1, $2)", [scope, idempotency])).rows[0] as never,
    /** A holder's own approval, at once. */
    breakGlass: async ({
      request,
      person,
      evidence,
      evidenceSha256,
    }: Pick<ApprovalDecision, "request" | "person" | "evidence" | "evidenceSha256">): Promise<
      "approved" | "not-a-holder" | "review-overdue" | "not-open" | "not-found"
    > =>
      (
        await pool.query("select parcelkeep.break_glass($1, $2, $3, $4) as outcome", [
          request,
          person,
          JSON.stringify(evidence),
          evidenceSha256,
        ])
      ).rows[0].outcome as never,
    /** What an independent reviewer found; it counts when its signature was looked at. */
    claimReview: async (
      request: string,
      person: string,
      outcome: string,
      evidence: unknown,
    ): Promise<"claimed" | "own-request" | "not-an-approver" | "not-open" | "not-found"> =>
      (await pool.query("select parcelkeep.claim_review($1, $2, $3, $4) as outcome", [request, person, outcome, JSON.stringify(evidence)]))
        .rows[0].outcome as never,
    /** @param tenant null for an operator. */
    withdraw: async (tenant: string | null, request: string, requester: string): Promise<DecisionOutcome> =>
      (
        await pool.query<{ outcome: DecisionOutcome }>("select parcelkeep.withdraw_approval($1, $2, $3) as outcome", [
          tenant,
          request,
          requester,
        ])
      ).rows[0]!.outcome,
    page: async (
      tenant: string | null,
      kind: ApprovalRow["kind"],
      state: string | null,
      before: { readonly at: string | Date; readonly id: string },
      limit: number,
    ): Promise<readonly ApprovalRow[]> =>
      (
        await pool.query<ApprovalRow>("select * from parcelkeep.approval_page($1, $2, $3, $4, $5, $6)", [
          tenant,
          kind,
          state,
          before.at,
          before.id,
          limit,
        ])
      ).rows,
    get: async (tenant: string | null, id: string): Promise<ApprovalRow | null> =>
      (await pool.query<ApprovalRow>("select * from parcelkeep.approval_request($1, $2)", [tenant, id])).rows[0] ?? null,
    decisions: (id: string): Promise<readonly DecisionRow[]> => decisionsOn(pool, id),
    state: async (): Promise<ApprovalCounts> => {
      const { rows } = await pool.query<Record<keyof ApprovalCounts, string>>(
        `select waiting, granted, opening, unknown, reviews_due as "reviewsDue", reviews_overdue as "reviewsOverdue" from parcelkeep.approvals_state()`,
      );
      const counts = Object.entries(rows[0]!).map(([name, count]) => [name, Number(count)]);
      return Object.fromEntries(counts) as ApprovalCounts;
    },
  };
}

export interface ApprovalCounts {
  readonly waiting: number;
  readonly granted: number;
  readonly opening: number;
  readonly unknown: number;
  readonly reviewsDue: number;
  readonly reviewsOverdue: number;
}

export interface ClaimedReview {
  readonly id: string;
  readonly scope: string;
  readonly person: string;
  readonly outcome: ReviewOutcome;
  readonly evidence: unknown;
}

export type GranterStore = ReturnType<typeof granterStore>;

/** What the process that grants may do. It sees no token's value and no sealed one. */
export function granterStore(pool: pg.Pool) {
  return {
    policy: (version: number | null): Promise<PolicyRow | null> => policyOf(pool, version),
    toGrant: async (limit: number): Promise<readonly ApprovalRow[]> =>
      (await pool.query<ApprovalRow>("select * from parcelkeep.requests_to_grant($1)", [limit])).rows,
    decisions: (id: string): Promise<readonly DecisionRow[]> => decisionsOn(pool, id),
    /** Which of these credentials may sign now. */
    livePasskeys: (credentials: readonly string[]): Promise<readonly LivePasskey[]> => livePasskeys(pool, credentials),
    /** @param refused persons whose evidence does not verify. @returns the state afterwards. */
    grant: async (id: string, grant: string, refused: readonly string[]): Promise<RequestStateName | "not-found"> =>
      (
        await pool.query<{ state: RequestStateName | "not-found" }>("select parcelkeep.grant_approval($1, $2, $3) as state", [
          id,
          grant,
          refused,
        ])
      ).rows[0]!.state,
    /** Ends an approved change: applies it, or with `outcome` says why not. @returns what became of it, or the request's state where it is not approved. */
    applyChange: async (id: string, refused: readonly string[], outcome: string | null): Promise<string> =>
      (await pool.query<{ outcome: string }>("select parcelkeep.apply_change($1, $2, $3) as outcome", [id, refused, outcome])).rows[0]!
        .outcome,
    /** Of an opener that ended without a word. @returns whether its grant had been used. */
    loseUse: async (grant: string): Promise<boolean> =>
      (await pool.query<{ lost: boolean }>("select parcelkeep.lose_use($1) as lost", [grant])).rows[0]!.lost,
    noteTimes: async (): Promise<void> => void (await pool.query("select parcelkeep.note_approval_times()")),
    /** Destroys reasons' texts of requests that ended before. @returns how many. */
    sweepWords: async (before: Date, limit: number): Promise<number> =>
      (await pool.query<{ gone: number }>("select parcelkeep.sweep_approval_words($1, $2) as gone", [before, limit])).rows[0]!.gone,
    /** @param refusal why register or policy do not carry it; null grants it. @returns the state afterwards. */
    grantAutomatic: async (id: string, grant: string, refusal: string | null): Promise<RequestStateName | "not-found"> =>
      (
        await pool.query<{ state: RequestStateName | "not-found" }>("select parcelkeep.grant_automatic($1, $2, $3) as state", [
          id,
          grant,
          refusal,
        ])
      ).rows[0]!.state,
    /** @returns in days; null until somebody has set it. */
    personalDays: async (): Promise<number | null> => (await retentionTerms(pool, {})).personal ?? null,
    reviews: async (limit: number): Promise<readonly ClaimedReview[]> =>
      (await pool.query<ClaimedReview & pg.QueryResultRow>("select * from parcelkeep.reviews_to_confirm($1)", [limit])).rows,
    /** @param holds whether its signature does. */
    confirmReview: async (id: string, person: string, holds: boolean): Promise<void> =>
      void (await pool.query("select parcelkeep.confirm_review($1, $2, $3)", [id, person, holds])),
    toUse: async (limit: number): Promise<readonly { readonly id: string; readonly tenant: string; readonly grant: string }[]> =>
      (
        await pool.query<{ id: string; tenant: string; grant: string }>(
          `select id, tenant, grant_id as "grant" from parcelkeep.grants_to_use($1)`,
          [limit],
        )
      ).rows,
    /** @param silentMs a use that has said nothing for so long has an unknown outcome. */
    sweep: async (silentMs: number): Promise<{ readonly expired: number; readonly unknown: number }> =>
      (await pool.query<{ expired: number; unknown: number }>("select * from parcelkeep.sweep_approvals($1)", [`${silentMs} milliseconds`]))
        .rows[0]!,
  };
}
