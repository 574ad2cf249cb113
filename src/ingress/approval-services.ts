import type { ApprovalKind, ChangeReason, DenialReason, Derogation, ReviewOutcome, TransferReason } from "../domain/approval-terms.ts";
import type { Category } from "../domain/category.ts";
import type { LawfulBasis } from "../domain/register-entry.ts";
import type { PasskeyResponse } from "../domain/passkey.ts";
import type { ReleasePurpose } from "../domain/release-decision.ts";
import type { Page } from "./services.ts";

/** What stands behind a lawful basis. `reference`: of the clause, the consent's record, or the record of the assessment; it is sealed. */
export type BasisEvidence =
  | { readonly kind: "contract-clause" | "consent-record" | "assessment"; readonly reference: string }
  | { readonly kind: "article-49"; readonly letter: Derogation; readonly reference: string };

interface NewRelease {
  /** Source id of the register. */
  readonly recipient: string;
  readonly fields: readonly Category[];
  readonly purpose: ReleasePurpose;
  readonly reason: TransferReason;
  /** In words; sealed, and shown to whoever decides. */
  readonly text: string;
  readonly basis: LawfulBasis;
  readonly evidence: BasisEvidence;
}

export interface NewTransferInput extends NewRelease {
  readonly shipment: string;
  /** A holder of break-glass is to approve it alone and at once; somebody else reviews it afterwards. Its reason is `emergency`. */
  readonly breakGlass?: boolean;
}

export interface NewLaneInput extends NewRelease {
  readonly quotaPerDay: number;
  /** RFC 3339. */
  readonly endsAt: string;
}

export interface LaneTransferInput {
  readonly shipment: string;
  readonly lane: string;
}

export const changeKinds = ["approval-policy", "agreement", "transfer-policy", "register", "retention"] as const;

export interface NewChangeInput {
  readonly change: (typeof changeKinds)[number];
  readonly recipient?: string;
  readonly content: unknown;
  readonly reason: ChangeReason;
  readonly text: string;
}

/** A request with what was decided. Times are RFC 3339 UTC. */
export interface ApprovalView {
  readonly id: string;
  readonly kind: ApprovalKind;
  readonly state: string;
  /** `full-PII outbound`: a name with its street is to leave. */
  readonly flag: "full-PII outbound" | null;
  readonly tenant: string | null;
  readonly requester: string;
  /** The person who counts as having asked: of a key, its owner. Null where nobody is known; it takes one approver more then. */
  readonly askedBy: string | null;
  readonly reason: string;
  /** What was said and what stands behind the basis; null when it was destroyed. */
  readonly words: unknown;
  /**
   * Key of the commitment that the scope has as `evidence`: HMAC-SHA-256 under it over the words' text by RFC 8785, 64 hex digits. So whoever signs the scope sees
   * that these are the words it is about. Destroyed with them.
   */
  readonly wordsKey: string | null;
  readonly rule: string;
  readonly approvalsNeeded: number;
  readonly decisions: readonly {
    readonly person: string;
    readonly decision: string;
    readonly reason: string | null;
    readonly at: string;
    readonly verified: boolean;
  }[];
  /** The text that is approved, as it is signed. */
  readonly scope: string;
  /** RFC 3339, whole seconds: the moment that the challenges are of. What is signed is handed in with it, within five minutes. */
  readonly askedAt: string;
  /** What a passkey signs for each decision: WebAuthn challenges, base64url. */
  readonly challenges: Readonly<Record<"approve" | "break-glass" | "deny" | "veto" | `review ${ReviewOutcome}`, string>>;
  readonly warnings: readonly { readonly code: string; readonly count: number }[];
  readonly requestedAt: string;
  readonly approveBy: string;
  readonly grantedAt: string | null;
  readonly executeBy: string | null;
  readonly usedAt: string | null;
  readonly endedAt: string | null;
  readonly outcome: string | null;
  readonly answerStatus: number | null;
  /** The lane that a transfer goes under. */
  readonly lane: string | null;
  readonly review: { readonly dueAt: string; readonly doneAt: string | null; readonly outcome: string | null } | null;
  /** Of a change. */
  readonly content: unknown;
}

/** What a passkey has signed, for the moment that the request's challenges were of. */
export interface SignedAnswer {
  readonly passkey: PasskeyResponse;
  readonly askedAt: string;
}

export type Decision = SignedAnswer &
  ({ readonly decision: "approve" } | { readonly decision: "deny" | "veto"; readonly reason: DenialReason });

/** Requests, decisions and grants. `tenant` null: an operator, who sees all. Null as an answer: there is none, or none of this tenant's. */
export interface Approvals {
  requestTransfer(tenant: string, requester: string, input: NewTransferInput, idempotencyKey: string | null): Promise<ApprovalView>;
  requestLane(tenant: string, requester: string, input: NewLaneInput, idempotencyKey: string | null): Promise<ApprovalView>;
  /** Granted at once, within the lane's quota. Null: the tenant has no such lane. */
  transferUnderLane(
    tenant: string,
    requester: string,
    input: LaneTransferInput,
    idempotencyKey: string | null,
  ): Promise<ApprovalView | null>;
  /** @param tenant null for what is everybody's. */
  requestChange(tenant: string | null, requester: string, input: NewChangeInput, idempotencyKey: string | null): Promise<ApprovalView>;
  /** A holder's own approval of a request that was made for it. `by`, here and below: the person of the session, whose passkey it has to be; null for the operator's key. */
  breakGlass(id: string, signed: SignedAnswer, by: string | null): Promise<ApprovalView | null>;
  review(id: string, outcome: ReviewOutcome, signed: SignedAnswer, by: string | null): Promise<ApprovalView | null>;
  list(
    tenant: string | null,
    kind: ApprovalKind,
    asked: { readonly state: string | null; readonly cursor: string | null; readonly limit: number },
  ): Promise<Page<ApprovalView>>;
  get(tenant: string | null, kind: ApprovalKind, id: string): Promise<ApprovalView | null>;
  decide(kind: ApprovalKind, id: string, decision: Decision, by: string | null): Promise<ApprovalView | null>;
  withdraw(tenant: string | null, kind: ApprovalKind, id: string, requester: string): Promise<ApprovalView | null>;
  /** Terms of retention in force, in days; null: nobody has set it yet. */
  retention(): Promise<{ readonly auditDays: number | null; readonly personalDays: number | null; readonly textDays: number | null }>;
  /** The approval policy in force; null before there is one. */
  policy(): Promise<{ readonly version: number; readonly validFrom: string; readonly content: unknown } | null>;
}
