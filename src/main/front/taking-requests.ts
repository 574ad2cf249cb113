import { randomBytes, randomUUID } from "node:crypto";
import { type ApprovalPolicy, readPolicy } from "../../approvals/policy.ts";
import { readScope, type Scope } from "../../approvals/scope.ts";
import { canonicalJson, type CanonicalValue } from "../../audit/canonical-json.ts";
import { type ProblemCode, ProblemError } from "../../ingress/problems.ts";
import type { ApprovalRow, ApprovalStore, ExportOutcome, RequestOutcome } from "../../store/approval-store.ts";
import type { ApprovalWords } from "./approval-words.ts";
import { isSameRequest, uuidOf } from "./same-request.ts";

export interface TakingParts {
  readonly store: Pick<ApprovalStore, "policy" | "personWhoAsks" | "get">;
  readonly words: Pick<ApprovalWords, "seal">;
  readonly now: () => number;
}

export interface PolicyInForce {
  readonly version: number;
  readonly policy: ApprovalPolicy;
}

/** What every request is stored with beside what is its kind's. */
interface Taken {
  readonly scope: string;
  readonly words: Uint8Array;
  readonly wordsKey: Uint8Array;
  readonly idempotency: string | null;
}

const problemOf: Readonly<Partial<Record<RequestOutcome | ExportOutcome, ProblemCode>>> = {
  "no-policy": "no_approvals_yet",
  "other-policy": "changed_meanwhile",
  "other-tokens": "changed_meanwhile",
  "too-long": "changed_meanwhile",
  "no-subject": "not_found",
};

/** How a request of any kind is taken down: who asks, under which policy, what their words are bound to, and that one which is asked for twice is one. */
export class TakingRequests {
  readonly #parts: TakingParts;

  constructor(parts: TakingParts) {
    this.#parts = parts;
  }

  /** @throws {ProblemError} `no_approvals_yet` */
  async policy(): Promise<PolicyInForce> {
    const row = await this.#parts.store.policy(null);
    if (row === null) throw new ProblemError("no_approvals_yet");
    return { version: row.version, policy: readPolicy(row.content) };
  }

  /** What the scopes of all kinds begin with, and the words that it commits to. @param words the reason's text, and the evidence where there is some. */
  async begin(
    tenant: string | null,
    requester: string,
    { version, policy }: PolicyInForce,
    { reason, words }: { readonly reason: string; readonly words: CanonicalValue },
  ) {
    const { store, words: box, now } = this.#parts;
    const request = randomUUID();
    const sealed = box.seal(request, words);
    const common = {
      v: 1,
      request,
      requester,
      person: await store.personWhoAsks(tenant, requester),
      policy: version,
      approveBy: new Date(now() + policy.approvalMinutes * 60_000).toISOString(),
      reason,
      evidence: sealed.commitment,
      nonce: nonce(),
    } as const;
    return { common, sealed };
  }

  /** @param store writes it down. @throws {ProblemError} where what it was made of has changed meanwhile, or its key stands for another request. */
  async take(
    scope: Scope & { readonly tenant: string | null },
    sealed: ReturnType<ApprovalWords["seal"]>,
    idempotencyKey: string | null,
    store: (taken: Taken) => Promise<{ readonly outcome: RequestOutcome | ExportOutcome; readonly id: string | null }>,
  ): Promise<ApprovalRow> {
    const { outcome, id } = await store({
      scope: scopeText(scope),
      words: sealed.sealed,
      wordsKey: sealed.key,
      idempotency: idempotencyKey === null ? null : uuidOf(`${scope.tenant}|${scope.kind}|${idempotencyKey}`),
    });
    const problem = problemOf[outcome];
    if (problem !== undefined || id === null) throw new ProblemError(problem ?? "changed_meanwhile");
    return this.taken(scope, id, outcome === "repeated");
  }

  /** @throws {ProblemError} `idempotency_key_reused` */
  async taken(scope: Scope & { readonly tenant: string | null }, id: string, isRepeated: boolean): Promise<ApprovalRow> {
    const row = (await this.#parts.store.get(scope.tenant, id))!;
    if (isRepeated && !isSameRequest(readScope(row.scope), scope)) throw new ProblemError("idempotency_key_reused");
    return row;
  }
}

export function scopeText(scope: Scope): string {
  return canonicalJson(scope as unknown as CanonicalValue);
}

export function nonce(): string {
  return randomBytes(16).toString("base64url");
}
